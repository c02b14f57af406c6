//! The ring for batches made by hand: run headers, with whatever owns what
//! they point to.
#![expect(unsafe_code, reason = "batches are run as the caller vouches for")]

use core::fmt;
use core::mem::ManuallyDrop;
use core::time::Duration;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::sync::Arc;
use std::time::Instant;

use super::error::{EventError, RingError, WaitError};
use super::event::Event;
use super::job::{Done, Job, Sink};
use super::options::{RingOptions, Shutdown};
use super::put::{Put, Refused, put, put_all};
use super::shared::Shared;
use super::submission::{Posted, RawCompletion, RawOutcome, RawSubmit, RawSubmitError};
use super::worker::is_worker;
use crate::Backend;

/// Runs batches asynchronously.
///
/// This is what [`Ring`](super::Ring) stands on; see there for how it behaves.
/// Any number of threads can use it at a time.
pub struct RawRing {
    /// Not dropped, but left as it is, in a child of `fork`.
    shared: ManuallyDrop<Arc<Shared>>,
}

impl fmt::Debug for RawRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawRing")
            .field("options", &self.shared.options)
            .field("event", &self.shared.event)
            .finish_non_exhaustive()
    }
}

impl RawRing {
    /// A ring whose batches this backend runs. No thread is made yet.
    ///
    /// # Errors
    /// If the options are none that a ring can have, or the kernel does not
    /// give what it needs.
    pub fn new(backend: impl Into<Arc<Backend>>, options: RingOptions) -> Result<Self, RingError> {
        let shared = Shared::new(backend.into(), options)?;
        Ok(Self {
            shared: ManuallyDrop::new(Arc::new(shared)),
        })
    }

    /// Submits a batch, which completes on the ring.
    ///
    /// # Safety
    /// The batch must be sound to run, see
    /// [`Direct::new`](crate::Direct::new), from now on until it has completed,
    /// on any thread of the process, however long that takes and whether or not
    /// the ring lives so long: what it points to must be owned by `owner`, or
    /// live for ever. It must not end the thread that it runs on, which would
    /// never complete it.
    ///
    /// # Errors
    /// Why it was not taken, with all of it.
    pub unsafe fn submit(
        &self,
        submission: RawSubmit,
        user_value: u64,
    ) -> Result<Posted, RawSubmitError> {
        let job = Job::from_raw(submission, Sink::Ring(user_value));
        put(&self.shared, job).map_err(refused)
    }

    /// Submits batches in their order, each with a value of the user's, as
    /// [`RawRing::submit`] does one. Gives what became of each.
    ///
    /// They cost fewer locks than one by one, and fewer crossings where a module runs
    /// lists: their first tries are one.
    ///
    /// # Safety
    /// As for [`RawRing::submit`], for each of them.
    pub unsafe fn submit_all<I>(&self, submissions: I) -> Vec<Result<Posted, RawSubmitError>>
    where
        I: IntoIterator<Item = (RawSubmit, u64), IntoIter: ExactSizeIterator>,
    {
        let on_ring = |(submission, value)| Job::from_raw(submission, Sink::Ring(value));
        let put = put_all(&self.shared, submissions.into_iter().map(on_ring));
        put.into_iter().map(|put| put.map_err(refused)).collect()
    }

    /// Submits a batch, which completes where it says.
    ///
    /// # Safety
    /// As for [`RawRing::submit`].
    pub(super) unsafe fn put(&self, job: Box<Job>) -> Put {
        put(&self.shared, job)
    }

    /// Submits batches in their order, each of which completes where it says.
    ///
    /// # Safety
    /// As for [`RawRing::submit_all`].
    pub(super) unsafe fn put_all(&self, jobs: Vec<Box<Job>>) -> Vec<Put> {
        put_all(&self.shared, jobs.into_iter())
    }

    /// Cancels a submission that has not started: it completes as cancelled.
    /// Returns whether that is so; if not, it has run, runs, or will.
    pub fn cancel(&self, submission: Posted) -> bool {
        cancel(&self.shared, submission)
    }

    /// Waits until at least `min` batches have completed on the ring, or all
    /// that are out have, and takes up to `max` of them, oldest first.
    ///
    /// With a `min` of 0 it does not wait, and may take none.
    ///
    /// # Errors
    /// - [`WaitError::TimedOut`]: the time was up; nothing was taken;
    /// - [`WaitError::NothingOut`]: there is nothing to wait for. To wait for
    ///   what other threads may submit, poll the descriptor;
    /// - [`WaitError::Forked`].
    pub fn wait(
        &self,
        min: usize,
        max: usize,
        timeout: Option<Duration>,
    ) -> Result<Vec<RawCompletion>, WaitError> {
        let done = self.wait_done(min, max, timeout)?;
        Ok(done.into_iter().map(Done::into_raw).collect())
    }

    /// The same, of batches as they are.
    ///
    /// # Errors
    /// As for [`RawRing::wait`].
    pub(super) fn wait_done(
        &self,
        min: usize,
        max: usize,
        timeout: Option<Duration>,
    ) -> Result<Vec<Done>, WaitError> {
        let shared = &*self.shared;
        if !shared.generation.is_current() {
            return Err(WaitError::Forked);
        }
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut state = shared.lock();
        loop {
            let here = state.completions.len();
            if here >= min.min(max) || here > 0 && here == state.posted {
                return Ok(shared.take(&mut state, max));
            }
            if state.posted == 0 {
                return Err(WaitError::NothingOut);
            }
            state = shared
                .completed
                .wait(state, deadline)
                .map_err(|_| WaitError::TimedOut)?;
        }
    }

    /// How many batches are out: waiting, running, or completed on the ring
    /// and not taken. None in a child of `fork`.
    #[must_use]
    pub fn out(&self) -> usize {
        if self.shared.generation.is_current() {
            self.shared.lock().out
        } else {
            0
        }
    }

    /// Takes no more batches, and waits until all that are out have completed
    /// and the workers have ended. Completions can still be taken.
    ///
    /// On one of the ring's own workers, in a waker, it does not wait.
    pub fn shut_down(&self, how: Shutdown) {
        let shared = &*self.shared;
        if !shared.generation.is_current() {
            return;
        }
        let mut state = shared.lock();
        state.shut_down = true;
        let mut cancelled = Vec::new();
        if how == Shutdown::Cancel {
            state.cancels = true;
            let queue = core::mem::take(&mut state.queue);
            for (number, job) in queue {
                if job.started {
                    state.queue.insert(number, job);
                } else {
                    state.running += 1;
                    cancelled.push(job);
                }
            }
        }
        drop(state);
        shared.work.ring_all();
        shared.room.ring_all();
        for job in cancelled {
            shared.deliver(job, RawOutcome::Cancelled);
        }
        if is_worker(shared) {
            return;
        }
        let mut state = shared.lock();
        while !state.is_quiet() {
            state = shared.quiet.wait(state, None).unwrap_or_else(|late| late);
        }
        let handles = core::mem::take(&mut state.handles);
        drop(state);
        for handle in handles {
            // A worker catches the panics of others, and has none of its own.
            drop(handle.join());
        }
    }

    /// The event descriptor, readable while completions wait on the ring: for
    /// `poll(2)`, `epoll(7)` and the like. It is made when it is first asked for.
    ///
    /// Reading from it or writing to it makes it say what is not so.
    ///
    /// # Errors
    /// If there is none yet and none can be made, and in a child of `fork`.
    pub fn event(&self) -> Result<BorrowedFd<'_>, EventError> {
        let shared = &*self.shared;
        if !shared.generation.is_current() {
            return Err(EventError::Forked);
        }
        if let Some(event) = shared.event.get() {
            return Ok(event.as_fd());
        }
        let new = Event::new().map_err(|errno| EventError::Event { errno })?;
        let state = shared.lock();
        let event = shared.event.get_or_init(|| new);
        if !state.completions.is_empty() {
            event.raise();
        }
        drop(state);
        Ok(event.as_fd())
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}

fn refused(mut refused: Refused) -> RawSubmitError {
    RawSubmitError {
        reason: refused.reason,
        submission: Box::new(refused.job.take_raw()),
    }
}

/// See [`RawRing::cancel`].
pub(super) fn cancel(shared: &Arc<Shared>, Posted(number): Posted) -> bool {
    if !shared.generation.is_current() {
        return false;
    }
    let mut state = shared.lock();
    if state.queue.get(&number).is_none_or(|job| job.started) {
        return false;
    }
    let Some(job) = state.queue.remove(&number) else {
        return false;
    };
    state.running += 1;
    let is_over = state.is_over();
    drop(state);
    if is_over {
        shared.work.ring_all();
    }
    shared.deliver(job, RawOutcome::Cancelled);
    true
}

impl Drop for RawRing {
    fn drop(&mut self) {
        if self.shared.generation.is_current() {
            self.shut_down(Shutdown::Drain);
            // SAFETY: it is not used again.
            unsafe { ManuallyDrop::drop(&mut self.shared) };
        } else {
            if let Some(event) = self.shared.event.get() {
                let event = event.as_fd().as_raw_fd();
                // SAFETY: it is this process's own copy of the descriptor. What
                // owns it is never dropped here, as the ring's share of it is not,
                // and nothing but the ring, which is no more, gives it out.
                drop(unsafe { OwnedFd::from_raw_fd(event) });
            }
        }
    }
}
