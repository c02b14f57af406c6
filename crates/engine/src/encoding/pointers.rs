//! The encoding of the generic question: pointers to arrays of pointers.

use sysbatch_abi::{Width, is_handed_back};

use super::{Encoding, Fetched, Next, Operation, Sign, element, slot};
use crate::host::{Call, Error, Fault, Host};

/// A program of pointers, one for each call, to an array of words: the number
/// of the call, then pointers to its arguments, up to six or a null one.
///
/// The program counter is the index of a call.
#[derive(Clone, Copy, Debug)]
pub struct Pointers {
    /// Address of the first pointer.
    pub program: u64,
    /// Number of calls.
    pub len: u64,
    /// Address of the first result.
    pub results: u64,
    /// Number of results that may be written.
    pub results_len: u64,
    /// Whether a failed call ends the batch.
    pub stop_on_failure: bool,
}

/// The place of a call's result, and the call's index.
#[derive(Clone, Copy, Debug)]
pub struct Tail {
    slot: u64,
    pc: u64,
}

/// Reads arguments through an array of pointers that starts at `array`, up to
/// the first null one; the rest is zero.
pub(super) fn arguments<H: Host>(
    host: &mut H,
    array: u64,
    args: &mut [u64; 6],
) -> Result<(), Fault> {
    *args = [0; 6];
    for (arg, index) in args.iter_mut().zip(0..) {
        let pointer = host.load(element(array, index, 8)?, Width::Eight)?;
        if pointer == 0 {
            break;
        }
        *arg = host.load(pointer, Width::Eight)?;
    }
    Ok(())
}

/// The operation for a number that is a whole word.
pub(super) fn operation(number: u64, call: &mut Call) -> Operation {
    let Ok(number) = u32::try_from(number) else {
        return Operation::NO_SUCH_CALL;
    };
    call.number = number;
    if is_handed_back(number, &call.args) {
        return Operation::NO_SUCH_CALL;
    }
    Operation::Call
}

impl Encoding for Pointers {
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
        let array = host.load(element(self.program, pc, 8)?, Width::Eight)?;
        let slot = slot(self.results, self.results_len, pc)?;
        let number = host.load(array, Width::Eight)?;
        arguments(host, array.checked_add(8).ok_or(Fault)?, &mut call.args)?;
        Ok(Fetched {
            operation: operation(number, call),
            tail: Tail { slot, pc },
        })
    }

    fn store<H: Host>(&self, host: &mut H, tail: Tail, result: i64) -> Result<(), Fault> {
        host.store(tail.slot, Width::Eight, result.cast_unsigned())
    }

    fn next(&self, tail: Tail, sign: Sign) -> Next {
        if sign == Sign::Negative && self.stop_on_failure {
            return Next::Exit;
        }
        tail.pc.checked_add(1).map_or(Next::Exit, Next::At)
    }
}
