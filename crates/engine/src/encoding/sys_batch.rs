//! The encoding of `batch`: an array of calls with forward jumps.

use sysbatch_abi::ARGUMENT_COUNT;

use super::array::Array;
use super::{
    Decoded, Encoding, Next, Operation, Pseudo, Sign, call_unless_handed_back, element, slot,
};
use crate::call::Operands;
use crate::host::{Error, Host};
use crate::turn::{Head, Made, Turn};

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
    program: u64,
    len: u64,
    results: u64,
    results_len: u64,
    array: Array<CALL_SIZE>,
}

impl SysBatch {
    /// A program of `len` calls at address `program`, of whose results
    /// `results_len` may be written at address `results`.
    #[must_use]
    #[inline(always)]
    pub fn new(program: u64, len: u64, results: u64, results_len: u64) -> Self {
        Self {
            program,
            len,
            results,
            results_len,
            array: Array::new(program, len, results, results_len),
        }
    }
}

/// The number and the three jumps of a call.
#[inline(always)]
fn number_and_jumps(entry: Head) -> [i16; 4] {
    let [n0, n1, f0, f1, z0, z1, p0, p1] = entry.first.to_le_bytes();
    [[n0, n1], [f0, f1], [z0, z1], [p0, p1]].map(i16::from_le_bytes)
}

/// What a call is, of whose operands `count` are arguments.
#[inline(always)]
fn operation<H: Host>(number: i16, count: u8, operands: &mut H::Operands) -> Operation {
    let count = usize::from(count);
    if count > ARGUMENT_COUNT {
        return Operation::NO_SUCH_CALL;
    }
    for unused in 0..ARGUMENT_COUNT {
        if unused >= count {
            operands.set(unused, 0);
        }
    }
    if number == WORD_COPY {
        return Operation::Pseudo(Pseudo::WordCopy);
    }
    match u32::try_from(number) {
        Ok(number) => call_unless_handed_back::<H>(number, operands),
        Err(_) => Operation::NO_SUCH_CALL,
    }
}

impl Encoding for SysBatch {
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
        Ok(host.read_entry::<2>(element(self.program, pc, CALL_SIZE)?, operands)?)
    }

    #[inline(always)]
    fn decode<H: Host>(
        &self,
        _: &mut H,
        pc: u64,
        entry: Head,
        operands: &mut H::Operands,
    ) -> Result<Decoded, Error> {
        let slot = match self.array.near_slot(pc) {
            Some(slot) => slot,
            None => slot(self.results, self.results_len, pc)?,
        };
        let [number, ..] = number_and_jumps(entry);
        // A count below zero is one above any count.
        let [count, ..] = entry.second.to_le_bytes();
        Ok(Decoded {
            operation: operation::<H>(number, count, operands),
            slot,
            loaded: false,
        })
    }

    #[inline(always)]
    fn next(&self, pc: u64, entry: Head, sign: impl FnOnce() -> Sign) -> Next {
        let [_, jump_fail, jump_zero, jump_pos] = number_and_jumps(entry);
        let jump = match sign() {
            Sign::Negative => jump_fail,
            Sign::Zero => jump_zero,
            Sign::Positive => jump_pos,
        };
        u64::try_from(jump)
            .ok()
            .and_then(|jump| pc.checked_add(1)?.checked_add(jump))
            .filter(|&pc| pc < self.len)
            .map_or(Next::Exit, Next::At)
    }

    #[inline(always)]
    fn turn<H: Host>(
        &self,
        host: &mut H,
        made: Option<Made>,
        pc: u64,
        operands: &mut H::Operands,
    ) -> Turn<Head> {
        self.array.turn::<2, H>(host, made, pc, operands)
    }
}
