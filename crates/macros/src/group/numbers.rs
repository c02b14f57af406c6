//! Numbers: results, what is computed with them, and what is known before.
//!
//! Nothing is computed in a batch that could overflow, because that may be a panic. A
//! length is at most 2³¹, a constant below 2³¹. What is counted in a loop starts below 2⁶²
//! and grows by such a number in each round: it would have to move more than 2⁶² bytes, or
//! to count as often, before it came to 2⁶³.

use quote::quote;
use syn::{BinOp, Expr, ExprBinary, Lit, Type};

use super::buffers::used;
use super::{Group, Kind};
use crate::ir::{Action, Entry, Operand};
use crate::known::Width;
use crate::pure::{Purity, Reason, identifiers, purity};

/// A number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number {
    pub(super) operand: Operand,
    pub(super) size: Size,
    pub(super) width: Option<Width>,
}

/// How large a number can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Size {
    /// Below 2³².
    Small,
    /// Below 2⁶³.
    Half,
    /// Any.
    Any,
}

/// What a number may begin with that is counted up.
const START_MAX: u64 = 1 << 62;

impl Group {
    /// The number that an argument of a call is.
    pub(super) fn number_argument(&mut self, expr: &Expr, width: Width) -> Result<Operand, Reason> {
        if let Some(number) = self.result(expr)? {
            return Ok(number.operand);
        }
        self.outer(expr)?;
        let of = name_of(width);
        let name = self.name("number");
        self.setup.push(quote!(let #name: #of = #expr;));
        Ok(self.value(quote!(#name as ::core::primitive::u64)))
    }

    /// A number that depends on results of the batch, if it does.
    pub(super) fn result(&mut self, expr: &Expr) -> Result<Option<Number>, Reason> {
        match expr {
            Expr::Paren(inner) => self.result(&inner.expr),
            Expr::Path(path) => {
                let Some(name) = path.path.get_ident() else {
                    return Ok(None);
                };
                let Some(variable) = self.variable(name) else {
                    return Ok(None);
                };
                let (size, width) = match variable.kind {
                    Kind::Length { .. } => (Size::Small, Width::Usize),
                    Kind::Offset => (Size::Any, Width::U64),
                    Kind::Counter(width) => (Size::Half, width),
                    _ => return Err(used(expr, &name.to_string())),
                };
                Ok(Some(Number {
                    operand: Operand::Slot(variable.slot),
                    size,
                    width: Some(width),
                }))
            }
            Expr::Cast(cast) => {
                let Some(number) = self.result(&cast.expr)? else {
                    return Ok(None);
                };
                let width = width_of(&cast.ty).ok_or_else(|| {
                    Reason::new(
                        &cast.ty,
                        "numbers of a batch have 64 bits: u64, usize or i64",
                    )
                })?;
                Ok(Some(Number {
                    width: Some(width),
                    ..number
                }))
            }
            Expr::Field(field) => self.field(expr, field),
            Expr::Binary(binary) => self.sum(binary),
            _ => Ok(None),
        }
    }

    /// A field of what is known of a file.
    fn field(&mut self, expr: &Expr, field: &syn::ExprField) -> Result<Option<Number>, Reason> {
        let Expr::Path(path) = &*field.base else {
            return Ok(None);
        };
        let Some(variable) = path.path.get_ident().and_then(|name| self.variable(name)) else {
            return Ok(None);
        };
        let syn::Member::Named(member) = &field.member else {
            return Ok(None);
        };
        let (room, of, width) = match &variable.kind {
            Kind::Stat(room) if member == "st_size" => (room, quote!(Stat), Width::I64),
            Kind::Statx(room) if member == "stx_size" => (room, quote!(Statx), Width::U64),
            Kind::Stat(_) | Kind::Statx(_) => {
                return Err(Reason::new(
                    expr,
                    "of what is known of a file a batch can have the size: `st_size`, `stx_size`",
                ));
            }
            _ => return Err(used(expr, &variable.name.to_string())),
        };
        let room = room.clone();
        let address = self.value(quote!(#room.address()));
        let offset = self.value(quote!(
            ::core::mem::offset_of!(::sysbatch::__private::#of, #member) as ::core::primitive::u64
        ));
        let slot = self.assembly.slot();
        self.assembly
            .push(Entry::new(Action::Load8, slot, vec![address, offset]));
        Ok(Some(Number {
            operand: Operand::Slot(slot),
            size: Size::Any,
            width: Some(width),
        }))
    }

    /// A sum, if it depends on results.
    fn sum(&mut self, binary: &ExprBinary) -> Result<Option<Number>, Reason> {
        let (left, right) = (self.result(&binary.left)?, self.result(&binary.right)?);
        let width = match (left, right) {
            (None, None) => return Ok(None),
            (Some(number), _) | (None, Some(number)) => number.width,
        };
        if !matches!(binary.op, BinOp::Add(_)) {
            return Err(Reason::new(
                binary,
                "of arithmetic with results a batch can have sums; this may panic or is not known",
            ));
        }
        let left = self.or_constant(left, &binary.left)?;
        let right = self.or_constant(right, &binary.right)?;
        if left.size.max(right.size) == Size::Any || left.size.min(right.size) != Size::Small {
            return Err(overflow(binary));
        }
        let slot = self.assembly.slot();
        let operands = vec![left.operand, right.operand];
        self.assembly.push(Entry::new(Action::Add, slot, operands));
        Ok(Some(Number {
            operand: Operand::Slot(slot),
            // It must not be a part of a further sum.
            size: Size::Any,
            width,
        }))
    }

    /// This number, or that of the constant it is.
    pub(super) fn or_constant(
        &mut self,
        number: Option<Number>,
        expr: &Expr,
    ) -> Result<Number, Reason> {
        if let Some(number) = number {
            return Ok(number);
        }
        let Some(value) = literal(expr).filter(|&value| value < 1 << 31) else {
            return Err(overflow(expr));
        };
        Ok(Number {
            operand: Operand::Constant(value),
            size: Size::Small,
            width: None,
        })
    }

    /// What a number is added to.
    pub(super) fn add_assign(&mut self, binary: &ExprBinary) -> Result<(), Reason> {
        let slot = self.counter(&binary.left)?;
        let addend = self.result(&binary.right)?;
        let addend = self.or_constant(addend, &binary.right)?;
        if addend.size != Size::Small {
            return Err(overflow(binary));
        }
        let operands = vec![Operand::Slot(slot), addend.operand];
        self.assembly.push(Entry::new(Action::Add, slot, operands));
        Ok(())
    }

    /// The slot of a number that can be changed.
    fn counter(&self, expr: &Expr) -> Result<u16, Reason> {
        let variable = match expr {
            Expr::Path(path) => path.path.get_ident().and_then(|name| self.variable(name)),
            _ => None,
        };
        match variable {
            Some(variable) if matches!(variable.kind, Kind::Counter(_)) => Ok(variable.slot),
            _ => Err(Reason::new(
                expr,
                "a batch can count in a variable that is declared among its calls with a number \
                 and a type, as `let mut count = 0_u64`",
            )),
        }
    }

    /// A declaration with a number, if it is one.
    pub(super) fn count_from(&mut self, expr: &Expr, of: Option<&Type>) -> Option<(u16, Width)> {
        let Expr::Lit(lit) = expr else {
            return None;
        };
        let Lit::Int(int) = &lit.lit else {
            return None;
        };
        let width = match (of, int.suffix()) {
            (Some(of), _) => width_of(of)?,
            (None, "u64") => Width::U64,
            (None, "usize") => Width::Usize,
            (None, "i64") => Width::I64,
            _ => return None,
        };
        let value = literal(expr).filter(|&value| value < START_MAX)?;
        let slot = self.assembly.slot();
        let operands = vec![Operand::Constant(value)];
        self.assembly.push(Entry::new(Action::Set, slot, operands));
        Some((slot, width))
    }

    /// A number that is compared, a result or not. One that is known before is cut to below
    /// 2⁶³, which all that it can be larger than are; or it is compared for being the same,
    /// and left as it is.
    pub(super) fn compared(
        &mut self,
        result: Option<Number>,
        expr: &Expr,
        (width, as_it_is): (Option<Width>, bool),
    ) -> Result<Number, Reason> {
        if let Some(number) = result {
            return Ok(number);
        }
        if let Some(value) = literal(expr).filter(|&value| value < START_MAX) {
            return Ok(Number {
                operand: Operand::Constant(value),
                size: Size::Half,
                width: None,
            });
        }
        self.outer(expr)?;
        let function = if as_it_is {
            quote!(same)
        } else {
            quote!(limit)
        };
        let Some(of) = width.map(name_of) else {
            return Err(Reason::new(
                expr,
                "this is compared with no result of the batch",
            ));
        };
        let limit = quote!({ let limit: #of = #expr; ::sysbatch::__private::#function(limit) });
        let name = self.evaluated("limit", &limit);
        Ok(Number {
            operand: self.value(quote!(#name)),
            size: Size::Half,
            width: None,
        })
    }

    /// Whether this mentions no result, and is a value.
    pub(super) fn is_outer(&self, expr: &Expr) -> bool {
        let found = identifiers(expr);
        purity(expr) == Ok(Purity::Value)
            && !self
                .variables
                .iter()
                .any(|v| found.contains(&v.name.to_string()))
    }
}

fn overflow(at: impl quote::ToTokens) -> Reason {
    Reason::new(
        at,
        "this may overflow, which a batch cannot tell; a result may be added to constants below \
         2^31, to other results of one call, and to what is counted",
    )
}

/// The number that a literal is.
fn literal(expr: &Expr) -> Option<u64> {
    match expr {
        Expr::Lit(lit) => match &lit.lit {
            Lit::Int(int) => int.base10_parse().ok(),
            _ => None,
        },
        Expr::Paren(inner) => literal(&inner.expr),
        _ => None,
    }
}

fn name_of(width: Width) -> proc_macro2::TokenStream {
    match width {
        Width::U64 => quote!(::core::primitive::u64),
        Width::Usize => quote!(::core::primitive::usize),
        Width::I64 => quote!(::core::primitive::i64),
    }
}

/// The type of 64 bits that this is, if it is one.
pub(super) fn width_of(of: &Type) -> Option<Width> {
    let Type::Path(path) = of else {
        return None;
    };
    let name = path.path.get_ident()?;
    match name.to_string().as_str() {
        "u64" => Some(Width::U64),
        "usize" => Some(Width::Usize),
        "i64" => Some(Width::I64),
        _ => None,
    }
}
