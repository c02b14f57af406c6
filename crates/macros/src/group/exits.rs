//! Ways out of a batch, after which code goes on elsewhere.

use proc_macro2::TokenStream;
use syn::{Expr, Stmt};

use super::{Group, Kind, Variable};
use crate::ir::{Label, Slot, Target};
use crate::pure::{Purity, Reason, identifiers, leaves_loop, purity};

/// What is done after a way out.
#[derive(Clone, Debug)]
pub(crate) enum Code {
    /// `?` with the error in this slot.
    Question(Slot),
    /// What is written.
    Written(TokenStream),
}

/// A way out.
#[derive(Clone)]
pub(crate) struct Exit {
    pub(super) label: Label,
    pub(crate) code: Code,
    /// The descriptors that are closed before.
    pub(super) closes: Vec<Slot>,
    /// The variables that there are, for the code.
    pub(crate) variables: Vec<Variable>,
}

impl Group {
    /// A way out by which the function is left with the error in this slot.
    pub(super) fn question(&mut self, slot: Slot) -> Target {
        let closable = self.surroundings.plain_errors;
        let mut exit = self.exit(Code::Question(slot), closable);
        if closable && !self.keeps_outcomes() {
            exit.variables.clear();
        }
        self.add_exit(exit)
    }

    /// A way out to what is written, which never comes to its end.
    pub(super) fn written(&mut self, code: TokenStream, closable: bool) -> Result<Target, Reason> {
        if !self.loops.is_empty() && leaves_loop(code.clone()) {
            return Err(Reason::new(
                code,
                "this leaves or repeats a loop that is in the batch, and does more before, which \
                 a batch cannot",
            ));
        }
        let exit = self.exit(Code::Written(code), closable);
        Ok(self.add_exit(exit))
    }

    /// A way out by `return`, `break` or `continue` with a value, if any.
    pub(super) fn leaving(&mut self, whole: &Stmt, value: Option<&Expr>) -> Result<Target, Reason> {
        let closable = value.is_none_or(|value| self.is_apart(value));
        self.written(quote::quote!(#whole), closable)
    }

    /// Whether nobody can tell if this is evaluated after the descriptors are closed.
    pub(crate) fn is_apart(&self, value: &Expr) -> bool {
        let mentioned = identifiers(value);
        let descriptor = |variable: &Variable| {
            matches!(variable.kind, Kind::Descriptor | Kind::Outcome(..))
                && mentioned.contains(&variable.name.to_string())
        };
        purity(value) == Ok(Purity::Value) && !self.variables.iter().any(descriptor)
    }

    fn exit(&mut self, code: Code, closable: bool) -> Exit {
        let closable = closable && !self.keeps_outcomes();
        let closes = if closable {
            self.descriptors(0)
        } else {
            Vec::new()
        };
        let needed = |variable: &&Variable| {
            variable.live && !(closable && variable.kind == Kind::Descriptor)
        };
        Exit {
            label: self.assembly.label(),
            code,
            closes,
            variables: self.variables.iter().filter(needed).cloned().collect(),
        }
    }

    fn add_exit(&mut self, exit: Exit) -> Target {
        let target = Target::To(exit.label);
        self.exits.push(exit);
        target
    }
}
