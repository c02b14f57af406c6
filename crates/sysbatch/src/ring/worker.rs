//! Workers: ordinary threads of the process.
#![expect(unsafe_code, reason = "a child that a batch has forked is ended")]

use core::cell::Cell;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use rustix::io::Errno;
use syscalls::Sysno;

use super::job::Job;
use super::shared::{Shared, State};
use super::signals;
use super::submission::RawOutcome;
use crate::arch;

/// The stack of a worker, in bytes. The interpreter needs a few thousand;
/// wakers run on it too.
const STACK_SIZE: usize = 128 << 10;

thread_local! {
    /// The ring that this thread is a worker of, by its address.
    static WORKS_FOR: Cell<usize> = const { Cell::new(0) };
}

/// Sees to it that there is a worker for one more job: one that is idle, or a
/// new one, or one that is busy if there may be no more.
///
/// # Errors
/// If there is no worker at all and none can be made.
pub(super) fn ensure_worker(shared: &Arc<Shared>, state: &mut State) -> Result<(), Errno> {
    // Each idle thread takes one of the jobs that are in the queue already.
    if state.queue.len() < state.idle || state.threads >= shared.options.workers {
        return Ok(());
    }
    match spawn(shared, state.spawned) {
        Ok(handle) => {
            state.threads += 1;
            state.spawned += 1;
            state.handles.retain(|handle| !handle.is_finished());
            state.handles.push(handle);
            Ok(())
        }
        Err(error) if state.threads == 0 => {
            let errno = error.raw_os_error().map(Errno::from_raw_os_error);
            Err(errno.unwrap_or(Errno::AGAIN))
        }
        // One of those that there are will come to it.
        Err(_) => Ok(()),
    }
}

/// Whether this thread is a worker of the ring.
pub(super) fn is_worker(shared: &Arc<Shared>) -> bool {
    WORKS_FOR.get() == Arc::as_ptr(shared).addr()
}

fn spawn(shared: &Arc<Shared>, number: u64) -> io::Result<thread::JoinHandle<()>> {
    let shared = Arc::clone(shared);
    signals::with_blocked(|| {
        thread::Builder::new()
            .name(format!("sysbatch-{number}"))
            .stack_size(STACK_SIZE)
            .spawn(move || work(&shared))
    })
}

/// What a worker does until there is nothing to do.
fn work(shared: &Arc<Shared>) {
    WORKS_FOR.set(Arc::as_ptr(shared).addr());
    let mut state = shared.lock();
    loop {
        if let Some((_, job)) = state.queue.pop_first() {
            state.running += 1;
            drop(state);
            run_job(shared, job);
            state = shared.lock();
            continue;
        }
        if state.shut_down {
            break;
        }
        state.idle += 1;
        let deadline = Instant::now().checked_add(shared.options.idle_time);
        let (guard, is_late) = loop {
            match shared.work.wait(state, deadline) {
                Ok(guard) if guard.queue.is_empty() && !guard.shut_down => state = guard,
                Ok(guard) => break (guard, false),
                Err(guard) => break (guard, true),
            }
        };
        state = guard;
        state.idle -= 1;
        if is_late && state.queue.is_empty() {
            break;
        }
    }
    state.threads -= 1;
}

/// Runs a job that counts as running, and ends it.
pub(super) fn run_job(shared: &Shared, mut job: Job) {
    let result = job.run(&shared.backend);
    if !shared.generation.is_current() {
        leave();
    }
    shared.deliver(job, RawOutcome::Ran(result));
}

/// Ends a child that a batch has forked and that is through with it: this is
/// its only thread, and there is nothing for it to go back to.
fn leave() -> ! {
    loop {
        // SAFETY: it ends the process, and touches no memory.
        unsafe { arch::syscall(Sysno::exit_group as u32, [0; 6]) };
    }
}
