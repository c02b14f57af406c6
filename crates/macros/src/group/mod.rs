//! A group: consecutive statements that become one batch.
//!
//! Statements are added as long as they are understood. Each is turned into entries; what
//! has to be evaluated for them before the batch is run is kept beside, as tokens.

mod arguments;
mod blocks;
mod buffers;
mod conditions;
mod contents;
mod directories;
mod exits;
mod fields;
mod file_types;
mod lists;
mod loops;
mod matches;
mod numbers;
mod outcomes;
mod statements;
mod sums;
#[cfg(test)]
mod tests;
mod unknown;

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::{Stmt, Token};

pub(crate) use buffers::Buffer;
pub(crate) use directories::declared;
pub(crate) use exits::{Code, Exit};
pub(crate) use lists::{List, rows};
pub(crate) use numbers::{Of, Size};

use directories::Directory;

use crate::ir::{Action, Assembly, Entry, Label, Operand, Slot, Target};
use crate::known::Returned;
use crate::pure::Reason;
use crate::surroundings::Surroundings;

/// What a variable of the batch is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Unit,
    Descriptor,
    /// How much a call has put into the memory at this place, or taken from somewhere.
    Length {
        filled: Option<String>,
    },
    Offset,
    /// What `recv` gives: how much it has put into the memory at this place, which has so much
    /// room, and how much there was.
    Received {
        filled: Option<String>,
        room: Option<Operand>,
    },
    /// A number that the batch computes.
    Number {
        of: Of,
        size: Size,
    },
    /// What is known of a file, in the memory of this name.
    Stat(Ident),
    Statx(Ident),
    /// What a call has come to, as a `Result`.
    Outcome(Returned, Option<Ident>),
    /// An error, the negated number of which is in the slot.
    Errno,
    /// The type of a file, as records of directories have it.
    FileType,
    /// A directory that is read.
    Directory(Directory),
    /// An entry of one.
    Record,
    /// An element of the list with this index, or a part of one.
    Element(usize),
}

impl Kind {
    /// Whether it is nothing outside of the batch.
    pub(crate) fn is_within(&self) -> bool {
        matches!(self, Self::Directory(_) | Self::Record)
    }
}

/// A variable that statements of the group declare.
#[derive(Clone)]
pub(crate) struct Variable {
    pub(crate) name: Ident,
    pub(crate) mutability: Option<Token![mut]>,
    pub(crate) kind: Kind,
    pub(crate) slot: Slot,
    /// Whether it is there still: descriptors can be dropped.
    pub(crate) live: bool,
    /// How deep in the blocks of the group it is declared.
    depth: usize,
}

/// A loop that is in the batch.
#[derive(Clone, Debug)]
struct Loop {
    label: Option<String>,
    again: Label,
    end: Label,
    /// How deep its body is.
    depth: usize,
    /// Whether something leads to its end.
    left: bool,
}

/// Whether control goes on after a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    On,
    Never,
}

/// What is done in place of a call for which an element has an error.
#[derive(Clone, Debug)]
struct Refused {
    label: Label,
    error: Slot,
    result: Slot,
    next: Target,
}

/// Statements that are understood, and what they are as entries.
#[derive(Clone)]
pub(crate) struct Group {
    surroundings: Surroundings,
    pub(crate) statements: Vec<Stmt>,
    pub(crate) assembly: Assembly,
    /// Statements that are made before the batch: declarations.
    pub(crate) hoisted: Vec<Stmt>,
    /// Which of the statements these are.
    hoisted_from: BTreeSet<usize>,
    /// The names that these declare.
    hoisted_names: BTreeSet<String>,
    /// The identifiers in them.
    hoisted_mentions: BTreeSet<String>,
    /// What is evaluated before the batch.
    pub(crate) setup: Vec<TokenStream>,
    /// The values that entries have as operands.
    pub(crate) values: Vec<TokenStream>,
    /// The identifiers in what is evaluated by value.
    evaluated: BTreeSet<String>,
    pub(crate) buffers: Vec<Buffer>,
    pub(crate) variables: Vec<Variable>,
    pub(crate) exits: Vec<Exit>,
    /// Why calls that come after a way out are left as they are.
    pub(crate) left: Vec<Reason>,
    pub(crate) lists: Vec<List>,
    /// The results of calls that are refused for what is in a list.
    refused: Vec<Refused>,
    loops: Vec<Loop>,
    depth: usize,
    names: usize,
    pub(crate) ended: bool,
}

impl Group {
    pub(crate) fn new(surroundings: Surroundings) -> Self {
        Self {
            surroundings,
            statements: Vec::new(),
            assembly: Assembly::new(),
            hoisted: Vec::new(),
            hoisted_from: BTreeSet::new(),
            hoisted_names: BTreeSet::new(),
            hoisted_mentions: BTreeSet::new(),
            setup: Vec::new(),
            values: Vec::new(),
            evaluated: BTreeSet::new(),
            buffers: Vec::new(),
            variables: Vec::new(),
            exits: Vec::new(),
            left: Vec::new(),
            lists: Vec::new(),
            refused: Vec::new(),
            loops: Vec::new(),
            depth: 0,
            names: 0,
            ended: false,
        }
    }

    /// Whether as a batch it needs fewer crossings.
    pub(crate) fn pays(&self) -> bool {
        self.assembly.calls() > 1 || self.assembly.loops() && self.assembly.calls() > 0
    }

    /// A name of this group's own.
    fn name(&mut self, what: &str) -> Ident {
        self.names += 1;
        format_ident!("__{what}{}", self.names, span = Span::mixed_site())
    }

    /// A value for entries, that these tokens give.
    fn value(&mut self, tokens: TokenStream) -> Operand {
        Operand::Value(self.numbered(tokens))
    }

    /// The number of such a value.
    fn numbered(&mut self, tokens: TokenStream) -> usize {
        self.values.push(tokens);
        self.values.len() - 1
    }

    /// Memory for what a call returns, and its address.
    fn room(&mut self, of: &TokenStream) -> (Ident, Operand) {
        let name = self.name("room");
        let of = quote!(::sysbatch::__private::#of);
        self.setup
            .push(quote!(let mut #name = ::sysbatch::__private::Room::<#of>::new();));
        let address = self.value(quote!(#name.address()));
        (name, address)
    }

    /// The variable that a name stands for, if it is one of the group.
    fn variable(&self, name: &Ident) -> Option<&Variable> {
        self.variables
            .iter()
            .rev()
            .find(|variable| variable.name == *name)
    }

    fn declare(&mut self, name: Ident, mutability: Option<Token![mut]>, kind: Kind, slot: Slot) {
        self.variables.push(Variable {
            name,
            mutability,
            kind,
            slot,
            live: true,
            depth: self.depth,
        });
    }

    /// The descriptors that are open, declared at `depth` or deeper, in the order in which
    /// they are dropped.
    fn descriptors(&self, depth: usize) -> Vec<Slot> {
        let open = |variable: &&Variable| {
            variable.live && variable.kind == Kind::Descriptor && variable.depth >= depth
        };
        self.variables
            .iter()
            .rev()
            .filter(open)
            .map(|v| v.slot)
            .collect()
    }

    /// Whether there is a variable that the batch cannot drop.
    fn keeps_outcomes(&self) -> bool {
        self.variables.iter().any(|variable| {
            variable.live && matches!(variable.kind, Kind::Outcome(Returned::Descriptor, _))
        })
    }

    /// Closes what is declared in the block that ends, as Rust drops it; whether that could
    /// be done. `kept` are the names that what follows mentions.
    pub(crate) fn close_at_end(&mut self, kept: &BTreeSet<String>) -> bool {
        let mentioned = self.variables.iter().any(|variable| {
            variable.kind == Kind::Descriptor && kept.contains(&variable.name.to_string())
        });
        if mentioned || self.keeps_outcomes() || self.ended {
            return false;
        }
        for slot in self.descriptors(0) {
            self.assembly.close(slot);
        }
        for variable in &mut self.variables {
            if variable.kind == Kind::Descriptor {
                variable.live = false;
            }
        }
        true
    }

    /// Adds the ways out; nothing can be added after this.
    pub(crate) fn finish(&mut self) {
        if self.exits.is_empty() && self.refused.is_empty() {
            return;
        }
        if !self.ended {
            self.assembly.leave(0);
        }
        for (index, exit) in self.exits.iter().enumerate() {
            self.assembly.place(exit.label);
            for &slot in &exit.closes {
                self.assembly.close(slot);
            }
            self.assembly.leave(index + 1);
        }
        for refused in &self.refused {
            self.assembly.place(refused.label);
            let error = vec![Operand::Slot(refused.error)];
            let set = Entry::new(Action::Set, refused.result, error);
            self.assembly.push(set.always(refused.next));
        }
    }
}

impl Group {
    /// The statements that do not come before the batch.
    pub(crate) fn within(&self) -> impl Iterator<Item = &Stmt> {
        let is_within = |(at, _): &(usize, _)| !self.hoisted_from.contains(at);
        let statements = self.statements.iter().enumerate();
        statements.filter(is_within).map(|(_, statement)| statement)
    }

    /// The names of its calls, those in branches among them.
    pub(crate) fn names(&self) -> Vec<String> {
        let name = |entry: &Entry| match entry.action {
            Action::Call(name) => Some(name.to_owned()),
            Action::Close => Some("close".to_owned()),
            _ => None,
        };
        self.assembly.entries.iter().filter_map(name).collect()
    }
}
