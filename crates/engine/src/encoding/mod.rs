//! How a program lies in memory: decoders, not translators.

mod native;
mod pointers;
mod supersyscall;
mod sys_batch;
mod syslet;

use sysbatch_abi::BuiltIn;

use crate::host::{Call, Error, Fault, Host};

pub use native::Native;
pub use pointers::Pointers;
pub use supersyscall::Supersyscall;
pub use sys_batch::SysBatch;
pub use syslet::Syslet;

/// What an entry asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// The system call that was put together in the [`Call`].
    Call,
    /// An operation of the interpreter's own, on the operands in the [`Call`].
    /// An address it cannot reach refuses the entry.
    BuiltIn(BuiltIn),
    /// An operation of the interpreter's own that poses as a system call: an
    /// address it cannot reach is `-EFAULT`, a result like any other.
    Pseudo(Pseudo),
    /// Nothing: the result is known.
    Answer(i64),
}

impl Operation {
    /// What a number that is no system call, or is none inside a batch, gets:
    /// `-ENOSYS`.
    pub(crate) const NO_SUCH_CALL: Self = Self::Answer(-38);
}

/// Operations of other interfaces that looked like system calls there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pseudo {
    /// Copies the word at the second operand to the address that is the first;
    /// result is zero. `__NR_wdcpy` of the `batch` interface.
    WordCopy,
    /// Adds the second operand to the word at the first; result is the new
    /// word. `umem_add` of syslets.
    WordAdd,
}

/// What a result is to a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// An error of a system call, or a built-in's value below zero.
    Negative,
    /// Zero.
    Zero,
    /// Anything else.
    Positive,
}

/// An entry, decoded and checked: nothing of it can be refused any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fetched<T> {
    /// What to do.
    pub operation: Operation,
    /// What the encoding wants to know afterwards: where the result goes and
    /// what comes next.
    pub tail: T,
}

/// Where a batch goes after an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// To this program counter.
    At(u64),
    /// Nowhere: the batch ends here.
    Exit,
}

/// The memory layout of a program and the meaning of its parts.
///
/// A program counter is whatever the encoding says: an index or an address.
pub trait Encoding {
    /// What is kept of an entry while its operation runs.
    type Tail: Copy;

    /// Whether `pc` is just past the program's end.
    fn is_end(&self, pc: u64) -> bool;

    /// Reads the entry at `pc`, once, and checks all of it before anything of
    /// it happens. The operands, and the number of a system call, go to `call`.
    ///
    /// # Errors
    /// [`Error::Fault`] if the entry or an operand cannot be read,
    /// [`Error::Invalid`] if it breaks a rule.
    fn fetch<H: Host>(
        &self,
        host: &mut H,
        pc: u64,
        call: &mut Call,
    ) -> Result<Fetched<Self::Tail>, Error>;

    /// Stores the result of the entry.
    ///
    /// # Errors
    /// [`Fault`] if its place cannot be written.
    fn store<H: Host>(&self, host: &mut H, tail: Self::Tail, result: i64) -> Result<(), Fault>;

    /// Where to go after a result of this sign.
    fn next(&self, tail: Self::Tail, sign: Sign) -> Next;
}

/// The address of element `index` of an array whose elements take `size` bytes.
fn element(base: u64, index: u64, size: u64) -> Result<u64, Fault> {
    index
        .checked_mul(size)
        .and_then(|offset| base.checked_add(offset))
        .ok_or(Fault)
}

/// The address of a slot in an array of `len` results.
fn slot(results: u64, len: u64, index: u64) -> Result<u64, Error> {
    if index >= len {
        return Err(Error::Invalid);
    }
    Ok(element(results, index, 8)?)
}
