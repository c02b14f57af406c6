//! How a program lies in memory: decoders, not translators.

mod array;
mod native;
mod pointers;
mod supersyscall;
mod sys_batch;
mod syslet;

use sysbatch_abi::{Repeat, Width};

use crate::call::{Halt, Operands};
use crate::host::{Error, Fault, Host};
use crate::turn::{Made, Turn};

pub use native::Native;
pub use pointers::Pointers;
pub use supersyscall::Supersyscall;
pub use sys_batch::SysBatch;
pub use syslet::{Atom, Syslet};

/// What an entry asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// The system call of this number, with the operands as arguments.
    Call(u32),
    /// The built-in of this number (`sysbatch_abi::BuiltIn`), an operation of
    /// the interpreter's own on the operands. An address it cannot reach
    /// refuses the entry.
    BuiltIn(i32),
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
pub struct Decoded {
    /// What to do.
    pub operation: Operation,
    /// Where the result goes, for [`Encoding::store`].
    pub slot: u64,
    /// Whether memory was read for it, which may have taken any time.
    pub loaded: bool,
}

/// Where a batch goes after an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// To this program counter.
    At(u64),
    /// Nowhere: the batch ends here.
    Exit,
}

/// Where in its program a batch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The program counter.
    pub pc: u64,
    /// Steps that may still be made.
    pub fuel: u64,
}

/// How [`Encoding::straight`] came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Straight<E> {
    /// At an entry of another kind, which has been read and not been run.
    Entry(E),
    /// Behind a step whose result is stored.
    Stored,
    /// Behind a step whose result is still to be stored.
    NotStored(Made),
    /// At an entry whose call was not made, or not to its end.
    Halted(Halt),
}

/// The memory layout of a program and the meaning of its parts.
///
/// A program counter is whatever the encoding says: an index or an address.
pub trait Encoding: Copy {
    /// An entry as it was read, except for what became operands at once.
    type Entry: Copy;

    /// Whether any entry may be [repeated](Self::is_repeated).
    const REPEATS: bool = false;

    /// Whether `pc` is just past the program's end.
    fn is_end(&self, pc: u64) -> bool;

    /// Whether the entry at `pc`, as the first of a batch, says itself on which thread the
    /// batch is to run: then there is no first try of it. Only that is decided by what is
    /// read here.
    #[inline(always)]
    fn says_where<H: Host>(&self, host: &mut H, pc: u64) -> bool {
        let _ = (host, pc);
        false
    }

    /// Reads the entry at `pc`, once.
    ///
    /// # Errors
    /// [`Error::Fault`] if it cannot be read, [`Error::Invalid`] if there can
    /// be none at `pc`.
    fn read<H: Host>(
        &self,
        host: &mut H,
        pc: u64,
        operands: &mut H::Operands,
    ) -> Result<Self::Entry, Error>;

    /// Checks all of an entry before anything of it happens, and puts its
    /// operands together.
    ///
    /// # Errors
    /// [`Error::Fault`] if an operand cannot be read, [`Error::Invalid`] if the
    /// entry breaks a rule, or is [repeated](Self::is_repeated).
    fn decode<H: Host>(
        &self,
        host: &mut H,
        pc: u64,
        entry: Self::Entry,
        operands: &mut H::Operands,
    ) -> Result<Decoded, Error>;

    /// Whether the call of an entry is repeated along a chain of records.
    #[inline(always)]
    fn is_repeated(&self, entry: Self::Entry) -> bool {
        let _ = entry;
        false
    }

    /// How it is. The operands are its arguments still.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the entry breaks a rule.
    #[inline(always)]
    fn repeat<O: Operands>(&self, entry: Self::Entry, operands: &O) -> Result<Repeat, Error> {
        let _ = (entry, operands);
        Err(Error::Invalid)
    }

    /// Does what [`decode`](Self::decode) does, for a repeated entry.
    ///
    /// # Errors
    /// Those of [`decode`](Self::decode).
    #[inline(always)]
    fn decode_repeated<H: Host>(
        &self,
        host: &mut H,
        pc: u64,
        entry: Self::Entry,
        operands: &mut H::Operands,
    ) -> Result<Decoded, Error> {
        let _ = (host, pc, entry, operands);
        Err(Error::Invalid)
    }

    /// Whether an entry is the same as the one before it and takes all its
    /// arguments as they are, so that what [`decode`](Self::decode) and
    /// [`origin`](Self::origin) said still holds.
    #[inline(always)]
    fn is_the_same(&self, before: Self::Entry, entry: Self::Entry) -> bool {
        let _ = (before, entry);
        false
    }

    /// Where operand `index` of the entry at `pc` was read from, if this is
    /// its argument.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    #[inline(always)]
    fn origin(&self, pc: u64, entry: Self::Entry, index: u8, argument: u64) -> Result<u64, Error> {
        let _ = (pc, entry, index, argument);
        Err(Error::Invalid)
    }

    /// Stores the result of an entry.
    ///
    /// # Errors
    /// [`Fault`] if its place cannot be written.
    #[inline(always)]
    fn store<H: Host>(&self, host: &mut H, slot: u64, result: i64) -> Result<(), Fault> {
        host.store(slot, Width::Eight, result.cast_unsigned())
    }

    /// Where to go from the entry at `pc` after a result of this sign.
    fn next(&self, pc: u64, entry: Self::Entry, sign: impl FnOnce() -> Sign) -> Next;

    /// Stores the result of the step before, if there is one, and reads the
    /// entry at `pc`, if that is not the end.
    #[inline(always)]
    fn turn<H: Host>(
        &self,
        host: &mut H,
        made: Option<Made>,
        pc: u64,
        operands: &mut H::Operands,
    ) -> Turn<Self::Entry> {
        let _ = (host, made, pc, operands);
        Turn::NotStored
    }

    /// Whether an entry may do nothing but make a call and go on to the next:
    /// [`straight`](Self::straight) is asked only then.
    #[inline(always)]
    fn is_plain(&self, entry: Self::Entry) -> bool {
        let _ = entry;
        false
    }

    /// Runs the plain entry at the position and those that follow it. The entry
    /// was read by [`turn`](Self::turn), and there is fuel for it.
    #[inline(always)]
    fn straight<H: Host>(
        &self,
        host: &mut H,
        at: &mut Position,
        entry: Self::Entry,
        operands: &mut H::Operands,
    ) -> Straight<Self::Entry> {
        let _ = (host, at, operands);
        Straight::Entry(entry)
    }
}

/// The address of element `index` of an array whose elements take `size` bytes.
#[inline(always)]
fn element(base: u64, index: u64, size: u64) -> Result<u64, Fault> {
    index
        .checked_mul(size)
        .and_then(|offset| base.checked_add(offset))
        .ok_or(Fault)
}

/// The address of a slot in an array of `len` results.
#[inline(always)]
fn slot(results: u64, len: u64, index: u64) -> Result<u64, Error> {
    if index >= len {
        return Err(Error::Invalid);
    }
    Ok(element(results, index, 8)?)
}

/// The call of this number; none if it is never made inside a batch, which is
/// how the interfaces before this one answered such calls.
#[inline(always)]
fn call_unless_handed_back<H: Host>(number: u32, operands: &H::Operands) -> Operation {
    if H::is_handed_back(number, operands) {
        return Operation::NO_SUCH_CALL;
    }
    Operation::Call(number)
}
