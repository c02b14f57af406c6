//! Threads for what the interfaces that came before run asynchronously.
//!
//! They are ordinary threads of the process, so memory, files, limits and
//! signal dispositions are the caller's. There are none until they are needed,
//! never more than [`THREADS_MAX`], and those without work end.
#![expect(unsafe_code, reason = "the signal mask of a thread that is made")]

use core::mem::MaybeUninit;
use core::ptr;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::io::Errno;

use super::process::Process;

/// How many threads there may be. A call that waits takes one for so long.
const THREADS_MAX: usize = 256;

/// How many jobs may wait for a thread.
const QUEUE_MAX: usize = 65536;

/// How long a thread without work lives.
const IDLE: Duration = Duration::from_secs(2);

/// The stack of a thread, in bytes; the interpreter needs a few thousand.
const STACK_SIZE: usize = 128 << 10;

/// Signals that a thread must not block: those its own instructions and calls
/// raise.
const OWN_SIGNALS: [i32; 8] = [
    libc::SIGILL,
    libc::SIGTRAP,
    libc::SIGBUS,
    libc::SIGFPE,
    libc::SIGSEGV,
    libc::SIGSYS,
    libc::SIGPIPE,
    libc::SIGXFSZ,
];

/// Something to be done on another thread.
pub(super) type Job = Box<dyn FnOnce() + Send>;

/// The threads of a process, and what waits for them.
#[derive(Debug, Default)]
pub(super) struct Pool {
    state: Mutex<State>,
    work: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Job>,
    threads: usize,
    idle: usize,
}

impl core::fmt::Debug for State {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("State")
            .field("queue", &self.queue.len())
            .field("threads", &self.threads)
            .field("idle", &self.idle)
            .finish()
    }
}

impl Pool {
    /// Has a job done on one of the threads.
    ///
    /// # Errors
    /// `EAGAIN` if too many jobs wait, or there is no thread and none can be
    /// made. The job will then not be done.
    pub(super) fn spawn(&'static self, job: Job) -> Result<(), Errno> {
        let mut state = self.lock();
        if state.queue.len() >= QUEUE_MAX {
            return Err(Errno::AGAIN);
        }
        // Each idle thread takes one of the jobs that wait already.
        if state.queue.len() >= state.idle && state.threads < THREADS_MAX {
            match start(self) {
                Ok(()) => state.threads += 1,
                Err(_) if state.threads > 0 => {}
                Err(_) => return Err(Errno::AGAIN),
            }
        }
        state.queue.push_back(job);
        drop(state);
        self.work.notify_one();
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a thread does until there is nothing to do.
    fn work(&self) {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.queue.pop_front() {
                drop(state);
                // A job that panics is not to take the thread with it.
                drop(catch_unwind(AssertUnwindSafe(job)));
                state = self.lock();
                continue;
            }
            state.idle += 1;
            let (guard, waited) = self
                .work
                .wait_timeout(state, IDLE)
                .unwrap_or_else(PoisonError::into_inner);
            state = guard;
            state.idle -= 1;
            if waited.timed_out() && state.queue.is_empty() {
                break;
            }
        }
        state.threads -= 1;
    }
}

/// Starts a thread, which begins with the signal mask of the one that makes it.
fn start(pool: &'static Pool) -> std::io::Result<()> {
    let old = block_signals();
    let started = thread::Builder::new()
        .name("sysbatch".to_owned())
        .stack_size(STACK_SIZE)
        .spawn(move || pool.work());
    // SAFETY: it sets this thread's mask to what it was.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const old, ptr::null_mut()) };
    started.map(drop)
}

/// Blocks the signals that are for the program's own threads; returns the mask
/// as it was.
fn block_signals() -> libc::sigset_t {
    let mut set = MaybeUninit::uninit();
    // SAFETY: it fills the set.
    unsafe { libc::sigfillset(set.as_mut_ptr()) };
    // SAFETY: it has been filled.
    let mut set: libc::sigset_t = unsafe { set.assume_init() };
    for signal in OWN_SIGNALS {
        // SAFETY: the set is initialized, the number is a signal's.
        unsafe { libc::sigdelset(&raw mut set, signal) };
    }
    let mut old = MaybeUninit::uninit();
    // SAFETY: both sets live until it returns; it fills the second.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const set, old.as_mut_ptr()) };
    // SAFETY: with a known operation it cannot fail, so the set is filled.
    unsafe { old.assume_init() }
}

/// Has a job done on a thread of this process.
///
/// # Errors
/// As for [`Pool::spawn`].
pub(super) fn spawn(job: Job) -> Result<(), Errno> {
    Process::current().pool.spawn(job)
}
