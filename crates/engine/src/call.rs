//! A system call, its operands and what became of it.

use sysbatch_abi::{ARGUMENT_COUNT, PuntReason, Resume};

/// Where a host keeps the operands of the entry at hand, `0` to `5`.
///
/// In user space this is an array; in the kernel it is the registers of the
/// task, where a system call expects its arguments.
pub trait Operands: Copy {
    /// An operand; zero if there is none of this index.
    fn get(&self, index: usize) -> u64;

    /// Changes an operand; nothing happens if there is none of this index.
    fn set(&mut self, index: usize, value: u64);
}

impl Operands for [u64; ARGUMENT_COUNT] {
    #[inline(always)]
    fn get(&self, index: usize) -> u64 {
        <[u64]>::get(self, index).copied().unwrap_or(0)
    }

    #[inline(always)]
    fn set(&mut self, index: usize, value: u64) {
        if let Some(operand) = <[u64]>::get_mut(self, index) {
            *operand = value;
        }
    }
}

/// A system call about to be made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Call<O = [u64; ARGUMENT_COUNT]> {
    /// The system call number; the host answers unknown ones with `-ENOSYS`.
    pub number: u32,
    /// The arguments in the order of the system call's own.
    pub args: O,
    /// Whether it starts afresh or goes on after an interruption.
    pub resume: Resume,
}

/// What became of a [`Call`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was made, and returned this.
    Returned(i64),
    /// It was not made: the caller has to make it.
    Punt(PuntReason),
    /// A signal interrupted it before it had an effect. The batch has to be
    /// left, and goes on with this call when it is entered again.
    Interrupted(Resume),
    /// A filter of the task trapped it. The batch has to be left, and the
    /// handler of the signal says what its result is.
    Trapped,
}

/// Why a call has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halt {
    /// [`Outcome::Punt`].
    Punt(PuntReason),
    /// [`Outcome::Interrupted`].
    Interrupted(Resume),
    /// [`Outcome::Trapped`].
    Trapped,
}

impl Outcome {
    /// The result of the call, or why it has none.
    #[inline(always)]
    pub(crate) fn result(self) -> Result<i64, Halt> {
        match self {
            Self::Returned(result) => Ok(result),
            Self::Punt(reason) => Err(Halt::Punt(reason)),
            Self::Interrupted(resume) => Err(Halt::Interrupted(resume)),
            Self::Trapped => Err(Halt::Trapped),
        }
    }
}
