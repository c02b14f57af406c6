//! Where results and branches go.

use sysbatch_abi::{DST_OWN_INDEX, Entry, JUMP_EXIT};

use super::{Assembler, Definition, Meaning};
use crate::ast::{Branches, EntryStatement, Setting, Target, TargetKind};
use crate::mistake::Mistake;

impl Assembler {
    /// Fills in the result slot that the statement names.
    pub(super) fn emit_destination(
        &mut self,
        index: usize,
        entry: &mut Entry,
        statement: &EntryStatement,
    ) {
        let named = match &statement.result {
            Some(name) => match self.definitions.get(&name.text) {
                Some(&Definition {
                    span,
                    meaning: Meaning::Slot(slot),
                }) => slot.filter(|&slot| span != name.span || slot != index as u64),
                _ => None,
            },
            None => None,
        };
        let (slot, span) = match (&statement.slot, named) {
            (Some(number), _) => (self.slot_number(number), number.span),
            (None, named) => (named, statement.span),
        };
        let Some(slot) = slot else {
            return;
        };
        let highest = DST_OWN_INDEX - 1;
        match u16::try_from(slot) {
            Ok(slot) if slot <= highest => entry.dst = slot,
            _ => {
                let mistake = Mistake::OutOfRange {
                    what: "the slot of a result that another entry owns",
                    lowest: 0,
                    highest: highest.into(),
                };
                self.mistake(mistake, span);
            }
        }
    }

    pub(super) fn emit_branches(&mut self, index: usize, entry: &mut Entry, branches: &Branches) {
        let others = branches.others.as_ref();
        let mut offset = |given: &Option<Target>| match given.as_ref().or(others) {
            Some(target) => self.offset(index, target).unwrap_or(0),
            None => 0,
        };
        entry.on_neg = offset(&branches.negative);
        entry.on_zero = offset(&branches.zero);
        entry.on_pos = offset(&branches.positive);
    }

    /// The offset that leads from an entry to a target.
    fn offset(&mut self, index: usize, target: &Target) -> Option<i16> {
        let next = index as i64 + 1;
        let offset = match &target.kind {
            TargetKind::Exit => return Some(JUMP_EXIT),
            TargetKind::Next => 0,
            TargetKind::Offset(offset) => *offset,
            TargetKind::End => self.entry_count as i64 - next,
            TargetKind::Label(name) => match self.definitions.get(name).copied() {
                Some(Definition {
                    meaning: Meaning::Label(label),
                    ..
                }) => label.cast_signed() - next,
                Some(Definition { meaning, .. }) => {
                    return self.wrong_kind(name, target.span, meaning, "a label");
                }
                None => return self.unknown(name, target.span, "label"),
            },
        };
        if offset < 0 && self.setting(Setting::Fuel).is_none() {
            return self.fail(Mistake::NeedsFuel { repeated: false }, target.span);
        }
        match i16::try_from(offset) {
            Ok(offset) if offset != JUMP_EXIT => Some(offset),
            _ => self.fail(Mistake::JumpTooFar { offset }, target.span),
        }
    }
}
