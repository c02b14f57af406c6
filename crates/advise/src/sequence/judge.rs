//! Whether a call can be in the batch of the calls before it.
//!
//! Each argument is looked at by itself. The rules are in the documentation of
//! [`sequence`](super).

use super::evidence::{Cut, Evidence, Evidences};
use super::memory::Memory;
use super::names::Names;
use super::open::Open;
use super::sites::Sites;
use crate::Call;
use crate::signature::{Argument, Signature};

/// What a thread has had to do with so far.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) names: Names,
    pub(super) memory: Memory,
    pub(super) sites: Sites,
}

/// `AT_FDCWD` of `openat(2)`, in 32 bits.
const CURRENT_DIRECTORY: u32 = -100_i32 as u32;

/// What is known of a call that is not in the tables: numbers.
const UNKNOWN: [Argument; 6] = [Argument::Number; 6];

/// A call that may go on a sequence.
#[derive(Debug)]
pub(super) struct Judge<'a> {
    pub(super) open: &'a Open,
    pub(super) known: &'a mut Known,
    pub(super) call: &'a Call<'a>,
    pub(super) signature: Option<Signature>,
    pub(super) site: u64,
}

impl Judge<'_> {
    /// What shows that its arguments could be written before the sequence began.
    pub(super) fn evidence(&mut self) -> Result<Evidences, Cut> {
        let mut all = Evidences::default();
        if self.open.calls.is_empty() {
            return Ok(all);
        }
        let arguments = self
            .signature
            .map_or(&UNKNOWN[..], |signature| signature.arguments);
        for (index, argument) in arguments.iter().enumerate() {
            let value = self.call.arguments[index];
            let evidence = match argument {
                // Where a result is written to, a batch can say as well as anybody.
                Argument::Written(_) | Argument::WrittenByResult => continue,
                Argument::Descriptor => Some(self.descriptor(index, value)),
                Argument::Number => self.number(index, value),
                Argument::Text => self.text(index, value),
                Argument::Read => self.data(index, value),
            };
            let evidence = evidence.or((!self.open.told).then_some(Evidence::Untold));
            match (evidence, argument) {
                (Some(evidence), _) => all.insert(evidence),
                (None, Argument::Text) => return Err(Cut::Text),
                (None, Argument::Read) => return Err(Cut::Data),
                (None, _) => return Err(Cut::Number),
            }
        }
        Ok(all)
    }

    /// Of a descriptor, which is one of 32 bits.
    fn descriptor(&mut self, index: usize, value: u64) -> Evidence {
        let descriptor = u64::from(value as u32);
        if self.open.opened.contains(&descriptor) {
            return Evidence::Result;
        }
        let is_special = value as u32 == CURRENT_DIRECTORY || value as u32 == u32::MAX;
        let is_same = is_special
            || self.open.used.contains(&descriptor)
            || self.known.sites.is_last(self.site, index, value);
        if is_same {
            Evidence::Constant
        } else if !self.open.told {
            Evidence::Untold
        } else {
            Evidence::Open
        }
    }

    /// Of a number.
    fn number(&mut self, index: usize, value: u64) -> Option<Evidence> {
        let steady = self.known.sites.evidence(self.site, index, value);
        if steady == Some(Evidence::Constant) {
            return steady;
        }
        let calls = || self.open.calls.iter().rev();
        let is_result = |result: i64| result > 0 && result as u64 == value;
        if calls().any(|call| call.told && is_result(call.result)) {
            return Some(Evidence::Result);
        }
        // A program asks for one byte more to see that the file ends.
        if calls().any(|call| {
            call.size
                .is_some_and(|size| size == value || size.wrapping_add(1) == value)
        }) {
            return Some(Evidence::Size);
        }
        let before = calls().find(|call| {
            (call.number, call.arguments[0]) == (self.call.number, self.call.arguments[0])
        });
        let is_rest = before.is_some_and(|call| {
            let (then, result) = (call.arguments[index], call.result as u64);
            call.result > 0
                && (then.wrapping_add(result) == value || then.wrapping_sub(result) == value)
        });
        if is_rest {
            return Some(Evidence::Rest);
        }
        steady
    }

    /// Of a text.
    fn text(&mut self, index: usize, pointer: u64) -> Option<Evidence> {
        if pointer == 0 || self.call.constant[index] {
            return Some(Evidence::Constant);
        }
        let mut texts = self.call.texts.iter();
        let text = texts.find(|text| text.argument == index)?;
        let known = self.known.names.evidence(&text.bytes, self.open.start);
        known.or_else(|| {
            let is_list = self.known.sites.is_list(self.site, index, pointer);
            is_list.then_some(Evidence::Table)
        })
    }

    /// Of memory that the call reads. How much it is says the argument behind it.
    fn data(&mut self, index: usize, pointer: u64) -> Option<Evidence> {
        let length = self.call.arguments.get(index + 1).copied().unwrap_or(0);
        if pointer == 0 || self.call.constant[index] {
            return Some(Evidence::Constant);
        }
        let is_filled = length > 0 && self.known.memory.is_filled(pointer, length);
        is_filled.then_some(Evidence::Data)
    }
}
