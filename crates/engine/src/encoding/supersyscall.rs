//! The encoding of `supersyscall`: an array of calls and an array of results.

use sysbatch_abi::{Width, is_handed_back};

use super::{Encoding, Fetched, Next, Operation, Sign, element, slot};
use crate::host::{Call, Error, Fault, Host};

/// Size of `struct supersyscall_args` in bytes: the number and six words.
const ARGS_SIZE: u64 = 56;

/// A program of `struct supersyscall_args`.
///
/// The program counter is the index of a call.
#[derive(Clone, Copy, Debug)]
pub struct Supersyscall {
    /// Address of the first call.
    pub program: u64,
    /// Number of calls.
    pub len: u64,
    /// Address of the first result.
    pub results: u64,
    /// Number of results that may be written.
    pub results_len: u64,
    /// Whether a failed call does not end the batch.
    pub continue_on_failure: bool,
}

/// The place of a call's result, and the call's index.
#[derive(Clone, Copy, Debug)]
pub struct Tail {
    slot: u64,
    pc: u64,
}

impl Encoding for Supersyscall {
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
        let [first, args @ ..]: [u64; 7] =
            host.load_words(element(self.program, pc, ARGS_SIZE)?)?;
        let slot = slot(self.results, self.results_len, pc)?;
        let [a, b, c, d, ..] = first.to_le_bytes();
        call.number = u32::from_le_bytes([a, b, c, d]);
        call.args = args;
        let operation = if is_handed_back(call.number, &call.args) {
            Operation::NO_SUCH_CALL
        } else {
            Operation::Call
        };
        Ok(Fetched {
            operation,
            tail: Tail { slot, pc },
        })
    }

    fn store<H: Host>(&self, host: &mut H, tail: Tail, result: i64) -> Result<(), Fault> {
        host.store(tail.slot, Width::Eight, result.cast_unsigned())
    }

    fn next(&self, tail: Tail, sign: Sign) -> Next {
        if sign == Sign::Negative && !self.continue_on_failure {
            return Next::Exit;
        }
        tail.pc.checked_add(1).map_or(Next::Exit, Next::At)
    }
}
