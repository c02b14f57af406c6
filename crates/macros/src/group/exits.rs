//! Ways out of a batch, after which code goes on elsewhere.

use proc_macro2::TokenStream;
use syn::{Expr, Stmt};

use super::{Group, Kind, Variable};
use crate::ir::{Label, Operand, Slot, Target};
use crate::known::Width;
use crate::pure::{Purity, Reason, identifiers, leaves_loop, purity};

/// What is done after a way out.
#[derive(Clone, Debug)]
pub(crate) enum Code {
    /// `?` with the error in this slot.
    Question(Slot),
    /// What is written.
    Written(TokenStream),
    /// A sum has overflown: it is made as it is written, and the batch goes on.
    Overflow {
        sum: Slot,
        addend: Operand,
        width: Width,
        resume: Label,
    },
    /// Elements of a list are made ready, the next ones or the first, and the batch goes on.
    Refill {
        list: usize,
        next: bool,
        resume: Label,
    },
}

impl Code {
    /// Where the batch goes on after it.
    pub(crate) fn resume(&self) -> Option<Label> {
        match self {
            Self::Overflow { resume, .. } | Self::Refill { resume, .. } => Some(*resume),
            _ => None,
        }
    }
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
        let mentioned = identifiers(&code);
        let within = self.variables.iter().find(|variable| {
            variable.kind.is_within() && mentioned.contains(&variable.name.to_string())
        });
        if let Some(variable) = within {
            let name = &variable.name;
            return Err(Reason::new(
                code,
                format!("`{name}` is within the batch only, and is needed here after it"),
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

    /// A way out after which the batch goes on, with the variables that are needed for it.
    pub(super) fn resumed(&mut self, code: Code, needed: fn(&Kind) -> bool) -> Target {
        let mut exit = self.exit(code, false);
        exit.variables.retain(|variable| needed(&variable.kind));
        self.add_exit(exit)
    }

    fn exit(&mut self, code: Code, closable: bool) -> Exit {
        let closable = closable && !self.keeps_outcomes();
        let closes = if closable {
            self.descriptors(0)
        } else {
            Vec::new()
        };
        let needed = |variable: &&Variable| {
            variable.live
                && !variable.kind.is_within()
                && !(closable && variable.kind == Kind::Descriptor)
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
