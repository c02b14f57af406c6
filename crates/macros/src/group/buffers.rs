//! Memory that calls fill and read.
//!
//! A place is borrowed once for the whole batch, however many calls work on it.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Expr, ExprReference, RangeLimits, UnOp};

use super::{Group, Kind};
use crate::ir::Operand;
use crate::pure::{Reason, identifiers};

/// Memory at a place.
#[derive(Clone, Debug)]
pub(crate) struct Buffer {
    pub(crate) name: Ident,
    place: String,
    root: String,
    /// How it is borrowed for filling, if any call does.
    filled: Option<TokenStream>,
    /// How it is borrowed for reading.
    read: Option<TokenStream>,
    /// Whether it is handed over by itself, not by a reference to it.
    bare: bool,
    address: Operand,
    length: Operand,
}

impl Buffer {
    /// The statement that borrows it.
    pub(crate) fn setup(&self) -> TokenStream {
        let name = &self.name;
        match (&self.filled, &self.read) {
            (Some(filled), _) => quote!(let #name = ::sysbatch::__private::#filled;),
            (None, read) => quote!(let #name = ::sysbatch::__private::#read;),
        }
    }
}

/// An argument that is memory.
struct Memory<'a> {
    place: &'a Expr,
    /// As many bytes from its beginning.
    first: Option<&'a Expr>,
    bare: bool,
}

impl Group {
    /// The operands of memory that a call fills, and the place it is at.
    pub(super) fn fill(&mut self, expr: &Expr) -> Result<(Vec<Operand>, String), Reason> {
        let memory = memory(expr);
        let Some(root) = root(memory.place) else {
            return Err(Reason::new(
                expr,
                "memory that a call of a batch fills has to be a variable, or a field of one",
            ));
        };
        if self.variables.iter().any(|variable| variable.name == root) {
            return Err(used(expr, &root));
        }
        if memory.first.is_some() {
            return self.part(expr, &root);
        }
        if self.evaluated.contains(&root) {
            return Err(evaluated(expr, &root));
        }
        let at = self.buffer(expr, &memory, root)?;
        let buffer = &mut self.buffers[at];
        if buffer.filled.is_none() {
            // A reference that is a variable is not moved away.
            let place = memory.place;
            buffer.filled = Some(if memory.bare {
                let place = quote_spanned!(place.span()=> &mut *#place);
                quote!(fill(#place))
            } else {
                quote!(fill(#expr))
            });
        }
        let place = buffer.place.clone();
        Ok((vec![buffer.address, buffer.length], place))
    }

    /// The operands of memory that a call reads.
    pub(super) fn bytes(&mut self, expr: &Expr) -> Result<Vec<Operand>, Reason> {
        if self.element(expr)?.is_some() {
            let tokens = quote!(::sysbatch::__private::bytes(#expr));
            let both = |name: &Ident| [quote!(#name.address()), quote!(#name.length())];
            return Ok(self.prepared(expr, "bytes", &tokens, both)?.to_vec());
        }
        let memory = memory(expr);
        let Some(root) = root(memory.place) else {
            self.outer(expr)?;
            return Ok(self.alone(expr));
        };
        if self.variables.iter().any(|variable| variable.name == root) {
            return Err(used(expr, &root));
        }
        let Some(first) = memory.first else {
            let at = self.buffer(expr, &memory, root)?;
            let buffer = &mut self.buffers[at];
            if buffer.read.is_none() {
                buffer.read = Some(quote!(bytes(#expr)));
            }
            return Ok(vec![buffer.address, buffer.length]);
        };
        if let Expr::Path(path) = first
            && let Some(name) = path.path.get_ident()
            && let Some(length) = self.variable(name)
        {
            let slot = length.slot;
            let filled = Some(place_name(memory.place));
            let Kind::Length { filled: of } = &length.kind else {
                return Err(used(first, &name.to_string()));
            };
            if *of != filled {
                return Err(Reason::new(
                    expr,
                    format!(
                        "`{name}` is not how much a call of this batch has put into `{root}`, so \
                         this may panic, and a batch cannot"
                    ),
                ));
            }
            let at = self.buffer(expr, &memory, root)?;
            let place = memory.place;
            let buffer = &mut self.buffers[at];
            if buffer.read.is_none() {
                buffer.read = Some(quote!(bytes(&#place[..])));
            }
            return Ok(vec![buffer.address, Operand::Slot(slot)]);
        }
        let (operands, _) = self.part(expr, &root)?;
        Ok(operands)
    }

    /// A part of memory, by an index that may panic.
    fn part(&mut self, expr: &Expr, root: &str) -> Result<(Vec<Operand>, String), Reason> {
        self.outer(expr)?;
        if self.buffers.iter().any(|buffer| buffer.root == root) {
            return Err(again(expr, root));
        }
        let mut operands = self.alone(expr);
        let length = operands.pop().into_iter();
        let address = operands.pop().into_iter();
        let buffer = self.buffers.last_mut().expect("it was just made");
        buffer.root = root.to_owned();
        if matches!(
            expr,
            Expr::Reference(ExprReference {
                mutability: Some(_),
                ..
            })
        ) {
            buffer.read = None;
            buffer.filled = Some(quote!(fill(#expr)));
        }
        // A length of it says nothing of the whole.
        Ok((address.chain(length).collect(), String::new()))
    }

    /// Memory that is used in one way only, borrowed by this function.
    pub(super) fn own_memory(
        &mut self,
        expr: &Expr,
        place: &Expr,
        function: TokenStream,
    ) -> Result<Vec<Operand>, Reason> {
        let Some(root) = root(place) else {
            return Err(Reason::new(
                expr,
                "memory that a call of a batch fills has to be a variable, or a field of one",
            ));
        };
        if self.variables.iter().any(|variable| variable.name == root) {
            return Err(used(expr, &root));
        }
        if self.evaluated.contains(&root) {
            return Err(evaluated(expr, &root));
        }
        let way = function.to_string();
        let at = match self.buffers.iter().position(|buffer| buffer.root == root) {
            Some(at) if self.buffers[at].place == way => at,
            Some(_) => return Err(again(expr, &root)),
            None => self.borrow(way, root, true),
        };
        self.buffers[at].filled = Some(function);
        Ok(vec![self.buffers[at].address, self.buffers[at].length])
    }

    /// Memory that is nobody else's.
    fn alone(&mut self, expr: &Expr) -> Vec<Operand> {
        self.alone_by(quote!(bytes(#expr)))
    }

    /// The same, borrowed by this function.
    pub(super) fn alone_by(&mut self, function: TokenStream) -> Vec<Operand> {
        let at = self.borrow(String::new(), String::new(), true);
        self.buffers[at].read = Some(function);
        vec![self.buffers[at].address, self.buffers[at].length]
    }

    /// The buffer of this place.
    fn buffer(&mut self, expr: &Expr, memory: &Memory<'_>, root: String) -> Result<usize, Reason> {
        let place = place_name(memory.place);
        let of_root = self.buffers.iter().position(|buffer| buffer.root == root);
        match of_root {
            Some(at) if self.buffers[at].place == place && self.buffers[at].bare == memory.bare => {
                Ok(at)
            }
            Some(_) => Err(again(expr, &root)),
            None => Ok(self.borrow(place, root, memory.bare)),
        }
    }

    fn borrow(&mut self, place: String, root: String, bare: bool) -> usize {
        let name = self.name("memory");
        let address = self.value(quote!(#name.address()));
        let length = self.value(quote!(#name.length()));
        self.buffers.push(Buffer {
            name,
            place,
            root,
            filled: None,
            read: None,
            bare,
            address,
            length,
        });
        self.buffers.len() - 1
    }

    /// Whether this names memory that a call of the batch fills.
    pub(super) fn filled(&self, expr: &Expr) -> Option<&str> {
        let found = identifiers(expr);
        let filled = |buffer: &&Buffer| buffer.filled.is_some() && found.contains(&buffer.root);
        self.buffers
            .iter()
            .find(filled)
            .map(|buffer| buffer.root.as_str())
    }

    /// Whether a call works on memory of this name.
    pub(super) fn works_on(&self, name: &str) -> bool {
        self.buffers.iter().any(|buffer| buffer.root == name)
    }
}

fn again(expr: &Expr, root: &str) -> Reason {
    Reason::new(
        expr,
        format!("another call of the batch has `{root}` in another way, and it is borrowed once"),
    )
}

fn evaluated(expr: &Expr, root: &str) -> Reason {
    Reason::new(
        expr,
        format!("`{root}` is filled here and evaluated elsewhere in the batch"),
    )
}

/// The place that a reference is to.
pub(super) fn place(expr: &Expr) -> &Expr {
    memory(expr).place
}

pub(super) fn used(expr: &Expr, name: &str) -> Reason {
    Reason::new(
        expr,
        format!("the result `{name}` is not known before the batch is over, and is needed here"),
    )
}

/// What an argument is made of.
fn memory(expr: &Expr) -> Memory<'_> {
    let (inner, bare) = match expr {
        Expr::Reference(reference) => (&*reference.expr, false),
        other => (other, true),
    };
    if let Expr::Index(index) = inner
        && let Expr::Range(range) = &*index.index
        && range.start.is_none()
    {
        let first = range.end.as_deref();
        if first.is_none() || matches!(range.limits, RangeLimits::HalfOpen(_)) {
            return Memory {
                place: &index.expr,
                first,
                bare,
            };
        }
    }
    Memory {
        place: inner,
        first: None,
        bare,
    }
}

/// The variable that a place is in.
fn root(place: &Expr) -> Option<String> {
    match place {
        Expr::Path(path) => {
            let name = path.path.get_ident()?.to_string();
            // A constant is a new value each time.
            name.chars().any(|c| c.is_ascii_lowercase()).then_some(name)
        }
        Expr::Field(field) => root(&field.base),
        Expr::Unary(unary) if matches!(unary.op, UnOp::Deref(_)) => root(&unary.expr),
        _ => None,
    }
}

fn place_name(place: &Expr) -> String {
    match place {
        Expr::Unary(unary) if matches!(unary.op, UnOp::Deref(_)) => place_name(&unary.expr),
        other => quote!(#other).to_string(),
    }
}
