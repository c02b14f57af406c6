//! Workers: ordinary threads of the process.
#![expect(unsafe_code, reason = "a child that a batch has forked is ended")]

use core::cell::Cell;
use std::io;
use std::sync::{Arc, MutexGuard};
use std::thread;
use std::time::Instant;

use rustix::io::Errno;
use syscalls::Sysno;

use super::job::{Done, Job};
use super::options::FirstTry;
use super::shared::{Shared, State};
use super::signals;
use super::submission::RawOutcome;
use super::tries::first_tries;
use crate::arch;

/// The stack of a worker, in bytes, of which the kernel gives what is used. The
/// interpreter needs a few thousand, and without optimization up to a hundred
/// thousand; wakers run on it too.
const STACK_SIZE: usize = 256 << 10;

thread_local! {
    /// The ring that this thread is a worker of, by its address.
    static WORKS_FOR: Cell<usize> = const { Cell::new(0) };
}

/// How many batches a worker makes first tries of at a time.
const PIECE: usize = 64;

/// Sees to it that a worker looks into the queue: one that does, or one that is idle,
/// or a new one; or one that is busy, if there may be no more.
///
/// A worker that has found something which may wait calls the next before it runs
/// that, and so on, as long as there is something in the queue. So one call is enough
/// for many batches, and each batch that waits has a worker of its own.
///
/// To be done by threads that are as they were made: a new one is like its maker.
///
/// # Errors
/// If there is no worker at all and none can be made.
pub(super) fn call_worker(shared: &Arc<Shared>, state: &mut State) -> Result<(), Errno> {
    if state.looking > 0 {
        return Ok(());
    }
    if call_idle(shared, state) || state.threads >= shared.options.workers {
        return Ok(());
    }
    match spawn(shared, state.spawned) {
        Ok(handle) => {
            state.threads += 1;
            state.looking += 1;
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

/// Calls an idle worker, if there is one.
fn call_idle(shared: &Shared, state: &mut State) -> bool {
    if state.idle == 0 {
        return false;
    }
    state.idle -= 1;
    state.called += 1;
    state.looking += 1;
    shared.work.ring_one();
    true
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

/// What a worker does until there is nothing to do. It counts as looking when it
/// begins.
fn work(shared: &Arc<Shared>) {
    WORKS_FOR.set(Arc::as_ptr(shared).addr());
    let mut state = shared.lock();
    loop {
        state = make_first_tries(shared, state);
        if let Some(job) = state.next_job(shared.options.workers) {
            state.looking -= 1;
            state = if job.keeps_thread {
                run_and_stay(shared, state, job)
            } else {
                match run_and_leave(shared, state, job) {
                    Some(state) => state,
                    None => return,
                }
            };
            state.looking += 1;
            continue;
        }
        match wait_for_call(shared, state) {
            Some(called) => state = called,
            None => return,
        }
    }
}

/// Makes the first tries that workers are to make. The worker counts as looking
/// meanwhile, for it does not wait.
fn make_first_tries<'a>(
    shared: &'a Arc<Shared>,
    mut state: MutexGuard<'a, State>,
) -> MutexGuard<'a, State> {
    loop {
        let (numbers, jobs) = state.untried(PIECE);
        if jobs.is_empty() {
            return state;
        }
        drop(state);
        let left = first_tries(shared, jobs, FirstTry::Worker);
        state = shared.lock();
        let mut cancelled = Vec::new();
        for (index, job) in left {
            if state.cancels && !job.started {
                cancelled.push(Done {
                    job,
                    outcome: RawOutcome::Cancelled,
                });
            } else {
                state.running -= 1;
                state.queue.insert(numbers[index], job);
            }
        }
        if !cancelled.is_empty() {
            drop(state);
            shared.deliver_all(cancelled);
            state = shared.lock();
        }
    }
}

/// Runs a job that counts as running; the next worker is called before.
fn run_and_stay<'a>(
    shared: &'a Arc<Shared>,
    mut state: MutexGuard<'a, State>,
    job: Box<Job>,
) -> MutexGuard<'a, State> {
    if !state.queue.is_empty() {
        // That there is a worker is known.
        let _: Result<(), Errno> = call_worker(shared, &mut state);
    }
    drop(state);
    run_job(shared, job);
    shared.lock()
}

/// The same for a job that may change its thread, which then ends: another may take
/// its place at once, made while this one is as it was.
fn run_and_leave<'a>(
    shared: &'a Arc<Shared>,
    mut state: MutexGuard<'a, State>,
    job: Box<Job>,
) -> Option<MutexGuard<'a, State>> {
    state.threads -= 1;
    state.leaving += 1;
    if !state.queue.is_empty() {
        // If it fails, that is seen to below.
        let _: Result<(), Errno> = call_worker(shared, &mut state);
    }
    drop(state);
    run_job(shared, job);
    let mut state = shared.lock();
    state.leaving -= 1;
    if state.is_over() {
        shared.work.ring_all();
    }
    if state.queue.is_empty() || state.looking > 0 {
        return None;
    }
    if state.threads == 0 {
        // No thread could be made, and there is nobody else: what waits is not to wait
        // for ever.
        state.threads += 1;
        return Some(state);
    }
    // What waits may have waited for one to leave.
    call_idle(shared, &mut state);
    None
}

/// Waits for a call; none comes any more, or there was none for long, when there is
/// nothing to go on with.
fn wait_for_call<'a>(
    shared: &'a Arc<Shared>,
    mut state: MutexGuard<'a, State>,
) -> Option<MutexGuard<'a, State>> {
    state.looking -= 1;
    state.idle += 1;
    let deadline = Instant::now().checked_add(shared.options.idle_time);
    let mut is_late = false;
    while state.called == 0 {
        if is_late || state.is_over() {
            state.idle -= 1;
            state.threads -= 1;
            if state.is_over() {
                // Others that are idle end, too.
                shared.work.ring_all();
            }
            return None;
        }
        state = match shared.work.wait(state, deadline) {
            Ok(state) => state,
            Err(state) => {
                is_late = true;
                state
            }
        };
    }
    state.called -= 1;
    Some(state)
}

/// Runs a job that counts as running, and ends it.
pub(super) fn run_job(shared: &Shared, mut job: Box<Job>) {
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
