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
use super::job::{Done, Job, Sink};
use super::options::{FirstTry, RingOptions};
use super::slot::Place;
use super::submission::RawOutcome;
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
    pub(super) queue: BTreeMap<u64, Box<Job>>,
    /// What has completed on the ring; never more than the capacity.
    pub(super) completions: VecDeque<Done>,
    /// How many batches have been submitted.
    pub(super) submitted: u64,
    /// How many places of the capacity are taken.
    pub(super) out: usize,
    /// How many of those complete on the ring.
    pub(super) posted: usize,
    /// How many run, or are on their way into or out of the queue.
    pub(super) running: usize,
    /// How many threads there are that take batches.
    pub(super) threads: usize,
    /// How many threads have been made, for their names.
    pub(super) spawned: u64,
    /// How many of the threads look into the queue, or will before they run
    /// anything that may wait. There need be no more than one.
    pub(super) looking: usize,
    /// How many of them wait to be called.
    pub(super) idle: usize,
    /// How many have been called and do not know it yet. They count as looking.
    pub(super) called: usize,
    /// How many threads, beside those, run a batch after which they end.
    pub(super) leaving: usize,
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
    pub(super) fn deliver(&self, job: Box<Job>, outcome: RawOutcome) {
        let mut state = self.lock();
        let place = self.complete(&mut state, Done { job, outcome });
        let quiet = state.is_quiet();
        drop(state);
        if quiet {
            self.quiet.ring_all();
        }
        if let Some((place, done)) = place {
            fill(&place, done);
        }
    }

    /// Ends jobs that count as running.
    pub(super) fn deliver_all(&self, over: Vec<Done>) {
        if over.is_empty() {
            return;
        }
        let mut places = Vec::with_capacity(over.len());
        let mut state = self.lock();
        for done in over {
            places.extend(self.complete(&mut state, done));
        }
        let quiet = state.is_quiet();
        drop(state);
        if quiet {
            self.quiet.ring_all();
        }
        for (place, done) in places {
            fill(&place, done);
        }
    }

    /// Counts a job as over; gives its place, if it has one of its own.
    fn complete(&self, state: &mut State, mut done: Done) -> Option<(Place, Done)> {
        state.running -= 1;
        match &mut done.job.sink {
            Sink::Ring(_) => {
                state.completions.push_back(done);
                if state.completions.len() == 1
                    && let Some(event) = self.event.get()
                {
                    event.raise();
                }
                self.completed.ring_all();
                None
            }
            Sink::Slot(_) => {
                state.out -= 1;
                self.room.ring_one();
                // What is in a place is not to keep the place.
                let sink = core::mem::replace(&mut done.job.sink, Sink::Ring(0));
                match sink {
                    Sink::Slot(place) => Some((place, done)),
                    Sink::Ring(_) => None,
                }
            }
        }
    }

    /// Takes up to `max` completions.
    pub(super) fn take(&self, state: &mut State, max: usize) -> Vec<Done> {
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

/// Puts a completion into its place, and tells who waits for it.
fn fill(place: &Place, done: Done) {
    // Both a waker and, if the ticket is gone, the owner of the batch are foreign
    // code. Its panic is not the worker's.
    let _: Result<(), Box<dyn Any + Send>> = catch_unwind(AssertUnwindSafe(move || {
        if let Some(waker) = place.fill(done) {
            waker.wake();
        }
    }));
}

impl State {
    /// Takes a place for a submission that counts as running until it is in the
    /// queue; gives its number.
    pub(super) fn take_place(&mut self, sink: &Sink) -> u64 {
        let number = self.submitted;
        self.submitted += 1;
        self.out += 1;
        self.posted += usize::from(matches!(sink, Sink::Ring(_)));
        self.running += 1;
        number
    }

    /// Takes the oldest job that a worker can run now: so many of those after which
    /// it ends may run at a time.
    pub(super) fn next_job(&mut self, most_leaving: usize) -> Option<Box<Job>> {
        let may_leave = self.leaving < most_leaving;
        let mut waiting = self.queue.iter();
        let (&number, _) = waiting.find(|(_, job)| job.keeps_thread || may_leave)?;
        self.running += 1;
        self.queue.remove(&number)
    }

    /// Takes jobs of which a worker is to make a first try, with their numbers: so many
    /// at most, from the front of the queue.
    pub(super) fn untried(&mut self, most: usize) -> (Vec<u64>, Vec<Box<Job>>) {
        let mut taken = (Vec::new(), Vec::new());
        while taken.0.len() < most
            && let Some(first) = self.queue.first_entry()
            && first.get().first_try == FirstTry::Worker
        {
            let (number, job) = first.remove_entry();
            self.running += 1;
            taken.0.push(number);
            taken.1.push(job);
        }
        taken
    }

    /// Whether nothing will come into the queue any more.
    pub(super) fn is_over(&self) -> bool {
        self.shut_down && self.queue.is_empty()
    }

    /// Whether nothing waits or runs.
    pub(super) fn is_quiet(&self) -> bool {
        self.queue.is_empty() && self.running == 0
    }
}
