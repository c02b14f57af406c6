//! The claim to one completion.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::sync::Arc;

use super::completion::Completion;
use super::error::WaitError;
use super::raw::cancel;
use super::shared::Shared;
use super::slot::Place;
use super::submission::Posted;

/// A batch that has been submitted and is to be waited for: by
/// [`wait`](Self::wait), or by `.await` in whatever runtime there is, or none.
///
/// Whoever completes the batch wakes the task that waits; no thread and no
/// descriptor stands between.
///
/// A ticket that is dropped leaves its batch to run; what it returns is dropped
/// as well. The ring may be dropped before its tickets.
#[must_use = "a ticket that is dropped takes the results with it"]
pub struct Ticket {
    shared: Arc<Shared>,
    place: Place,
    posted: Posted,
}

impl Ticket {
    pub(super) const fn new(shared: Arc<Shared>, place: Place, posted: Posted) -> Self {
        Self {
            shared,
            place,
            posted,
        }
    }

    /// Whether the batch has completed. Never so in a child of `fork`.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.check().is_ok() && self.place.is_filled()
    }

    /// Cancels the batch if it has not started: it completes as cancelled.
    /// Returns whether that is so; if not, it has run, runs, or will.
    pub fn cancel(&self) -> bool {
        cancel(&self.shared, self.posted)
    }

    /// Waits for the batch to complete.
    ///
    /// # Errors
    /// [`WaitError::Forked`] in a child of `fork`.
    ///
    /// # Panics
    /// If `.await` has had the completion already.
    pub fn wait(self) -> Result<Completion, WaitError> {
        self.check()?;
        let completion = self.place.wait(None).ok_or(WaitError::TimedOut)?;
        Ok(Completion::new(completion))
    }

    /// Waits for the batch to complete, so long at most. If the time is up the
    /// ticket is as good as before.
    ///
    /// # Errors
    /// [`WaitError::TimedOut`], and [`WaitError::Forked`] in a child of `fork`.
    ///
    /// # Panics
    /// If the completion has been had already.
    pub fn wait_for(&mut self, time: Duration) -> Result<Completion, WaitError> {
        self.check()?;
        let completion = self.place.wait(Some(time)).ok_or(WaitError::TimedOut)?;
        Ok(Completion::new(completion))
    }

    fn check(&self) -> Result<(), WaitError> {
        if self.shared.generation.is_current() {
            Ok(())
        } else {
            Err(WaitError::Forked)
        }
    }
}

impl Future for Ticket {
    type Output = Result<Completion, WaitError>;

    /// # Panics
    /// If it was ready before.
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Err(error) = self.check() {
            return Poll::Ready(Err(error));
        }
        self.place
            .poll(context)
            .map(|completion| Ok(Completion::new(completion)))
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket")
            .field("posted", &self.posted)
            .finish_non_exhaustive()
    }
}
