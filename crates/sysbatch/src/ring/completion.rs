//! What comes back.

use rustix::io::Errno;
use sysbatch_abi::Status;

use super::job::Done;
use super::owner::Owned;
use super::submission::RawOutcome;
use crate::{Batch, BatchError, Results};

/// A batch that has completed, with what its calls returned.
///
/// The descriptors that it opened are closed when this is dropped, unless they
/// were [taken](Results::take) or closed by the batch.
#[must_use = "dropping it closes the descriptors that the batch has opened"]
pub struct Completion {
    job: Owned,
    outcome: RawOutcome,
}

/// Why a submission has no results.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CompletionError {
    /// It was cancelled before any of it happened.
    #[error("the batch was cancelled before it started")]
    Cancelled,
    /// It could not run, or stopped before its end.
    #[error(transparent)]
    Batch(#[from] BatchError),
}

impl Completion {
    pub(super) fn new(done: Done) -> Self {
        Self {
            job: Owned::back(done.job),
            outcome: done.outcome,
        }
    }

    /// The value it was posted with; 0 if it was submitted for a ticket.
    #[must_use]
    pub const fn user_value(&self) -> u64 {
        self.job.job().user_value()
    }

    /// Whether it was cancelled before any of it happened.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.outcome == RawOutcome::Cancelled
    }

    /// What the calls of the batch returned.
    ///
    /// With the results, the descriptors that the batch opened and that were
    /// not taken are dropped: they are gone when this is asked again.
    ///
    /// # Errors
    /// If it was cancelled, or [`Batch::run`] would have failed.
    pub fn results(&mut self) -> Result<Results<'_, 'static>, CompletionError> {
        let result: Result<Status, Errno> = match self.outcome {
            RawOutcome::Ran(result) => result,
            RawOutcome::Cancelled => return Err(CompletionError::Cancelled),
        };
        let run = self.job.job().run;
        Ok(self.job.owner_mut().batch().finish(&run, result)?)
    }

    /// The batch, to look at its buffers.
    #[must_use]
    pub fn batch(&self) -> &Batch<'static> {
        self.job.owner().batch_ref()
    }

    /// The batch, to be changed and submitted again. The descriptors that it
    /// left open are closed.
    #[must_use]
    pub fn into_batch(mut self) -> Batch<'static> {
        self.job.owner_mut().take_batch()
    }
}

impl core::fmt::Debug for Completion {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Completion")
            .field("user_value", &self.user_value())
            .field("run", &self.job.job().run)
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}
