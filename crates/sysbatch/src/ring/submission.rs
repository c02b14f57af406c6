//! What goes into a raw ring, and what comes out.

use core::fmt;
use std::any::Any;

use rustix::io::Errno;
use sysbatch_abi::{Run, Status};

use super::error::RefusedReason;
use super::options::{FirstTry, WhenFull};

/// How the user-space host reaches the memory of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// By [`Direct`](crate::Direct) loads and stores.
    #[default]
    Direct,
    /// By [`Checked`](crate::Checked) ones.
    Checked,
}

/// A batch to be submitted to a [`RawRing`](super::RawRing).
pub struct RawSubmit {
    /// Its run header. The ring works on this copy.
    pub run: Run,
    /// Whatever has to live until the batch has completed. It comes back with
    /// the completion.
    pub owner: Box<dyn Any + Send + Sync>,
    /// How its memory is reached in user space.
    pub access: Access,
    /// Who runs as much of it as goes without waiting.
    pub first_try: FirstTry,
    /// What to do while the ring is full.
    pub when_full: WhenFull,
}

impl fmt::Debug for RawSubmit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawSubmit")
            .field("run", &self.run)
            .field("access", &self.access)
            .field("first_try", &self.first_try)
            .field("when_full", &self.when_full)
            .finish_non_exhaustive()
    }
}

/// What became of a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RawOutcome {
    /// It ran: what [`Backend::run`](crate::Backend::run) returned.
    Ran(Result<Status, Errno>),
    /// It was cancelled before any of it happened.
    Cancelled,
}

/// A batch that has completed.
pub struct RawCompletion {
    /// The value it was submitted with.
    pub user_value: u64,
    /// Its run header, as it was left.
    pub run: Run,
    /// What became of it.
    pub outcome: RawOutcome,
    /// The owner it was submitted with.
    pub owner: Box<dyn Any + Send + Sync>,
}

impl fmt::Debug for RawCompletion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawCompletion")
            .field("user_value", &self.user_value)
            .field("run", &self.run)
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}

/// The number of a submission, to cancel it by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Posted(pub(super) u64);

impl Posted {
    /// It as a number, to be kept where a type cannot be: by programs of C.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The submission with this number. One that never was is none that can be
    /// cancelled.
    #[must_use]
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }
}

/// A batch that was not taken, and why. None of it has happened.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct RawSubmitError {
    /// Why it was not taken.
    #[source]
    pub reason: RefusedReason,
    /// All of it, to be submitted again.
    pub submission: Box<RawSubmit>,
}
