//! What the interpreter needs from the world around it.

use sysbatch_abi::{PuntReason, Resume, Width};

/// An address that cannot be read or written, `EFAULT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault;

/// An error of the batch itself, as opposed to one of its system calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// A part of the batch cannot be read or written: `EFAULT`.
    Fault,
    /// A rule of the encoding or the header is broken: `EINVAL`.
    Invalid,
    /// The header says more than this version understands: `E2BIG`.
    TooBig,
}

impl Error {
    /// The positive errno for this error (`errno(3)`).
    #[must_use]
    pub const fn errno(self) -> i32 {
        match self {
            Self::Fault => 14,
            Self::Invalid => 22,
            Self::TooBig => 7,
        }
    }
}

impl From<Fault> for Error {
    fn from(Fault: Fault) -> Self {
        Self::Fault
    }
}

/// A system call about to be made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// The system call number; the host answers unknown ones with `-ENOSYS`.
    pub number: u32,
    /// The arguments in the order of the system call's own.
    pub args: [u64; 6],
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
}

/// Memory, system calls and signals as the batch's task sees them.
///
/// Addresses are those of the task. An implementation must treat each as
/// hostile: any value may come, aligned or not.
pub trait Host {
    /// Reads a word, zero-extended.
    ///
    /// # Errors
    /// [`Fault`] if any byte of it cannot be read.
    fn load(&mut self, address: u64, width: Width) -> Result<u64, Fault>;

    /// Writes the low bytes of `value`.
    ///
    /// # Errors
    /// [`Fault`] if any byte of it cannot be written.
    fn store(&mut self, address: u64, width: Width, value: u64) -> Result<(), Fault>;

    /// Reads `N` consecutive 64-bit words, each of them once.
    ///
    /// # Errors
    /// [`Fault`] if any byte of them cannot be read.
    fn load_words<const N: usize>(&mut self, address: u64) -> Result<[u64; N], Fault>;

    /// Makes a system call with the rights of the task.
    fn call(&mut self, call: &Call) -> Outcome;

    /// Asked between two steps: does something wait (a signal) that has to be
    /// seen to outside before the next step?
    fn pending(&mut self) -> bool;
}
