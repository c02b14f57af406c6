//! Numbers: results, what is computed with them, and what is known before.

use quote::quote;
use syn::{BinOp, Expr, ExprBinary, Lit, Type};

use super::buffers::used;
use super::{Group, Kind};
use crate::ir::{Action, Operand};
use crate::known::Width;
use crate::pure::{Purity, Reason, identifiers, purity};

/// A number.
#[derive(Clone, Debug)]
pub(super) struct Number {
    pub(super) operand: Operand,
    pub(super) size: Size,
    /// Its type; nothing if that is what the other number has.
    pub(super) of: Option<Of>,
}

/// The type of a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    Width(Width),
    U32,
    U16,
    /// That of `st_nlink`, which is not the same on all processors.
    Links,
}

impl Of {
    /// The type.
    pub(crate) fn tokens(&self) -> proc_macro2::TokenStream {
        match self {
            Self::Width(Width::U64) => quote!(::core::primitive::u64),
            Self::Width(Width::Usize) => quote!(::core::primitive::usize),
            Self::Width(Width::I64) => quote!(::core::primitive::i64),
            Self::U32 => quote!(::core::primitive::u32),
            Self::U16 => quote!(::core::primitive::u16),
            Self::Links => quote!(::sysbatch::__private::Links),
        }
    }

    /// Whether it has negative numbers.
    pub(super) fn is_signed(&self) -> bool {
        *self == Self::Width(Width::I64)
    }
}

/// How large a number can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Size {
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
        let of = Of::Width(width).tokens();
        let tokens = quote!({ let number: #of = #expr; number as ::core::primitive::u64 });
        let [number] = self.prepared(expr, "number", &tokens, |name| [quote!(#name)])?;
        Ok(number)
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
                let (size, of) = match &variable.kind {
                    Kind::Length { .. } => (Size::Small, Of::Width(Width::Usize)),
                    Kind::Offset => (Size::Any, Of::Width(Width::U64)),
                    Kind::Number { of, size, .. } => (*size, of.clone()),
                    Kind::Element(_) => return Ok(None),
                    _ => return Err(used(expr, &name.to_string())),
                };
                Ok(Some(Number {
                    operand: Operand::Slot(variable.slot),
                    size,
                    of: Some(of),
                }))
            }
            Expr::Cast(cast) => {
                let Some(number) = self.result(&cast.expr)? else {
                    return Ok(None);
                };
                self.cast(number, &cast.ty).map(Some)
            }
            Expr::Call(call) => match from(call) {
                Some((of, inner)) => {
                    let number = self.result(inner)?;
                    Ok(number.map(|number| Number {
                        of: Some(of),
                        ..number
                    }))
                }
                None => Ok(None),
            },
            Expr::MethodCall(call) if call.args.is_empty() => {
                if let Some(number) = self.record_number(call) {
                    return Ok(Some(number));
                }
                let of = match call.method.to_string().as_str() {
                    "cast_unsigned" => Of::Width(Width::U64),
                    "cast_signed" => Of::Width(Width::I64),
                    _ => return Ok(None),
                };
                let number = self.result(&call.receiver)?;
                let Some(number) = number else {
                    return Ok(None);
                };
                if !matches!(number.of, Some(Of::Width(Width::U64 | Width::I64))) {
                    return Err(Reason::new(call, "this is a method of `u64` and `i64`"));
                }
                Ok(Some(Number {
                    of: Some(of),
                    ..number
                }))
            }
            Expr::Field(field) => self.field(expr, field),
            Expr::Binary(binary) => self.arithmetic(binary),
            _ => Ok(None),
        }
    }

    fn cast(&self, number: Number, to: &Type) -> Result<Number, Reason> {
        let narrow = matches!(number.of, Some(Of::U32 | Of::U16));
        let of = match width_of(to) {
            Some(width) => Of::Width(width),
            None if narrow && is_named(to, "u32") => Of::U32,
            None => {
                return Err(Reason::new(
                    to,
                    "a batch can cast numbers to those of 64 bits, u64, usize and i64, and what \
                     has fewer to u32",
                ));
            }
        };
        Ok(Number {
            of: Some(of),
            ..number
        })
    }

    /// What is computed with results, if it is.
    fn arithmetic(&mut self, binary: &ExprBinary) -> Result<Option<Number>, Reason> {
        let action = match binary.op {
            BinOp::Add(_) => None,
            BinOp::BitAnd(_) => Some(Action::And),
            BinOp::BitOr(_) => Some(Action::Or),
            BinOp::BitXor(_) => Some(Action::Xor),
            _ => {
                if self.result(&binary.left)?.is_some() || self.result(&binary.right)?.is_some() {
                    return Err(Reason::new(
                        binary,
                        "of arithmetic with results a batch can have sums, `&`, `|` and `^`; this \
                         may panic or is not known",
                    ));
                }
                return Ok(None);
            }
        };
        let (left, right) = (self.result(&binary.left)?, self.result(&binary.right)?);
        let Some(of) = left
            .iter()
            .chain(&right)
            .find_map(|number| number.of.clone())
        else {
            return Ok(None);
        };
        let left = self.or_known(left, &binary.left, &of)?;
        let right = self.or_known(right, &binary.right, &of)?;
        match action {
            None => self.sum(binary, left, right, of).map(Some),
            Some(action) => {
                let size = match action {
                    Action::And => left.size.min(right.size),
                    _ => left.size.max(right.size),
                };
                let slot = self
                    .assembly
                    .operation(action, [left.operand, right.operand]);
                Ok(Some(Number {
                    operand: Operand::Slot(slot),
                    size,
                    of: Some(of),
                }))
            }
        }
    }

    /// This number, or what is known before.
    pub(super) fn or_known(
        &mut self,
        number: Option<Number>,
        expr: &Expr,
        of: &Of,
    ) -> Result<Number, Reason> {
        if let Some(number) = number {
            return Ok(number);
        }
        let of = Some(of.clone());
        if let Some(value) = literal(expr).filter(|&value| value < START_MAX) {
            let small = value < 1 << 31;
            return Ok(Number {
                operand: Operand::Constant(value),
                size: if small { Size::Small } else { Size::Half },
                of,
            });
        }
        let operand = self.known_before(expr, of.as_ref(), &quote!(same))?;
        Ok(Number {
            operand,
            size: Size::Any,
            of,
        })
    }

    /// The value of what is known before, by a function that makes an operand of it.
    pub(super) fn known_before(
        &mut self,
        expr: &Expr,
        of: Option<&Of>,
        function: &proc_macro2::TokenStream,
    ) -> Result<Operand, Reason> {
        let Some(of) = of else {
            return Err(Reason::new(
                expr,
                "this is compared with no result of the batch",
            ));
        };
        let of = of.tokens();
        let value = quote!({ let value: #of = #expr; ::sysbatch::__private::#function(value) });
        let [number] = self.prepared(expr, "number", &value, |name| [quote!(#name)])?;
        Ok(number)
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
        let slot = self
            .assembly
            .operation(Action::Set, [Operand::Constant(value)]);
        Some((slot, width))
    }

    /// Whether this mentions no result, and is a value.
    pub(super) fn is_outer(&self, expr: &Expr) -> bool {
        let found = identifiers(expr);
        purity(expr) == Ok(Purity::Value)
            && !self
                .variables
                .iter()
                .filter(|v| !matches!(v.kind, Kind::Element(_)))
                .any(|v| found.contains(&v.name.to_string()))
    }
}

/// The number that a literal is.
pub(super) fn literal(expr: &Expr) -> Option<u64> {
    match expr {
        Expr::Lit(lit) => match &lit.lit {
            Lit::Int(int) => int.base10_parse().ok(),
            _ => None,
        },
        Expr::Paren(inner) => literal(&inner.expr),
        _ => None,
    }
}

/// `u64::from(number)` and the like.
fn from(call: &syn::ExprCall) -> Option<(Of, &Expr)> {
    let Expr::Path(function) = &*call.func else {
        return None;
    };
    let segments = &function.path.segments;
    let (Some(of), Some(name), None) = (segments.first(), segments.get(1), segments.get(2)) else {
        return None;
    };
    let of = match of.ident.to_string().as_str() {
        "u64" => Of::Width(Width::U64),
        "i64" => Of::Width(Width::I64),
        "u32" => Of::U32,
        _ => return None,
    };
    let argument = call.args.first().filter(|_| call.args.len() == 1)?;
    (name.ident == "from").then_some((of, argument))
}

fn is_named(of: &Type, name: &str) -> bool {
    matches!(of, Type::Path(path) if path.path.is_ident(name))
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
