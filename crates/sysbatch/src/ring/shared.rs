//! What the ring, its workers and its tickets share.
//!
//! One lock guards it all. Nothing foreign (a waker, the owner of a batch, a
//! batch itself) is ever called, run or dropped while it is held.

use std::any::Any;
use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;

use super::bell::Bell;
use super::error::RingError;
use super::event::Event;
use super::generation::Generation;
use super::job::{Job, Sink};
use super::options::RingOptions;
use super::submission::{RawCompletion, RawOutcome};
use crate::Backend;

/// A ring, without who may use it.
pub(super) struct Shared {
    pub(super) backend: Arc<Backend>,
    pub(super) options: RingOptions,
    /// The process that the ring works in.
    pub(super) generation: Generation,
    /// Made when it is first asked for.
    pub(super) event: OnceLock<Event>,
    state: Mutex<State>,
    /// There is work, or there will be none any more.
    pub(super) work: Bell,
    /// There are more completions, or there will be fewer than were expected.
    pub(super) completed: Bell,
    /// There is room, or the ring is shut down.
    pub(super) room: Bell,
    /// Nothing waits or runs any more.
    pub(super) quiet: Bell,
}

/// What the lock guards.
#[derive(Default)]
pub(super) struct State {
    /// What waits for a worker, by the order of submission.
    pub(super) queue: BTreeMap<u64, Job>,
    /// What has completed on the ring; never more than the capacity.
    pub(super) completions: VecDeque<RawCompletion>,
    /// How many batches have been submitted.
    pub(super) submitted: u64,
    /// How many places of the capacity are taken.
    pub(super) out: usize,
    /// How many of those complete on the ring.
    pub(super) posted: usize,
    /// How many run, or are on their way into or out of the queue.
    pub(super) running: usize,
    pub(super) threads: usize,
    /// How many threads have been made, for their names.
    pub(super) spawned: u64,
    /// How many of the threads wait for work.
    pub(super) idle: usize,
    pub(super) handles: Vec<JoinHandle<()>>,
    pub(super) shut_down: bool,
    /// Whether what has not started is not to.
    pub(super) cancels: bool,
}

impl Shared {
    pub(super) fn new(backend: Arc<Backend>, options: RingOptions) -> Result<Self, RingError> {
        let RingOptions {
            capacity, workers, ..
        } = options;
        if capacity == 0 {
            return Err(RingError::NoCapacity);
        }
        if workers == 0 {
            return Err(RingError::NoWorkers);
        }
        let mut completions = VecDeque::new();
        completions
            .try_reserve_exact(capacity)
            .map_err(|_| RingError::Memory { capacity })?;
        Ok(Self {
            backend,
            options,
            generation: Generation::current().map_err(|errno| RingError::ForkPage { errno })?,
            event: OnceLock::new(),
            state: Mutex::new(State {
                completions,
                ..State::default()
            }),
            work: Bell::default(),
            completed: Bell::default(),
            room: Bell::default(),
            quiet: Bell::default(),
        })
    }

    /// Locks the state. Not to be done in a child of `fork`.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends a job that counts as running.
    ///
    /// Its place is free again before whoever waits for it knows.
    pub(super) fn deliver(&self, job: Job, outcome: RawOutcome) {
        let (sink, completion) = job.complete(outcome);
        let mut state = self.lock();
        state.running -= 1;
        let slot = match sink {
            Sink::Ring(_) => {
                state.completions.push_back(completion);
                if state.completions.len() == 1
                    && let Some(event) = self.event.get()
                {
                    event.raise();
                }
                self.completed.ring_all();
                None
            }
            Sink::Slot(slot) => {
                state.out -= 1;
                self.room.ring_one();
                Some((slot, completion))
            }
        };
        let quiet = state.is_quiet();
        drop(state);
        if quiet {
            self.quiet.ring_all();
        }
        if let Some((slot, completion)) = slot {
            // Both a waker and, if the ticket is gone, the owner of the batch
            // are foreign code. Its panic is not the worker's.
            let _: Result<(), Box<dyn Any + Send>> = catch_unwind(AssertUnwindSafe(move || {
                if let Some(waker) = slot.fill(completion) {
                    waker.wake();
                }
                drop(slot);
            }));
        }
    }

    /// Takes up to `max` completions.
    pub(super) fn take(&self, state: &mut State, max: usize) -> Vec<RawCompletion> {
        let count = state.completions.len().min(max);
        let taken = state.completions.drain(..count).collect();
        if count > 0 {
            if state.completions.is_empty()
                && let Some(event) = self.event.get()
            {
                event.lower();
            }
            state.out -= count;
            state.posted -= count;
            self.room.ring_all();
            // Others may wait for what is gone now.
            self.completed.ring_all();
        }
        taken
    }
}

impl State {
    /// Whether nothing waits or runs.
    pub(super) fn is_quiet(&self) -> bool {
        self.queue.is_empty() && self.running == 0
    }
}
