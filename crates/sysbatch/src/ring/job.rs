//! A submission on its way from the queue to its completion.
#![expect(unsafe_code, reason = "batches run as their submitters vouched for")]

use std::any::Any;

use rustix::io::Errno;
use sysbatch_abi::{Run, Status};

use super::first_try::{STEPS, Watch, first_try};
use super::keeps_thread::keeps_thread;
use super::options::{FirstTry, WhenFull};
use super::slot::Place;
use super::submission::{Access, RawCompletion, RawOutcome, RawSubmit};
use crate::backend::Tried;
use crate::{Backend, Checked, Direct};

/// Where a completion goes.
#[derive(Debug)]
pub(super) enum Sink {
    /// To the ring, with this value of the user's.
    Ring(u64),
    /// To a place of its own.
    Slot(Place),
}

/// What a batch by hand works on.
type RawOwner = Box<dyn Any + Send + Sync>;

// With its places in the queue, of which the tree leaves some empty, and among the
// completions it makes less than 400 bytes, as `docs/asynchronous.md` says.
const _: () = assert!(size_of::<Job<RawOwner>>() <= 168 && size_of::<Done>() <= 32);

/// A batch that is submitted. From then on it stays where it is, and its address is
/// moved.
pub(super) struct Job<T: ?Sized = dyn Any + Send + Sync> {
    pub(super) run: Run,
    access: Access,
    pub(super) sink: Sink,
    /// Who is to make a first try of it yet.
    pub(super) first_try: FirstTry,
    pub(super) when_full: WhenFull,
    /// Whether some of it has happened.
    pub(super) started: bool,
    /// Whether it leaves the thread that runs it as it was.
    pub(super) keeps_thread: bool,
    /// What the batch works on, kept alive until it has completed.
    pub(super) owner: T,
}

/// A batch that is over.
pub(super) struct Done {
    pub(super) job: Box<Job>,
    pub(super) outcome: RawOutcome,
}

impl Done {
    /// What is told of a batch made by hand.
    pub(super) fn into_raw(mut self) -> RawCompletion {
        RawCompletion {
            user_value: self.job.user_value(),
            run: self.job.run,
            outcome: self.outcome,
            owner: self.job.take_raw_owner(),
        }
    }
}

/// A first try that somebody makes.
#[derive(Clone, Copy)]
pub(super) struct Begun {
    /// The steps before it.
    steps: u64,
    /// The fuel that is not for it.
    kept: u64,
}

impl<T: Any + Send + Sync> Job<T> {
    /// One that works on this, and is to have its header yet.
    pub(super) fn of(owner: T) -> Box<Self> {
        Box::new(Self {
            run: Run::default(),
            access: Access::Direct,
            sink: Sink::Ring(0),
            first_try: FirstTry::Submitter,
            when_full: WhenFull::Refuse,
            started: false,
            keeps_thread: false,
            owner,
        })
    }
}

impl Job {
    /// One made by hand.
    pub(super) fn from_raw(submission: RawSubmit, sink: Sink) -> Box<Self> {
        let job: Job<RawOwner> = Job {
            run: submission.run,
            access: submission.access,
            sink,
            first_try: submission.first_try,
            when_full: submission.when_full,
            started: false,
            keeps_thread: false,
            owner: submission.owner,
        };
        Box::new(job)
    }

    /// What it was made from by hand, if it has not started.
    pub(super) fn take_raw(&mut self) -> RawSubmit {
        RawSubmit {
            run: self.run,
            owner: self.take_raw_owner(),
            access: self.access,
            first_try: self.first_try,
            when_full: self.when_full,
        }
    }

    /// What a batch made by hand works on.
    ///
    /// # Panics
    /// If it is something else.
    fn take_raw_owner(&mut self) -> RawOwner {
        let owner = self.owner.downcast_mut::<RawOwner>();
        let owner = owner.expect("a raw ring submits owners of this type alone");
        core::mem::replace(owner, Box::new(()))
    }

    /// Runs it to its end.
    pub(super) fn run(&mut self, backend: &Backend) -> Result<Status, Errno> {
        self.started = true;
        match self.access {
            Access::Direct => {
                // SAFETY: a job is run by `RawRing::submit` and the like alone, whose
                // caller vouches for the batch until it has completed.
                let mut memory = unsafe { Direct::new() };
                // SAFETY: as above.
                unsafe { backend.run(&mut self.run, &mut memory) }
            }
            Access::Checked => {
                // SAFETY: as above.
                let mut memory = unsafe { Checked::new() }?;
                // SAFETY: as above.
                unsafe { backend.run(&mut self.run, &mut memory) }
            }
        }
    }

    /// The value that it was submitted with.
    pub(super) const fn user_value(&self) -> u64 {
        match self.sink {
            Sink::Ring(value) => value,
            Sink::Slot(_) => 0,
        }
    }

    /// Whether it completes on the ring.
    pub(super) const fn is_on_ring(&self) -> bool {
        matches!(self.sink, Sink::Ring(_))
    }

    /// Finds out whether it leaves the thread that runs it as it was.
    pub(super) fn look_at_calls(&mut self) {
        self.keeps_thread = match self.access {
            Access::Direct => {
                // SAFETY: as for `run`.
                let mut memory = unsafe { Direct::new() };
                keeps_thread(&self.run, &mut memory)
            }
            // SAFETY: as for `run`.
            Access::Checked => match unsafe { Checked::new() } {
                Ok(mut memory) => keeps_thread(&self.run, &mut memory),
                Err(_) => false,
            },
        };
    }

    /// Its header, for a first try by somebody else, who gives what came of it to
    /// [`tried`](Self::tried).
    pub(super) fn begin_try(&mut self) -> (Begun, &mut Run) {
        let fuel = self.run.fuel;
        let begun = Begun {
            steps: self.run.steps,
            kept: fuel - fuel.min(STEPS),
        };
        self.run.fuel = fuel.min(STEPS);
        (begun, &mut self.run)
    }

    /// What came of a first try, which is made on if there is more to it; gives the
    /// result if that was all.
    pub(super) fn tried(
        &mut self,
        begun: &Begun,
        tried: Tried,
        backend: &Backend,
        watch: &mut Watch,
    ) -> Option<Result<Status, Errno>> {
        self.run.fuel = self.run.fuel.saturating_add(begun.kept);
        self.started |= self.run.steps != begun.steps;
        let result = match tried {
            Tried::ByItself => return self.try_first(backend, watch),
            Tried::Stopped(Ok(Status::Punt)) => None,
            Tried::Stopped(Ok(Status::OutOfFuel)) if self.run.fuel > 0 => None,
            Tried::Stopped(result) => Some(result),
        };
        self.first_try = FirstTry::Nobody;
        self.started |= result.is_some();
        result
    }

    /// Makes the first try that is to be made: runs as much of it as goes without
    /// waiting. Gives the result if that was all.
    pub(super) fn try_first(
        &mut self,
        backend: &Backend,
        watch: &mut Watch,
    ) -> Option<Result<Status, Errno>> {
        self.first_try = FirstTry::Nobody;
        let before = self.run.steps;
        let result = match self.access {
            Access::Direct => {
                // SAFETY: as for `run`.
                let mut memory = unsafe { Direct::new() };
                // SAFETY: as for `run`.
                unsafe { first_try(backend, &mut self.run, &mut memory, watch) }
            }
            // SAFETY: as for `run`.
            Access::Checked => match unsafe { Checked::new() } {
                // SAFETY: as for `run`.
                Ok(mut memory) => unsafe { first_try(backend, &mut self.run, &mut memory, watch) },
                Err(errno) => Some(Err(errno)),
            },
        };
        self.started |= result.is_some() || self.run.steps != before;
        result
    }
}
