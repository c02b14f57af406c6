//! The way in: room, the first try, and the queue.

use std::sync::{Arc, MutexGuard};
use std::time::Instant;

use super::error::RefusedReason;
use super::first_try::Watch;
use super::job::Job;
use super::options::{FirstTry, WhenFull};
use super::shared::{Shared, State};
use super::submission::{Posted, RawOutcome};
use super::tries::first_tries;
use super::worker::{call_worker, run_job};

/// How many batches of a list are on their way in at a time. Those behind them find
/// the room that these leave when they complete at once.
const PIECE: usize = 256;

/// What became of a submission.
pub(super) type Put = Result<Posted, Refused>;

/// A batch that was not taken, and why.
pub(super) struct Refused {
    pub(super) reason: RefusedReason,
    pub(super) job: Box<Job>,
}

/// Submits a batch.
pub(super) fn put(shared: &Arc<Shared>, mut job: Box<Job>) -> Put {
    let mut state = match make_room(shared, job.when_full) {
        Ok(state) => state,
        Err(reason) => return Err(Refused { reason, job }),
    };
    let number = state.take_place(&job.sink);
    drop(state);
    if job.first_try == FirstTry::Submitter
        && let Some(result) = job.try_first(&shared.backend, &mut Watch::new())
    {
        shared.deliver(job, RawOutcome::Ran(result));
        return Ok(Posted(number));
    }
    job.look_at_calls();
    enqueue(shared, shared.lock(), number, job).1
}

/// Submits batches in their order.
pub(super) fn put_all(
    shared: &Arc<Shared>,
    mut submissions: impl ExactSizeIterator<Item = Box<Job>>,
) -> Vec<Put> {
    let mut put = Vec::with_capacity(submissions.len());
    while let Some(first) = submissions.next() {
        let mut state = match make_room(shared, first.when_full) {
            Ok(state) => state,
            Err(reason) => {
                put.push(Err(Refused { reason, job: first }));
                continue;
            }
        };
        let room = (shared.options.capacity - state.out).min(PIECE);
        let begin = put.len();
        let mut jobs = Vec::with_capacity(room.min(submissions.len() + 1));
        let mut next = Some(first);
        while let Some(job) = next {
            put.push(Ok(Posted(state.take_place(&job.sink))));
            jobs.push(job);
            next = (jobs.len() < room).then(|| submissions.next()).flatten();
        }
        drop(state);
        let mut left = first_tries(shared, jobs, FirstTry::Submitter);
        for (_, job) in &mut left {
            job.look_at_calls();
        }
        let mut state = None;
        for (index, job) in left {
            let place = &mut put[begin + index];
            if let Ok(Posted(number)) = *place {
                let guard = state.take().unwrap_or_else(|| shared.lock());
                (state, *place) = enqueue(shared, guard, number, job);
            }
        }
    }
    put
}

/// Puts a job that has a place into the queue.
fn enqueue<'a>(
    shared: &'a Arc<Shared>,
    mut state: MutexGuard<'a, State>,
    number: u64,
    job: Box<Job>,
) -> (Option<MutexGuard<'a, State>>, Put) {
    if state.cancels && !job.started {
        drop(state);
        shared.deliver(job, RawOutcome::Cancelled);
        return (None, Ok(Posted(number)));
    }
    match call_worker(shared, &mut state) {
        Ok(()) => {
            state.running -= 1;
            state.queue.insert(number, job);
            (Some(state), Ok(Posted(number)))
        }
        Err(_) if job.started => {
            // Some of it has happened, so there is no way but on.
            drop(state);
            run_job(shared, job);
            (None, Ok(Posted(number)))
        }
        Err(errno) => {
            state.running -= 1;
            state.out -= 1;
            state.posted -= usize::from(job.is_on_ring());
            let quiet = state.is_quiet();
            drop(state);
            shared.room.ring_one();
            shared.completed.ring_all();
            if quiet {
                shared.quiet.ring_all();
            }
            let reason = RefusedReason::Worker { errno };
            (None, Err(Refused { reason, job }))
        }
    }
}

/// Locks the state when there is room in it.
fn make_room(shared: &Shared, when_full: WhenFull) -> Result<MutexGuard<'_, State>, RefusedReason> {
    if !shared.generation.is_current() {
        return Err(RefusedReason::Forked);
    }
    let capacity = shared.options.capacity;
    let mut state = shared.lock();
    let mut deadline = None;
    loop {
        if state.shut_down {
            return Err(RefusedReason::ShutDown);
        }
        if state.out < capacity {
            return Ok(state);
        }
        match when_full {
            WhenFull::Refuse => return Err(RefusedReason::Full { capacity }),
            WhenFull::Wait => {}
            WhenFull::WaitFor(time) => {
                deadline = deadline.or_else(|| Instant::now().checked_add(time));
            }
        }
        state = shared
            .room
            .wait(state, deadline)
            .map_err(|_| RefusedReason::TimedOut)?;
    }
}
