//! Entries in an array, with a result slot of the same index for each.
//!
//! [`Array::turn`] is the short way from one entry to the next.
//! [`Array::straight`] goes on from there through entries that do nothing but
//! make a call: no operand to be looked up, no jump, the result to the slot
//! beside them. It does what the loop in [`machine`](crate::machine) does with
//! such entries, with less: as long as one follows another, one comparison
//! stands for the fuel, the end of the program and the number of slots.
//! Whatever else comes is left to the loop, at the entry where it comes.

use super::{Position, Straight};
use crate::host::Host;
use crate::turn::{Head, Made, Turn};

/// An array of entries of `SIZE` bytes and an array of result slots.
#[derive(Clone, Copy, Debug)]
pub(super) struct Array<const SIZE: u64> {
    program: u64,
    results: u64,
    /// Entries below this index have an address, as have their slots.
    end: u64,
}

impl<const SIZE: u64> Array<SIZE> {
    /// `len` entries at `program` and `results_len` slots at `results`.
    #[inline(always)]
    pub(super) fn new(program: u64, len: u64, results: u64, results_len: u64) -> Self {
        let entries = u64::MAX
            .wrapping_sub(program)
            .checked_div(SIZE)
            .unwrap_or(0);
        let slots = u64::MAX.wrapping_sub(results) >> 3;
        Self {
            program,
            results,
            end: len.min(results_len).min(entries).min(slots),
        }
    }

    /// The address of an entry below the end.
    #[inline(always)]
    fn entry(&self, pc: u64) -> u64 {
        self.program.wrapping_add(pc.wrapping_mul(SIZE))
    }

    /// The address of the slot of an entry; `None` if only a closer look can
    /// tell.
    #[inline(always)]
    pub(super) fn near_slot(&self, pc: u64) -> Option<u64> {
        (pc < self.end).then(|| self.slot(pc))
    }

    /// The addresses of an entry and of its slot; `None` as for
    /// [`near_slot`](Self::near_slot).
    #[inline(always)]
    pub(super) fn place(&self, pc: u64) -> Option<(u64, u64)> {
        (pc < self.end).then(|| (self.entry(pc), self.slot(pc)))
    }

    /// The address of the slot of an entry below the end.
    #[inline(always)]
    fn slot(&self, pc: u64) -> u64 {
        self.results.wrapping_add(pc << 3)
    }

    /// Goes on to the entry at `pc`, as [`Encoding::turn`](super::Encoding::turn)
    /// says. It has `HEAD` words before its arguments.
    #[inline(always)]
    pub(super) fn turn<const HEAD: usize, H: Host>(
        &self,
        host: &mut H,
        made: Option<Made>,
        pc: u64,
        operands: &mut H::Operands,
    ) -> Turn<Head> {
        if pc >= self.end {
            return Turn::NotStored;
        }
        let entry = self.entry(pc);
        host.turn::<HEAD>(made, entry, operands).entry()
    }

    /// Goes through entries as [`Encoding::straight`](super::Encoding::straight)
    /// says, those of which `plain_call` gives the number of a call.
    #[inline(always)]
    pub(super) fn straight<const HEAD: usize, H: Host>(
        &self,
        host: &mut H,
        at: &mut Position,
        head: Head,
        operands: &mut H::Operands,
        plain_call: impl Fn(Head) -> Option<u32>,
    ) -> Straight<Head> {
        let Some(mut number) = plain_call(head) else {
            return Straight::Entry(head);
        };
        if at.pc >= self.end {
            return Straight::Entry(head);
        }
        // The addresses of the entry at hand and of its slot.
        let first = self.entry(at.pc);
        let mut entry = first;
        let mut slot = self.slot(at.pc);
        // One comparison for the fuel, the end of the program, and slots.
        let count = at.fuel.min(self.end.wrapping_sub(at.pc));
        let end = first.wrapping_add(count.wrapping_mul(SIZE));
        loop {
            let result = match host.call_now(number, operands).result() {
                Ok(result) => result,
                Err(halt) => {
                    at.advance::<SIZE>(first, entry);
                    return Straight::Halted(halt);
                }
            };
            let made = Made { slot, result };
            entry = entry.wrapping_add(SIZE);
            if entry == end {
                at.advance::<SIZE>(first, entry);
                return Straight::NotStored(made);
            }
            let head = host.turn::<HEAD>(Some(made), entry, operands);
            number = match plain_call(head) {
                Some(number) => number,
                None => {
                    at.advance::<SIZE>(first, entry);
                    return match head.entry() {
                        Turn::Read(head) => Straight::Entry(head),
                        Turn::Stored => Straight::Stored,
                        Turn::NotStored => Straight::NotStored(made),
                    };
                }
            };
            slot = slot.wrapping_add(8);
        }
    }
}

impl Position {
    /// Goes on by the entries of `SIZE` bytes between two addresses.
    #[inline(always)]
    fn advance<const SIZE: u64>(&mut self, from: u64, to: u64) {
        let steps = to.wrapping_sub(from).checked_div(SIZE).unwrap_or_default();
        self.pc = self.pc.wrapping_add(steps);
        self.fuel = self.fuel.wrapping_sub(steps);
    }
}
