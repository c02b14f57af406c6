//! The names that the text uses for entries and result slots.

use std::collections::{BTreeMap, HashMap, HashSet};

use sysbatch_abi::{DST_OWN_INDEX, ENTRY_SIZE, JUMP_EXIT};

use super::entry::needs_raw;
use crate::program::{Base, Place, Program, Symbol};

pub(super) struct Names {
    /// The first name of each entry that has one or needs one.
    labels: BTreeMap<u64, String>,
    /// The first name of each result slot that has one.
    slots: HashMap<u64, String>,
    /// The slots that get their name from the entry that owns them.
    bound: HashSet<u64>,
    declared: Vec<Symbol>,
}

impl Names {
    pub(super) fn of(program: &Program) -> Self {
        let mut names = Self {
            labels: BTreeMap::new(),
            slots: HashMap::new(),
            bound: HashSet::new(),
            declared: Vec::new(),
        };
        names.name_slots(program);
        names.name_entries(program);
        names
    }

    fn name_slots(&mut self, program: &Program) {
        let mut names: HashMap<u64, usize> = HashMap::new();
        for symbol in &program.slots {
            *names.entry(symbol.index).or_default() += 1;
        }
        for symbol in &program.slots {
            let first = self.slots.entry(symbol.index);
            first.or_insert_with(|| symbol.name.clone());
            // An entry gives its slot one name only.
            if names.get(&symbol.index) == Some(&1) && can_bind(program, symbol.index) {
                self.bound.insert(symbol.index);
            } else {
                self.declared.push(symbol.clone());
            }
        }
    }

    fn name_entries(&mut self, program: &Program) {
        for symbol in &program.labels {
            let label = self.labels.entry(symbol.index);
            label.or_insert_with(|| symbol.name.clone());
        }
        let taken: HashSet<&str> = program
            .labels
            .iter()
            .chain(&program.slots)
            .map(|symbol| symbol.name.as_str())
            .chain(
                program
                    .blocks
                    .iter()
                    .filter_map(|block| block.name.as_deref()),
            )
            .collect();
        for index in referenced(program) {
            self.labels.entry(index).or_insert_with(|| {
                let mut name = format!("L{index}");
                while taken.contains(name.as_str()) {
                    name.push('_');
                }
                name
            });
        }
    }

    /// The label of an entry, or of the end of the program.
    pub(super) fn label(&self, index: u64) -> Option<&str> {
        self.labels.get(&index).map(String::as_str)
    }

    /// The name of a result slot.
    pub(super) fn slot(&self, slot: u64) -> Option<&str> {
        self.slots.get(&slot).map(String::as_str)
    }

    /// The name under which an entry writes a slot, if it can write it by name.
    pub(super) fn written(&self, index: u64, dst: u16) -> Option<&str> {
        let slot = if dst == DST_OWN_INDEX {
            // The entry's own slot has the name only if this entry gives it.
            return self.slot(index).filter(|_| self.bound.contains(&index));
        } else {
            u64::from(dst)
        };
        // A name belongs to the first entry in the text that has it.
        self.slot(slot)
            .filter(|_| !self.bound.contains(&slot) || slot < index)
    }

    /// The slots that need a declaration of their own.
    pub(super) fn declared_slots(&self) -> &[Symbol] {
        &self.declared
    }
}

/// Whether the entry that owns a slot can give it its name.
fn can_bind(program: &Program, slot: u64) -> bool {
    let Ok(index) = usize::try_from(slot) else {
        return false;
    };
    program
        .entries
        .get(index)
        .is_some_and(|entry| entry.dst == DST_OWN_INDEX && !needs_raw(program, index, entry))
}

/// The entries that something refers to: branches and addresses.
fn referenced(program: &Program) -> Vec<u64> {
    let len = program.entries.len() as u64;
    let mut indexes = Vec::new();
    for (index, entry) in program.entries.iter().enumerate() {
        for offset in [entry.on_neg, entry.on_zero, entry.on_pos] {
            let next = index as i64 + 1;
            if offset != JUMP_EXIT && offset != 0 {
                let target = u64::try_from(next + i64::from(offset)).ok();
                indexes.extend(target.filter(|&target| target < len));
            }
        }
    }
    for relocation in &program.relocations {
        if relocation.base == Base::Program {
            let offset = match relocation.place {
                Place::Argument { entry, argument } => program.entries[entry].args[argument],
                Place::Result(slot) => program.results[slot],
                Place::Data(offset) => super::data::word(&program.data, offset),
            };
            let index = offset / ENTRY_SIZE as u64;
            indexes.push(if index <= len { index } else { 0 });
        }
    }
    indexes
}
