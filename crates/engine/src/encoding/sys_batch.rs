//! The encoding of `batch`: an array of calls with forward jumps.

use sysbatch_abi::{ARGUMENT_COUNT, Width, is_handed_back};

use super::{Encoding, Fetched, Next, Operation, Pseudo, Sign, element, slot};
use crate::host::{Call, Error, Fault, Host};

/// Size of `struct syscall` in bytes.
const CALL_SIZE: u64 = 64;

/// `__NR_wdcpy`: copies a word.
const WORD_COPY: i16 = -2;

/// A program of `struct syscall` (`syscall_t`).
///
/// The program counter is the index of a call. It stays on the last call made
/// when the batch ends, for its index is what the interface returns.
#[derive(Clone, Copy, Debug)]
pub struct SysBatch {
    /// Address of the first call.
    pub program: u64,
    /// Number of calls.
    pub len: u64,
    /// Address of the first result.
    pub results: u64,
    /// Number of results that may be written.
    pub results_len: u64,
}

/// The place of a call's result, its index, and where to go from it.
#[derive(Clone, Copy, Debug)]
pub struct Tail {
    slot: u64,
    pc: u64,
    jump_fail: i16,
    jump_zero: i16,
    jump_pos: i16,
}

/// The arguments that count; `None` if there are more than a call takes.
fn arguments(args: [u64; ARGUMENT_COUNT], count: i8) -> Option<[u64; ARGUMENT_COUNT]> {
    let count = usize::try_from(count).ok()?;
    let unused = ARGUMENT_COUNT.checked_sub(count)?;
    let mut args = args;
    for arg in args.iter_mut().rev().take(unused) {
        *arg = 0;
    }
    Some(args)
}

/// What a call with this number and these arguments is.
fn operation(number: i16, call: &mut Call) -> Operation {
    if number == WORD_COPY {
        return Operation::Pseudo(Pseudo::WordCopy);
    }
    let Ok(number) = u32::try_from(number) else {
        return Operation::NO_SUCH_CALL;
    };
    call.number = number;
    if is_handed_back(number, &call.args) {
        return Operation::NO_SUCH_CALL;
    }
    Operation::Call
}

impl Encoding for SysBatch {
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
            host.load_words(element(self.program, pc, CALL_SIZE)?)?;
        let [n0, n1, f0, f1, z0, z1, p0, p1] = first.to_le_bytes();
        let [count, ..] = second.to_le_bytes();
        let tail = Tail {
            slot: slot(self.results, self.results_len, pc)?,
            pc,
            jump_fail: i16::from_le_bytes([f0, f1]),
            jump_zero: i16::from_le_bytes([z0, z1]),
            jump_pos: i16::from_le_bytes([p0, p1]),
        };
        let operation = match arguments(args, count.cast_signed()) {
            Some(args) => {
                call.args = args;
                operation(i16::from_le_bytes([n0, n1]), call)
            }
            None => Operation::NO_SUCH_CALL,
        };
        Ok(Fetched { operation, tail })
    }

    fn store<H: Host>(&self, host: &mut H, tail: Tail, result: i64) -> Result<(), Fault> {
        host.store(tail.slot, Width::Eight, result.cast_unsigned())
    }

    fn next(&self, tail: Tail, sign: Sign) -> Next {
        let jump = match sign {
            Sign::Negative => tail.jump_fail,
            Sign::Zero => tail.jump_zero,
            Sign::Positive => tail.jump_pos,
        };
        u64::try_from(jump)
            .ok()
            .and_then(|jump| tail.pc.checked_add(1)?.checked_add(jump))
            .filter(|&pc| pc < self.len)
            .map_or(Next::Exit, Next::At)
    }
}
