//! From one entry to the next: what a host may do at once.

use sysbatch_abi::is_errno;

/// A result on its way to its slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Made {
    /// Where the result goes.
    pub slot: u64,
    /// The result.
    pub result: i64,
}

/// What [`Host::turn`](crate::Host::turn) brings: the words of an entry before
/// its arguments, or a report that there is more to do before the entry may run.
///
/// A report has a first word that would be an error number as a result, −4095 to −1.
/// No plain entry has one, so this comparison is the only one needed. A rare entry
/// that does begin so is read once more by the basic operations. If both of its words
/// are all ones, its predecessor's result is stored once more, too, which is the same
/// value at the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub(crate) first: u64,
    pub(crate) second: u64,
}

impl Head {
    /// The result is stored. Something waits, or the entry cannot be read.
    pub const STORED: Self = Self::new(u64::MAX, 0);
    /// The result has not been stored, nor anything else been done.
    pub const NOT_STORED: Self = Self::new(u64::MAX, u64::MAX);

    /// The first two words of an entry, or the first and zero if only one
    /// comes before the arguments.
    #[must_use]
    #[inline(always)]
    pub const fn new(first: u64, second: u64) -> Self {
        Self { first, second }
    }

    /// Whether the interpreter treats this as a report that there is more to do first,
    /// not as an entry.
    #[must_use]
    #[inline(always)]
    pub const fn is_no_entry(self) -> bool {
        is_errno(self.first.cast_signed())
    }

    /// The entry, or whether the result has been stored.
    #[inline(always)]
    pub(crate) fn entry(self) -> Turn<Self> {
        if !self.is_no_entry() {
            Turn::Read(self)
        } else if self == Self::NOT_STORED {
            Turn::NotStored
        } else {
            Turn::Stored
        }
    }
}

/// How far a turn from one entry to the next has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn<E> {
    /// The result is stored, nothing waits, and this is the next entry.
    Read(E),
    /// The result is stored; the rest is to be done step by step.
    Stored,
    /// All of it is to be done step by step.
    NotStored,
}
