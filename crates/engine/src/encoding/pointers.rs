//! The encoding of the generic question: pointers to arrays of pointers.

use sysbatch_abi::Width;

use super::array::Array;
use super::{Decoded, Encoding, Next, Operation, Sign, call_unless_handed_back, element, slot};
use crate::host::{Error, Host};
use crate::turn::{Made, Turn};

/// A program of pointers, one for each call, to an array of words: the number
/// of the call, then pointers to its arguments, up to six or a null one.
///
/// The program counter is the index of a call.
#[derive(Clone, Copy, Debug)]
pub struct Pointers {
    program: u64,
    len: u64,
    results: u64,
    results_len: u64,
    stop_on_failure: bool,
    array: Array<8>,
}

impl Pointers {
    /// A program of `len` pointers at address `program`, of whose results
    /// `results_len` may be written at address `results`; a failed call ends
    /// the batch if `stop_on_failure`.
    #[must_use]
    #[inline(always)]
    pub fn new(
        program: u64,
        len: u64,
        results: u64,
        results_len: u64,
        stop_on_failure: bool,
    ) -> Self {
        Self {
            program,
            len,
            results,
            results_len,
            stop_on_failure,
            array: Array::new(program, len, results, results_len),
        }
    }
}

/// The number of a call and the place of its result.
#[derive(Clone, Copy, Debug)]
pub struct NumberAndSlot {
    number: u64,
    slot: u64,
}

/// The operation for a number that is a whole word.
#[inline(always)]
pub(super) fn operation<H: Host>(number: u64, operands: &H::Operands) -> Operation {
    match u32::try_from(number) {
        Ok(number) => call_unless_handed_back::<H>(number, operands),
        Err(_) => Operation::NO_SUCH_CALL,
    }
}

impl Encoding for Pointers {
    type Entry = NumberAndSlot;

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
    ) -> Result<NumberAndSlot, Error> {
        if pc >= self.len {
            return Err(Error::Invalid);
        }
        let array = host.load(element(self.program, pc, 8)?, Width::Eight)?;
        let slot = slot(self.results, self.results_len, pc)?;
        let number = host.gather(array, operands)?;
        Ok(NumberAndSlot { number, slot })
    }

    #[inline(always)]
    fn decode<H: Host>(
        &self,
        _: &mut H,
        _: u64,
        entry: NumberAndSlot,
        operands: &mut H::Operands,
    ) -> Result<Decoded, Error> {
        Ok(Decoded {
            operation: operation::<H>(entry.number, operands),
            slot: entry.slot,
            loaded: false,
        })
    }

    #[inline(always)]
    fn next(&self, pc: u64, _: NumberAndSlot, sign: impl FnOnce() -> Sign) -> Next {
        if self.stop_on_failure && sign() == Sign::Negative {
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
    ) -> Turn<NumberAndSlot> {
        let (Some(made), Some((entry, slot))) = (made, self.array.place(pc)) else {
            return Turn::NotStored;
        };
        match host.turn_to_pointer(made, entry, operands) {
            Turn::Read(number) => Turn::Read(NumberAndSlot { number, slot }),
            Turn::Stored => Turn::Stored,
            Turn::NotStored => Turn::NotStored,
        }
    }
}
