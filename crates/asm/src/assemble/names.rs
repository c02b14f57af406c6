//! First pass: which names there are, and what sort of thing each stands for.

use std::collections::hash_map::Entry as MapEntry;

use super::{Assembler, Definition, Meaning};
use crate::ast::{Name, Statement};
use crate::constants;
use crate::mistake::Mistake;
use crate::span::Span;

impl Assembler {
    pub(super) fn names(&mut self, statements: &[Statement]) {
        let mut index = 0;
        for statement in statements {
            match statement {
                Statement::Label(name) => self.define(name, Meaning::Label(index)),
                Statement::Constant { name, .. } => self.define(name, Meaning::Constant(None)),
                Statement::Data { name, .. } => self.define(name, Meaning::Block(None)),
                Statement::Slot { name, .. } => {
                    if let Some(name) = name {
                        self.define(name, Meaning::Slot(None));
                    }
                }
                Statement::Entry(entry) => {
                    if let Some(name) = &entry.result {
                        self.define_result(name);
                    }
                    index += 1;
                }
                Statement::Broken(names) => {
                    for name in names {
                        self.definitions.entry(name.clone()).or_insert(Definition {
                            span: Span::default(),
                            meaning: Meaning::Broken,
                        });
                    }
                }
                Statement::Setting { .. } | Statement::Start { .. } => {}
            }
        }
    }

    fn define(&mut self, name: &Name, meaning: Meaning) {
        if constants::value(&name.text).is_some() {
            let mistake = Mistake::Reserved {
                name: name.text.clone(),
                meaning: "a constant of the system",
            };
            return self.mistake(mistake, name.span);
        }
        match self.definitions.entry(name.text.clone()) {
            MapEntry::Vacant(vacant) => {
                vacant.insert(Definition {
                    span: name.span,
                    meaning,
                });
            }
            MapEntry::Occupied(occupied) => {
                let Definition { span, meaning } = *occupied.get();
                if !matches!(meaning, Meaning::Broken) {
                    let mistake = Mistake::Duplicate {
                        name: name.text.clone(),
                        first: span,
                    };
                    self.mistake(mistake, name.span);
                }
            }
        }
    }

    /// A result may be written by any number of entries.
    fn define_result(&mut self, name: &Name) {
        match self.definitions.get(&name.text) {
            Some(Definition {
                meaning: Meaning::Slot(_),
                ..
            }) => {}
            _ => self.define(name, Meaning::Slot(None)),
        }
    }

    /// Gives a name that the first pass defined its number.
    pub(super) fn set(&mut self, name: &Name, meaning: Meaning) {
        if let Some(definition) = self.definitions.get_mut(&name.text)
            && definition.span == name.span
        {
            definition.meaning = meaning;
        }
    }

    /// Reports a name that nobody defined, with one that looks like it.
    pub(super) fn unknown<T>(&mut self, name: &str, span: Span, wanted: &'static str) -> Option<T> {
        let known = constants::names()
            .chain(constants::structure_names())
            .map(|name: &str| name);
        let own = self.definitions.keys().map(String::as_str);
        let similar = similar(name, own.chain(known));
        let mistake = Mistake::UnknownName {
            name: name.into(),
            wanted,
            similar,
        };
        self.fail(mistake, span)
    }

    /// Reports a name of the wrong sort.
    pub(super) fn wrong_kind<T>(
        &mut self,
        name: &str,
        span: Span,
        meaning: Meaning,
        wanted: &'static str,
    ) -> Option<T> {
        let is = match meaning {
            Meaning::Label(_) => "a label",
            Meaning::Slot(_) => "a result",
            Meaning::Block(_) => "data",
            Meaning::Constant(_) => "a constant",
            Meaning::Broken => return None,
        };
        let mistake = Mistake::WrongKind {
            name: name.into(),
            is,
            wanted,
        };
        self.fail(mistake, span)
    }
}

/// The name that looks most like a misspelt one, if any does: the fewest letters
/// are changed, swapped, missing or too many, and no more than a third. Of
/// names that look equally like it the first in the alphabet is taken.
pub(super) fn similar<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let most = (name.len() / 3).max(1);
    known
        .map(|candidate| {
            let distance = if candidate.eq_ignore_ascii_case(name) {
                0
            } else {
                strsim::damerau_levenshtein(name, candidate)
            };
            (distance, candidate)
        })
        .filter(|&(distance, candidate)| distance <= most && distance < candidate.len())
        .min()
        .map(|(_, candidate)| candidate.to_owned())
}
