//! What the methods of a batch return: handles of results, parameters, labels, buffers.

use core::fmt;
use core::marker::PhantomData;
use core::sync::atomic::{AtomicU64, Ordering};

/// Tells batches apart, so that a handle is used with its own only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct BatchId(u64);

impl BatchId {
    /// An id that no other batch of this process has.
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// # Panics
    /// If `other` is the id of another batch.
    #[track_caller]
    pub(crate) fn check(self, other: Self, what: &str) {
        assert!(self == other, "this {what} belongs to another batch");
    }
}

/// The result of a call: an argument for later calls of the same batch, and
/// what its value is asked for with, in the [`Results`](crate::Results).
///
/// `T` is what the call returns. A handle of an [`OwnedFd`] is not `Copy`:
/// closing the descriptor within the batch consumes it.
///
/// With another batch than its own any use of it panics.
///
/// [`OwnedFd`]: std::os::fd::OwnedFd
pub struct Handle<T> {
    pub(crate) batch: BatchId,
    /// The operation that can fail.
    pub(crate) operation: usize,
    /// The operation whose result slot has the value.
    pub(crate) value: usize,
    /// The largest the value can be, if it is a length.
    pub(crate) bound: usize,
    /// Where the value lies, if it is not in the result slot. For a length, the memory
    /// that it is the length of.
    pub(crate) address: u64,
    /// How much memory the call can fill there at most, in bytes.
    pub(crate) filled: usize,
    pub(crate) of: PhantomData<fn() -> T>,
}

impl<T: Copy> Copy for Handle<T> {}

impl<T: Copy> Clone for Handle<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> fmt::Debug for Handle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("batch", &self.batch)
            .field("operation", &self.operation)
            .finish_non_exhaustive()
    }
}

impl<T> Handle<T> {
    /// The same call, seen as something else that it returns.
    pub(crate) fn same_call<U>(&self) -> Handle<U> {
        Handle {
            batch: self.batch,
            operation: self.operation,
            value: self.value,
            bound: self.bound,
            address: self.address,
            filled: self.filled,
            of: PhantomData,
        }
    }

    /// A value that lies in memory.
    pub(crate) fn at(mut self, address: u64) -> Self {
        self.address = address;
        self
    }

    /// The length of what the call puts into this memory.
    pub(crate) fn filling(mut self, address: u64, len: usize) -> Self {
        (self.address, self.filled) = (address, len);
        self
    }

    /// A value that is never larger than `bound`.
    pub(crate) fn at_most(mut self, bound: usize) -> Self {
        self.bound = bound;
        self
    }
}

/// A word that can be changed between the runs of a batch by
/// [`Batch::set`](crate::Batch::set), and by the batch itself if it is a
/// number. Each run begins with the value that was set last.
pub struct Param<T> {
    pub(crate) batch: BatchId,
    pub(crate) index: usize,
    pub(crate) of: PhantomData<fn() -> T>,
}

impl<T> Copy for Param<T> {}

impl<T> Clone for Param<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> fmt::Debug for Param<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Param")
            .field("batch", &self.batch)
            .field("index", &self.index)
            .finish_non_exhaustive()
    }
}

/// A place in a batch to go to, made by [`Batch::label`](crate::Batch::label).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    pub(crate) batch: BatchId,
    pub(crate) index: usize,
}

/// Where a branch leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// To a label.
    Label(Label),
    /// Out of the batch.
    Exit,
}

impl From<Label> for Target {
    fn from(label: Label) -> Self {
        Self::Label(label)
    }
}

/// Memory that a batch may read and write, known to it by
/// [`Batch::buffer`](crate::Batch::buffer) or [`Batch::lend`](crate::Batch::lend).
#[derive(Clone, Copy, Debug)]
pub struct Buffer {
    pub(crate) batch: BatchId,
    pub(crate) address: u64,
    pub(crate) len: usize,
}

impl Buffer {
    /// Its length in bytes.
    #[expect(
        clippy::len_without_is_empty,
        reason = "a buffer is not a collection, and hardly ever empty"
    )]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// A part of it, `len` bytes from `start` on.
    ///
    /// # Panics
    /// If it is not within the buffer.
    #[must_use]
    #[track_caller]
    pub fn part(&self, start: usize, len: usize) -> Self {
        let end = start.checked_add(len);
        assert!(
            end.is_some_and(|end| end <= self.len),
            "{len} bytes from {start} on are not within a buffer of {} bytes",
            self.len
        );
        Self {
            batch: self.batch,
            address: self.address + start as u64,
            len,
        }
    }

    /// As many bytes from its beginning on as an earlier call returned: what a
    /// `read` has read, for a `write` to write.
    ///
    /// # Panics
    /// If the call can return more than the buffer holds, because it worked on
    /// a larger one.
    #[must_use]
    #[track_caller]
    pub fn first(&self, length: &Handle<usize>) -> Prefix {
        self.batch.check(length.batch, "length");
        assert!(
            length.bound <= self.len,
            "a length of up to {} bytes does not fit a buffer of {} bytes",
            length.bound,
            self.len
        );
        Prefix {
            buffer: *self,
            length: *length,
        }
    }
}

/// The beginning of a [`Buffer`], as long as a call of the batch says: see
/// [`Buffer::first`].
#[derive(Clone, Copy, Debug)]
pub struct Prefix {
    pub(crate) buffer: Buffer,
    pub(crate) length: Handle<usize>,
}
