//! The ring for batches that safe code has built.
#![expect(
    unsafe_code,
    reason = "the builder's word for its batches is passed on"
)]

use core::time::Duration;
use std::os::fd::BorrowedFd;
use std::sync::Arc;

use super::completion::Completion;
use super::error::{EventError, RingError, WaitError};
use super::job::{Job, Sink};
use super::options::{RingOptions, Shutdown};
use super::owner::Owned;
use super::put::Refused;
use super::raw::RawRing;
use super::slot::Place;
use super::submission::Posted;
use super::submit::{Submit, SubmitError};
use super::ticket::Ticket;
use crate::Backend;

/// Runs batches asynchronously.
///
/// A batch is *submitted*, for a [`Ticket`] to wait for, or *posted*, to
/// complete on the ring with a value of the user's. It belongs to the ring until
/// it has completed, with all its buffers, and comes back with its results.
/// Each completes exactly once: it has run, or was cancelled before any of it
/// happened.
///
/// Any number of threads can use a ring at a time. Its methods take a lock, and
/// so are not for signal handlers.
///
/// # Workers
/// Batches are run by ordinary threads of the process, named `sysbatch-0` and
/// so on: with its credentials, files, memory and limits. They are made when
/// they are needed, up to a [limit](RingOptions::workers), and end when they
/// have had nothing to do [for a while](RingOptions::idle_time). They block all
/// signals but those that an instruction or a system call of their own raises,
/// among them `SIGPIPE`. What a call does to its thread (its signal mask, its
/// name space) it does to a worker, and what comes after it in the batch may
/// rely on that; no other batch meets it, for the worker ends with this one. A
/// batch that ends its thread, by `exit(2)`, never completes.
///
/// # Room
/// A ring has a [capacity](RingOptions::capacity): so many batches may wait,
/// run, or have completed on the ring and not been taken. One more is refused,
/// or waits, as [`Submit::when_full`] says. So there always is a place for a
/// completion, and none is lost. The completion of a ticket is not on the ring.
///
/// # The first try
/// Before a batch goes to a worker, as much of it as goes without waiting is
/// run on the thread that submits it, unless
/// [`Submit::inline_first`] says otherwise: calls that never wait, calls made
/// in a documented non-blocking form (`RESOLVE_CACHED`, `RWF_NOWAIT`,
/// `MSG_DONTWAIT`) where that gives what the call itself would have given, and
/// calls on files that a look has found in the cache. A worker goes on with the
/// rest, if there is one. A thread under a seccomp filter makes no call in
/// another form than the batch has it, and no look; `ptrace(2)` and the like do
/// see them.
///
/// # After `fork`
/// A child has no workers. There each method fails with `Forked`, and dropping
/// the ring does nothing but close the child's copy of the descriptor: the
/// batches are the parent's, which goes on undisturbed, and what the child has
/// of their memory is not freed. A batch that itself forks goes on in the
/// child, where the process exits with status 0 when it is over.
///
/// # Dropping
/// waits for all batches that are out, like [`Ring::shut_down`] with
/// [`Shutdown::Drain`]. Completions that nobody has taken are dropped, those
/// of tickets are not. Forgetting a ring or a ticket leaks it, and no more.
///
/// # Example
/// ```
/// use rustix::fs::{CWD, Mode, OFlags};
/// use sysbatch::{Backend, Batch, Ring};
///
/// # fn main() -> Result<(), Box<dyn core::error::Error>> {
/// let ring = Ring::new(Backend::select()?)?;
/// let mut batch = Batch::new();
/// let buffer = batch.buffer(4096);
/// let file = batch.openat(CWD, "/proc/version", OFlags::RDONLY, Mode::empty());
/// let read = batch.read(&file, buffer);
/// batch.close(file);
/// let ticket = ring.submit(batch)?;
/// // ... and meanwhile ...
/// let mut completion = ticket.wait()?;
/// let results = completion.results()?;
/// results.check()?;
/// let len = results.get(&read)?;
/// assert!(results.bytes(buffer)[..len].starts_with(b"Linux"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Ring {
    raw: RawRing,
}

impl Ring {
    /// A ring with the default [options](RingOptions::default).
    ///
    /// # Errors
    /// If the kernel does not give what it needs.
    pub fn new(backend: impl Into<Arc<Backend>>) -> Result<Self, RingError> {
        Self::with_options(backend, RingOptions::default())
    }

    /// A ring whose batches this backend runs. No thread is made yet.
    ///
    /// # Errors
    /// If the options are none that a ring can have, or the kernel does not
    /// give what it needs.
    pub fn with_options(
        backend: impl Into<Arc<Backend>>,
        options: RingOptions,
    ) -> Result<Self, RingError> {
        let raw = RawRing::new(backend, options)?;
        Ok(Self { raw })
    }

    /// Submits a batch, to be waited for by a ticket.
    ///
    /// # Errors
    /// Why it was not taken, with the batch.
    pub fn submit(&self, submit: impl Into<Submit>) -> Result<Ticket, SubmitError> {
        let place = Place::new();
        let job = prepare(submit.into(), Sink::Slot(place.clone()))?;
        // SAFETY: what the builder accepts from safe code is sound, on any
        // thread, as long as the batch lives, and the owner keeps it; memory
        // and descriptors lent to a `Batch<'static>` live for ever. Whoever
        // added more to it by `unsafe` vouches for that, whenever it runs.
        let posted = unsafe { self.raw.put(job) };
        let posted = posted.map_err(give_back)?;
        Ok(Ticket::new(Arc::clone(self.raw.shared()), place, posted))
    }

    /// Submits a batch, which completes on the ring, with this value.
    ///
    /// # Errors
    /// Why it was not taken, with the batch.
    pub fn post(&self, submit: impl Into<Submit>, user_value: u64) -> Result<Posted, SubmitError> {
        let job = prepare(submit.into(), Sink::Ring(user_value))?;
        // SAFETY: as for `submit`.
        let posted = unsafe { self.raw.put(job) };
        posted.map_err(give_back)
    }

    /// Submits batches in their order, each to be waited for by a ticket of its own.
    /// Gives what became of each: whether one is taken does not depend on those before
    /// it except for the room that they take.
    ///
    /// They cost fewer locks than one by one, and fewer crossings where a module runs
    /// lists: their first tries are one. To get all tickets or the first error:
    /// `.into_iter().collect::<Result<Vec<_>, _>>()`; then what was taken runs all the
    /// same.
    pub fn submit_all<I>(&self, submits: I) -> Vec<Result<Ticket, SubmitError>>
    where
        I: IntoIterator<Item: Into<Submit>>,
    {
        let submits = submits.into_iter();
        let on_ring = |submit: I::Item| (submit.into(), Sink::Ring(0));
        let (mut jobs, refused) = prepare_all(submits.map(on_ring));
        let places: Vec<_> = Place::many(jobs.len()).collect();
        for (job, place) in jobs.iter_mut().zip(&places) {
            job.sink = Sink::Slot(place.clone());
        }
        // SAFETY: as for `submit`.
        let put = unsafe { self.raw.put_all(jobs) };
        let shared = self.raw.shared();
        let tickets = put.into_iter().zip(places).map(|(posted, place)| {
            let posted = posted.map_err(give_back)?;
            Ok(Ticket::new(Arc::clone(shared), place, posted))
        });
        in_order(refused, tickets)
    }

    /// Submits batches in their order, which complete on the ring, each with its
    /// value. Gives what became of each, as [`Ring::submit_all`] does.
    pub fn post_all<S, I>(&self, submits: I) -> Vec<Result<Posted, SubmitError>>
    where
        S: Into<Submit>,
        I: IntoIterator<Item = (S, u64)>,
    {
        let submits = submits.into_iter();
        let on_ring = |(submit, value): (S, u64)| (submit.into(), Sink::Ring(value));
        let (jobs, refused) = prepare_all(submits.map(on_ring));
        // SAFETY: as for `submit`.
        let put = unsafe { self.raw.put_all(jobs) };
        let posted = put.into_iter().map(|posted| posted.map_err(give_back));
        in_order(refused, posted)
    }

    /// Cancels what was posted if it has not started: it completes as
    /// cancelled. Returns whether that is so; if not, it has run, runs, or
    /// will.
    pub fn cancel(&self, posted: Posted) -> bool {
        self.raw.cancel(posted)
    }

    /// Waits until at least `min` batches have completed on the ring, or all
    /// that were posted have, and takes all that have, oldest first.
    ///
    /// With a `min` of 0 it does not wait, and may take none.
    ///
    /// # Errors
    /// - [`WaitError::TimedOut`]: the time was up; nothing was taken;
    /// - [`WaitError::NothingOut`]: there is nothing to wait for. To wait for
    ///   what other threads may post, poll the descriptor;
    /// - [`WaitError::Forked`].
    pub fn wait(
        &self,
        min: usize,
        timeout: Option<Duration>,
    ) -> Result<Vec<Completion>, WaitError> {
        let completions = self.raw.wait_done(min, usize::MAX, timeout)?;
        Ok(completions.into_iter().map(Completion::new).collect())
    }

    /// How many batches are out: waiting, running, or completed on the ring
    /// and not taken.
    #[must_use]
    pub fn out(&self) -> usize {
        self.raw.out()
    }

    /// The event descriptor, readable while completions wait on the ring, for
    /// `poll(2)`, `epoll(7)` and the like. It is made when it is first asked for, with
    /// a high number.
    ///
    /// Taking completions is all it needs; reading from it or writing to it makes
    /// it say what is not so.
    ///
    /// # Errors
    /// If there is none yet and none can be made, and in a child of `fork`.
    pub fn event(&self) -> Result<BorrowedFd<'_>, EventError> {
        self.raw.event()
    }

    /// Takes no more batches, and waits until all that are out have completed
    /// and the workers have ended. Completions can still be taken.
    ///
    /// On one of the ring's own workers, in a waker, it does not wait.
    pub fn shut_down(&self, how: Shutdown) {
        self.raw.shut_down(how);
    }
}

/// Lays a batch out, to complete there.
fn prepare(submit: Submit, sink: Sink) -> Result<Box<Job>, SubmitError> {
    let Submit { mut job } = submit;
    match job.owner_mut().begin() {
        Ok(run) => {
            let mut job = job.into_job();
            job.run = run;
            job.sink = sink;
            Ok(job)
        }
        Err(error) => Err(SubmitError {
            reason: error.into(),
            job,
        }),
    }
}

/// Lays batches out. Gives what can be submitted, and for each in its order why it
/// cannot be, if so.
fn prepare_all(
    submits: impl Iterator<Item = (Submit, Sink)>,
) -> (Vec<Box<Job>>, Vec<Option<SubmitError>>) {
    let mut jobs = Vec::with_capacity(submits.size_hint().0);
    let mut refused = Vec::with_capacity(submits.size_hint().0);
    for (submit, sink) in submits {
        refused.push(match prepare(submit, sink) {
            Ok(job) => {
                jobs.push(job);
                None
            }
            Err(error) => Some(error),
        });
    }
    (jobs, refused)
}

/// What became of each, refused ones among the others.
fn in_order<T>(
    refused: Vec<Option<SubmitError>>,
    mut put: impl Iterator<Item = Result<T, SubmitError>>,
) -> Vec<Result<T, SubmitError>> {
    let become_of = |refused: Option<SubmitError>| refused.map(Err).or_else(|| put.next());
    refused.into_iter().filter_map(become_of).collect()
}

fn give_back(refused: Refused) -> SubmitError {
    SubmitError {
        reason: refused.reason,
        job: Owned::back(refused.job),
    }
}
