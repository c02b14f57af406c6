//! What is submitted.

use core::fmt;

use super::error::RefusedReason;
use super::options::{FirstTry, WhenFull};
use super::owner::Owned;
use crate::Batch;

/// A batch to be submitted, and how.
///
/// A batch alone is submitted with the defaults.
#[must_use = "nothing happens until it is submitted"]
pub struct Submit {
    pub(super) job: Owned,
}

impl Submit {
    /// A batch, to be tried on the submitting thread first and refused while
    /// the ring is full.
    pub fn new(batch: Batch<'static>) -> Self {
        Self {
            job: Owned::new(batch),
        }
    }

    /// Who runs as much of it as goes without waiting. See
    /// [`Ring`](super::Ring#the-first-try).
    pub const fn first_try(mut self, who: FirstTry) -> Self {
        self.job.job_mut().first_try = who;
        self
    }

    /// Whether the submitting thread does that ([`FirstTry::Submitter`]), or nobody.
    pub const fn inline_first(self, inline: bool) -> Self {
        self.first_try(if inline {
            FirstTry::Submitter
        } else {
            FirstTry::Nobody
        })
    }

    /// What to do while the ring is full.
    pub const fn when_full(mut self, when_full: WhenFull) -> Self {
        self.job.job_mut().when_full = when_full;
        self
    }
}

impl fmt::Debug for Submit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Submit")
            .field("batch", self.job.owner().batch_ref())
            .field("first_try", &self.job.job().first_try)
            .field("when_full", &self.job.job().when_full)
            .finish()
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
    pub(super) job: Owned,
}

impl SubmitError {
    /// Why it was not taken.
    #[must_use]
    pub const fn reason(&self) -> &RefusedReason {
        &self.reason
    }

    /// The batch, to be submitted again.
    #[must_use]
    pub fn into_batch(mut self) -> Batch<'static> {
        self.job.owner_mut().take_batch()
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
