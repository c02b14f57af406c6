//! How a program lies in memory: decoders, not translators.

use sysbatch_abi::BuiltIn;

use crate::host::{Call, Error, Fault, Host};

/// An entry, decoded and checked: nothing of it can be refused any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fetched<T> {
    /// The operation of the interpreter's own that the entry asks for; `None`
    /// for a system call.
    pub builtin: Option<BuiltIn>,
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

    /// Where to go after this result, the same way for each of negative, zero
    /// and positive (`sign` as by [`i64::signum`]).
    fn next(&self, tail: Self::Tail, sign: i64) -> Next;
}
