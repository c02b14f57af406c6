//! What is done with the result of a call: `?`, `match`, `if let`, or nothing.

use proc_macro2::Ident;
use syn::{Block, Expr, ExprCall, Pat, Token};

use super::arguments::Called;
use super::unknown::not_understood;
use super::{Flow, Group, Kind};
use crate::ir::{Action, Entry, Operand, Target};
use crate::known::{Known, Returned, called};
use crate::pure::Reason;

/// A call that is understood, in an expression.
pub(super) fn known_call(expr: &Expr) -> Option<(&ExprCall, &'static Known)> {
    match expr {
        Expr::Call(call) => called(&call.func).map(|known| (call, known)),
        _ => None,
    }
}

/// What a result is bound to.
pub(super) enum Binding<'a> {
    Nothing,
    Name(&'a Ident, Option<Token![mut]>),
    Two([Option<(&'a Ident, Option<Token![mut]>)>; 2]),
}

/// A pattern that matches always, if it is one of those that are understood.
pub(super) fn binding(pat: &Pat) -> Option<Binding<'_>> {
    match pat {
        Pat::Wild(_) => Some(Binding::Nothing),
        Pat::Tuple(tuple) if tuple.elems.is_empty() => Some(Binding::Nothing),
        Pat::Tuple(tuple) => {
            let mut names = tuple.elems.iter().map(|pat| match binding(pat)? {
                Binding::Name(name, mutability) => Some(Some((name, mutability))),
                Binding::Nothing if matches!(pat, Pat::Wild(_)) => Some(None),
                _ => None,
            });
            match (names.next()??, names.next()??, names.next()) {
                (first, second, None) => Some(Binding::Two([first, second])),
                _ => None,
            }
        }
        Pat::Type(typed) => binding(&typed.pat),
        Pat::Ident(ident) if ident.by_ref.is_none() && ident.subpat.is_none() => {
            // What begins with a capital is a constant.
            let name = ident.ident.to_string();
            let variable = !name.chars().any(|c| c.is_ascii_uppercase());
            variable.then_some(Binding::Name(&ident.ident, ident.mutability))
        }
        _ => None,
    }
}

impl Group {
    /// `call?`, with what it is bound to.
    pub(super) fn question_mark(
        &mut self,
        call: &ExprCall,
        known: &'static Known,
        binding: &Binding<'_>,
        at: &Pat,
    ) -> Result<(), Reason> {
        let called = self.call(call, known)?;
        let exit = self.question(called.slot);
        self.fails(&called, exit);
        self.bind(&called, binding, at)
    }

    /// Binds the result of a call that has succeeded.
    pub(super) fn bind(
        &mut self,
        called: &Called,
        binding: &Binding<'_>,
        at: impl quote::ToTokens,
    ) -> Result<(), Reason> {
        match (binding, called.returned) {
            (Binding::Nothing, Returned::Descriptor) => self.assembly.close(called.slot),
            (Binding::Nothing, Returned::Descriptors) => {
                let [first, second] = self.pair(called);
                // The elements of a tuple are dropped in their order.
                self.assembly.close(first);
                self.assembly.close(second);
            }
            (Binding::Nothing, _) => {}
            (Binding::Two(names), Returned::Received) => self.received(called, names),
            (&Binding::Two([Some(a), Some(b)]), Returned::Descriptors) => {
                let slots = self.pair(called);
                for ((name, mutability), slot) in [a, b].into_iter().zip(slots) {
                    self.declare(name.clone(), mutability, Kind::Descriptor, slot);
                }
            }
            (_, Returned::Received) => {
                return Err(Reason::new(
                    at,
                    "a batch can bind the lengths that `recv` gives as `(length, received)`",
                ));
            }
            (_, Returned::Descriptors) | (Binding::Two(_), _) => {
                return Err(Reason::new(
                    at,
                    "a batch can bind the ends of a pipe as `(reader, writer)`, and other results \
                     to one name each",
                ));
            }
            (&Binding::Name(name, mutability), _) => {
                self.declare(name.clone(), mutability, called.kind.clone(), called.slot);
            }
        }
        Ok(())
    }

    /// Binds what `recv` gives.
    fn received(&mut self, called: &Called, names: &[Option<(&Ident, Option<Token![mut]>)>; 2]) {
        let Kind::Received { filled, room } = called.kind.clone() else {
            return;
        };
        let received = Operand::Slot(called.slot);
        let length = self.assembly.operation(Action::Set, [received]);
        // There may have been more than there is room for.
        let past = self.assembly.label();
        let room: Vec<Operand> = room.into_iter().collect();
        let [less, more] = [Target::To(past), Target::Next];
        let operands = vec![received, room[0]];
        self.test(operands, Action::Sub, [less, less, more]);
        self.assembly.push(Entry::new(Action::Set, length, room));
        self.assembly.place(past);
        let kinds = [Kind::Length { filled }, Kind::Length { filled: None }];
        for ((name, kind), slot) in names.iter().zip(kinds).zip([length, called.slot]) {
            if let Some((name, mutability)) = name {
                self.declare((*name).clone(), *mutability, kind, slot);
            }
        }
    }

    /// The slots of two descriptors that a call has put into memory.
    fn pair(&mut self, called: &Called) -> [u16; 2] {
        let address = called
            .room
            .as_ref()
            .map_or(Operand::Constant(0), |(_, address)| *address);
        [0, 4].map(|offset| {
            let slot = self.assembly.slot();
            let operands = vec![address, Operand::Constant(offset)];
            self.assembly
                .push(Entry::new(Action::Load4, slot, operands));
            slot
        })
    }

    /// A call whose error nobody asks for: `let _ = call`.
    pub(super) fn ignored(&mut self, call: &ExprCall, known: &'static Known) -> Result<(), Reason> {
        let called = self.call(call, known)?;
        let past = self.assembly.label();
        self.fails(&called, Target::To(past));
        self.bind(&called, &Binding::Nothing, call)?;
        self.assembly.place(past);
        Ok(())
    }

    /// A `Result` that is bound to a name.
    pub(super) fn outcome(
        &mut self,
        call: &ExprCall,
        known: &'static Known,
        name: &Ident,
        mutability: Option<Token![mut]>,
    ) -> Result<(), Reason> {
        if self.depth > 0 {
            return Err(Reason::new(
                name,
                "a `Result` that is bound to a name has to be so outside of branches and loops \
                 of a batch; use `?`, `match` or `if let`",
            ));
        }
        if matches!(known.returned, Returned::Descriptors | Returned::Received) {
            return Err(Reason::new(
                call,
                "two results of a call can be had with `?` in a batch",
            ));
        }
        let called = self.call(call, known)?;
        let room = called.room.map(|(name, _)| name);
        let kind = Kind::Outcome(called.returned, room);
        self.declare(name.clone(), mutability, kind, called.slot);
        Ok(())
    }

    /// `if let Ok(value) = call { … } else { … }`, or with `Err`.
    pub(super) fn if_let(
        &mut self,
        let_: &syn::ExprLet,
        then: &Block,
        otherwise: Option<&Expr>,
    ) -> Result<Flow, Reason> {
        let Some((call, known)) = known_call(&let_.expr) else {
            return Err(not_understood(&let_.expr));
        };
        let (is_ok, inner) = result_pattern(&let_.pat)?;
        let called = self.call(call, known)?;
        let [success, failure, end] = [(); 3].map(|()| self.assembly.label());
        self.fails(&called, Target::To(failure));
        if !is_ok && called.returned == Returned::Descriptor
            || called.returned == Returned::Descriptors
        {
            return Err(Reason::new(
                &let_.pat,
                "the descriptor is dropped at the end of this `if let`; bind it by `match` or `?`",
            ));
        }
        let [first, second] = if is_ok {
            [success, failure]
        } else {
            [failure, success]
        };
        if !is_ok {
            self.assembly.jump(Target::To(success));
        }
        self.assembly.place(first);
        let mut flow = self.scope(&then.stmts, then, |group| {
            group.bind_result(&called, is_ok, inner, &let_.pat)
        })?;
        if flow == Flow::On {
            self.assembly.jump(Target::To(end));
        }
        self.assembly.place(second);
        let other = match otherwise {
            Some(otherwise) => self.branch(otherwise)?,
            None => Flow::On,
        };
        if other == Flow::On {
            flow = Flow::On;
        }
        self.assembly.place(end);
        Ok(flow)
    }

    /// Binds what is in `Ok` or in `Err`.
    pub(super) fn bind_result(
        &mut self,
        called: &Called,
        is_ok: bool,
        inner: &Pat,
        at: &Pat,
    ) -> Result<(), Reason> {
        let Some(binding) = binding(inner) else {
            return Err(Reason::new(
                at,
                "a batch can bind a result to a name, or to `_`",
            ));
        };
        if is_ok {
            if matches!(binding, Binding::Nothing) && called.kind == Kind::Descriptor {
                return Err(Reason::new(
                    at,
                    "the descriptor is dropped at the end of this statement; bind it to a name",
                ));
            }
            return self.bind(called, &binding, at);
        }
        if let Binding::Name(name, mutability) = binding {
            self.declare(name.clone(), mutability, Kind::Errno, called.slot);
        }
        Ok(())
    }
}

/// Whether it is `Ok(…)` or `Err(…)`, and what is in it.
pub(super) fn result_pattern(pat: &Pat) -> Result<(bool, &Pat), Reason> {
    if let Pat::TupleStruct(variant) = pat
        && variant.elems.len() == 1
        && let Some(inner) = variant.elems.first()
        && let Some(name) = variant.path.get_ident()
    {
        if name == "Ok" {
            return Ok((true, inner));
        }
        if name == "Err" {
            return Ok((false, inner));
        }
    }
    Err(Reason::new(
        pat,
        "of patterns a batch can have `Ok(…)` and `Err(…)` with names or constants in them",
    ))
}
