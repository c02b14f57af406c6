//! The native encoding: an array of 64-byte entries and an array of results.

use sysbatch_abi::{
    ARGUMENT_COUNT, BuiltIn, DST_OWN_INDEX, ENTRY_FLAGS, Entry, JUMP_EXIT, MODES_USED, Mode, Width,
};

use super::{Encoding, Fetched, Next, Operation, Sign, element, slot};
use crate::host::{Call, Error, Fault, Host};

/// A program in the native encoding, with its result slots.
///
/// The program counter is the index of an entry.
#[derive(Clone, Copy, Debug)]
pub struct Native {
    /// Address of the first entry.
    pub program: u64,
    /// Number of entries.
    pub len: u64,
    /// Address of the first result slot.
    pub results: u64,
    /// Number of result slots.
    pub results_len: u64,
}

/// Where the result of an entry goes, and what follows it.
#[derive(Clone, Copy, Debug)]
pub struct Tail {
    slot: u64,
    pc: u64,
    jumps: Jumps,
}

/// The jump offsets of an entry: after a negative, zero and positive result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Jumps {
    on_neg: i16,
    on_zero: i16,
    on_pos: i16,
}

impl Jumps {
    /// On to the next entry, always.
    const NONE: Self = Self {
        on_neg: 0,
        on_zero: 0,
        on_pos: 0,
    };
}

/// Where an offset leads to from entry `pc`; `None` if that is no index.
fn target(pc: u64, offset: i16) -> Option<u64> {
    pc.checked_add(1)?.checked_add_signed(i64::from(offset))
}

impl Native {
    /// The address of a result slot.
    fn slot(&self, index: u64) -> Result<u64, Error> {
        slot(self.results, self.results_len, index)
    }

    /// Refuses a jump that would leave the program.
    fn check_jumps(&self, pc: u64, jumps: Jumps) -> Result<(), Error> {
        for offset in [jumps.on_neg, jumps.on_zero, jumps.on_pos] {
            let stays = target(pc, offset).is_some_and(|target| target <= self.len);
            if !stays && offset != JUMP_EXIT {
                return Err(Error::Invalid);
            }
        }
        Ok(())
    }

    /// Replaces each argument by what its mode says.
    fn resolve<H: Host>(
        &self,
        host: &mut H,
        modes: u16,
        args: &mut [u64; ARGUMENT_COUNT],
    ) -> Result<(), Error> {
        let mut rest = modes;
        for arg in args {
            *arg = match Mode::of(rest, 0).ok_or(Error::Invalid)? {
                Mode::Immediate => *arg,
                Mode::Result => host.load(self.slot(*arg)?, Width::Eight)?,
                Mode::Memory => host.load(*arg, Width::Eight)?,
            };
            rest >>= 2;
            if rest == 0 {
                break;
            }
        }
        Ok(())
    }
}

/// The fields of an entry but for its arguments, from its first two
/// little-endian words.
fn decode(first: u64, second: u64) -> Entry {
    let [n0, n1, n2, n3, m0, m1, d0, d1] = first.to_le_bytes();
    let [a0, a1, b0, b1, c0, c1, f0, f1] = second.to_le_bytes();
    Entry {
        nr: i32::from_le_bytes([n0, n1, n2, n3]),
        modes: u16::from_le_bytes([m0, m1]),
        dst: u16::from_le_bytes([d0, d1]),
        on_neg: i16::from_le_bytes([a0, a1]),
        on_zero: i16::from_le_bytes([b0, b1]),
        on_pos: i16::from_le_bytes([c0, c1]),
        flags: u16::from_le_bytes([f0, f1]),
        args: [0; ARGUMENT_COUNT],
    }
}

impl Encoding for Native {
    type Tail = Tail;

    fn is_end(&self, pc: u64) -> bool {
        pc == self.len
    }

    fn fetch<H: Host>(
        &self,
        host: &mut H,
        pc: u64,
        call: &mut Call,
    ) -> Result<Fetched<Tail>, Error> {
        if pc >= self.len {
            return Err(Error::Invalid);
        }
        let [first, second, args @ ..]: [u64; 8] =
            host.load_words(element(self.program, pc, 64)?)?;
        call.args = args;
        let entry = decode(first, second);
        if entry.flags & !ENTRY_FLAGS != 0 || entry.modes & !MODES_USED != 0 {
            return Err(Error::Invalid);
        }
        let slot = self.slot(if entry.dst == DST_OWN_INDEX {
            pc
        } else {
            u64::from(entry.dst)
        })?;
        let jumps = Jumps {
            on_neg: entry.on_neg,
            on_zero: entry.on_zero,
            on_pos: entry.on_pos,
        };
        // Most entries neither jump nor look anything up: it pays to ask.
        if jumps != Jumps::NONE {
            self.check_jumps(pc, jumps)?;
        }
        let operation = match u32::try_from(entry.nr) {
            Ok(number) => {
                call.number = number;
                Operation::Call
            }
            Err(_) => Operation::BuiltIn(BuiltIn::from_number(entry.nr).ok_or(Error::Invalid)?),
        };
        if entry.modes != 0 {
            self.resolve(host, entry.modes, &mut call.args)?;
        }
        let tail = Tail { slot, pc, jumps };
        Ok(Fetched { operation, tail })
    }

    fn store<H: Host>(&self, host: &mut H, tail: Tail, result: i64) -> Result<(), Fault> {
        host.store(tail.slot, Width::Eight, result.cast_unsigned())
    }

    #[inline]
    fn next(&self, tail: Tail, sign: Sign) -> Next {
        let offset = match sign {
            Sign::Negative => tail.jumps.on_neg,
            Sign::Zero => tail.jumps.on_zero,
            Sign::Positive => tail.jumps.on_pos,
        };
        // The fetch has refused every other offset that is no index.
        target(tail.pc, offset)
            .filter(|_| offset != JUMP_EXIT)
            .map_or(Next::Exit, Next::At)
    }
}
