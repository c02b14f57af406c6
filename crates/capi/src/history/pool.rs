//! Threads for what earlier interfaces run asynchronously.
//!
//! They are ordinary threads of the process, so memory, files, limits and
//! signal dispositions are the caller's. There are none until they are needed,
//! never more than [`THREADS_MAX`], and all but one of those without work end.
//!
//! A job can be handed over in a signal's handler: nothing is allocated for it but by
//! `mmap(2)`, and the lock is one for handlers, too. Threads cannot be made there. So it
//! is a thread of these that makes the next one, before it begins with a job in which it
//! may wait; only the first is made by a program's own, where that is no handler.
//!
//! The lock is never held while a thread is made: that allocates.

use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Duration;

use rustix::io::Errno;
use rustix::thread::{Timespec, futex};

use super::handler::may_be_handler;
use super::job::Job;
use super::lock::Lock;
use super::mapped::Queue;
use crate::signals::{Blocked, leave_to_the_program};

/// How many threads there may be. A call that waits takes one for so long.
const THREADS_MAX: usize = 256;

/// How many jobs may wait for a thread.
const QUEUE_MAX: usize = 65536;

/// How long a thread without work lives, if it is not the last one, in seconds.
const IDLE: i64 = 2;

/// How long a thread that ends waits between two attempts to make the one that follows
/// it.
const RETRY: Duration = Duration::from_millis(10);

/// The stack of a thread, in bytes; the interpreter needs a few thousand.
const STACK_SIZE: usize = 128 << 10;

/// The threads of a process, and what waits for them.
#[derive(Debug)]
pub(super) struct Pool {
    state: Lock<State>,
    /// Counts what has been handed over.
    work: AtomicU32,
    /// Copies of what is in the state, to be looked at without the lock.
    waiting: AtomicUsize,
    threads: AtomicUsize,
}

#[derive(Debug)]
struct State {
    queue: Queue<Job>,
    threads: usize,
    idle: usize,
}

/// What to do with a job for which there is no thread, in a handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WithoutThread {
    /// It is not taken.
    Refuse,
    /// It is taken, and waits until [`Pool::see_to_work`] is called out of a handler.
    Wait,
}

impl Pool {
    pub(super) const fn new() -> Self {
        Self {
            state: Lock::new(State {
                queue: Queue::new(),
                threads: 0,
                idle: 0,
            }),
            work: AtomicU32::new(0),
            waiting: AtomicUsize::new(0),
            threads: AtomicUsize::new(0),
        }
    }

    /// Has a job done on one of the threads.
    ///
    /// # Errors
    /// `EAGAIN` if too many jobs wait, or there is no thread and none can be
    /// made. The job will then not be done.
    pub(super) fn submit(
        &'static self,
        blocked: &Blocked,
        job: Job,
        without: WithoutThread,
    ) -> Result<(), Errno> {
        if self.threads.load(Ordering::Acquire) == 0 {
            self.begin(blocked, without)?;
        }
        let wakes = self.state.with(blocked, |state| {
            if state.queue.len() >= QUEUE_MAX {
                return Err(Errno::AGAIN);
            }
            state.queue.push(job).map_err(|_| Errno::AGAIN)?;
            self.waiting.store(state.queue.len(), Ordering::Release);
            self.work.fetch_add(1, Ordering::Release);
            Ok(state.idle > 0)
        })?;
        if wakes {
            // It fails for a bad address only.
            let _: Result<usize, Errno> = futex::wake(&self.work, futex::Flags::PRIVATE, 1);
        }
        Ok(())
    }

    /// Sees that there is a thread for what waits, unless this is a handler.
    pub(super) fn see_to_work(&'static self) {
        if self.waiting.load(Ordering::Acquire) > 0 && self.threads.load(Ordering::Acquire) == 0 {
            // If it cannot be made now it is tried again the next time.
            let _: Result<(), Errno> = self.begin(&Blocked::all(), WithoutThread::Wait);
        }
    }

    /// Makes the first thread, unless this is a handler.
    fn begin(&'static self, blocked: &Blocked, without: WithoutThread) -> Result<(), Errno> {
        if may_be_handler(blocked.before()) {
            return match without {
                WithoutThread::Refuse => Err(Errno::AGAIN),
                WithoutThread::Wait => Ok(()),
            };
        }
        let is_first = self.count(blocked, |state| {
            let is_first = state.threads == 0;
            state.threads += usize::from(is_first);
            is_first
        });
        if is_first && start(self).is_err() {
            self.count(blocked, |state| state.threads -= 1);
            return Err(Errno::AGAIN);
        }
        Ok(())
    }

    /// Changes how many threads there are.
    fn count<R>(&self, blocked: &Blocked, change: impl FnOnce(&mut State) -> R) -> R {
        self.state.with(blocked, |state| {
            let result = change(state);
            self.threads.store(state.threads, Ordering::Release);
            result
        })
    }

    /// The next job; and whether there should be another thread before it is begun.
    fn next(&self, blocked: &Blocked) -> Option<(Job, bool)> {
        self.count(blocked, |state| {
            let job = state.queue.pop()?;
            self.waiting.store(state.queue.len(), Ordering::Release);
            let makes = state.idle == 0 && state.threads < THREADS_MAX;
            state.threads += usize::from(makes);
            Some((job, makes))
        })
    }

    /// What a thread does until there is nothing to do.
    fn work(&'static self) {
        loop {
            let seen = self.work.load(Ordering::Acquire);
            if let Some((job, makes)) = self.next(&Blocked::all()) {
                if makes && start(self).is_err() {
                    self.count(&Blocked::all(), |state| state.threads -= 1);
                }
                // A job that panics is not to take the thread with it.
                let changed = catch_unwind(AssertUnwindSafe(|| job.run())).unwrap_or(true);
                if changed {
                    return self.retire();
                }
            } else if self.rest(seen) {
                return;
            }
        }
    }

    /// Waits for work; whether the thread is to end.
    fn rest(&self, seen: u32) -> bool {
        self.state.with(&Blocked::all(), |state| state.idle += 1);
        let time = Timespec {
            tv_sec: IDLE,
            tv_nsec: 0,
        };
        let waited = futex::wait(&self.work, futex::Flags::PRIVATE, seen, Some(&time));
        let is_late = waited == Err(Errno::TIMEDOUT);
        self.count(&Blocked::all(), |state| {
            state.idle -= 1;
            let ends = is_late && state.queue.is_empty() && state.idle > 0;
            state.threads -= usize::from(ends);
            ends
        })
    }

    /// Ends this thread, after it has seen to it that there is another one.
    fn retire(&'static self) {
        while self.count(&Blocked::all(), |state| {
            let is_last = state.threads == 1;
            state.threads -= usize::from(!is_last);
            is_last
        }) {
            // It takes this one's place.
            if start(self).is_ok() {
                return;
            }
            thread::sleep(RETRY);
        }
    }
}

/// Starts a thread that is counted already. It begins with the signals blocked that
/// are so here, and leaves open those that it should itself.
fn start(pool: &'static Pool) -> std::io::Result<()> {
    let started = thread::Builder::new()
        .name("sysbatch".to_owned())
        .stack_size(STACK_SIZE)
        .spawn(move || {
            leave_to_the_program();
            pool.work();
        });
    started.map(drop)
}
