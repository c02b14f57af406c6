//! The encoding of `supersyscall`: an array of calls and an array of results.

use super::array::Array;
use super::{Decoded, Encoding, Next, Sign, call_unless_handed_back, element, slot};
use crate::host::{Error, Host};
use crate::turn::{Head, Made, Turn};

/// Size of `struct supersyscall_args` in bytes: the number and six words.
const ARGS_SIZE: u64 = 56;

/// A program of `struct supersyscall_args`.
///
/// The program counter is the index of a call.
#[derive(Clone, Copy, Debug)]
pub struct Supersyscall {
    program: u64,
    len: u64,
    results: u64,
    results_len: u64,
    continue_on_failure: bool,
    array: Array<ARGS_SIZE>,
}

impl Supersyscall {
    /// A program of `len` calls at address `program`, of whose results
    /// `results_len` may be written at address `results`; a failed call ends
    /// the batch unless `continue_on_failure`.
    #[must_use]
    #[inline(always)]
    pub fn new(
        program: u64,
        len: u64,
        results: u64,
        results_len: u64,
        continue_on_failure: bool,
    ) -> Self {
        Self {
            program,
            len,
            results,
            results_len,
            continue_on_failure,
            array: Array::new(program, len, results, results_len),
        }
    }
}

impl Encoding for Supersyscall {
    type Entry = Head;

    #[inline(always)]
    fn is_end(&self, pc: u64) -> bool {
        pc == self.len
    }

    #[inline(always)]
    fn read<H: Host>(
        &self,
        host: &mut H,
        pc: u64,
        operands: &mut H::Operands,
    ) -> Result<Head, Error> {
        if pc >= self.len {
            return Err(Error::Invalid);
        }
        Ok(host.read_entry::<1>(element(self.program, pc, ARGS_SIZE)?, operands)?)
    }

    #[inline(always)]
    fn decode<H: Host>(
        &self,
        _: &mut H,
        pc: u64,
        entry: Head,
        operands: &mut H::Operands,
    ) -> Result<Decoded, Error> {
        let [a, b, c, d, ..] = entry.first.to_le_bytes();
        Ok(Decoded {
            slot: match self.array.near_slot(pc) {
                Some(slot) => slot,
                None => slot(self.results, self.results_len, pc)?,
            },
            operation: call_unless_handed_back::<H>(u32::from_le_bytes([a, b, c, d]), operands),
            loaded: false,
        })
    }

    #[inline(always)]
    fn next(&self, pc: u64, _: Head, sign: impl FnOnce() -> Sign) -> Next {
        if !self.continue_on_failure && sign() == Sign::Negative {
            return Next::Exit;
        }
        Next::At(pc.wrapping_add(1))
    }

    #[inline(always)]
    fn turn<H: Host>(
        &self,
        host: &mut H,
        made: Option<Made>,
        pc: u64,
        operands: &mut H::Operands,
    ) -> Turn<Head> {
        self.array.turn::<1, H>(host, made, pc, operands)
    }
}
