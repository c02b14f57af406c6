//! What is submitted.

use core::fmt;

use super::error::RefusedReason;
use super::options::WhenFull;
use crate::Batch;

/// A batch to be submitted, and how.
///
/// A batch alone is submitted with the defaults.
#[derive(Debug)]
#[must_use = "nothing happens until it is submitted"]
pub struct Submit {
    pub(super) batch: Batch<'static>,
    pub(super) inline_first: bool,
    pub(super) when_full: WhenFull,
}

impl Submit {
    /// A batch, to be tried on the submitting thread first and refused while
    /// the ring is full.
    pub const fn new(batch: Batch<'static>) -> Self {
        Self {
            batch,
            inline_first: true,
            when_full: WhenFull::Refuse,
        }
    }

    /// Whether as much of it as goes without waiting is run on the thread that
    /// submits it, at once, before a worker is bothered. See
    /// [`Ring`](super::Ring#the-first-try).
    pub const fn inline_first(mut self, inline: bool) -> Self {
        self.inline_first = inline;
        self
    }

    /// What to do while the ring is full.
    pub const fn when_full(mut self, when_full: WhenFull) -> Self {
        self.when_full = when_full;
        self
    }
}

impl From<Batch<'static>> for Submit {
    fn from(batch: Batch<'static>) -> Self {
        Self::new(batch)
    }
}

/// A batch that was not taken, and why. None of it has happened.
pub struct SubmitError {
    pub(super) reason: RefusedReason,
    pub(super) batch: Box<Batch<'static>>,
}

impl SubmitError {
    /// Why it was not taken.
    #[must_use]
    pub const fn reason(&self) -> &RefusedReason {
        &self.reason
    }

    /// The batch, to be submitted again.
    #[must_use]
    pub fn into_batch(self) -> Batch<'static> {
        *self.batch
    }
}

impl fmt::Debug for SubmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubmitError")
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for SubmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)
    }
}

impl core::error::Error for SubmitError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        self.reason.source()
    }
}
