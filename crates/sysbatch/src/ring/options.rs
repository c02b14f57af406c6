//! How a ring, and a submission, is to be.

use core::time::Duration;

/// How large a ring is to be, and how many threads it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "options do nothing until a ring is made with them"]
pub struct RingOptions {
    pub(super) capacity: usize,
    pub(super) workers: usize,
    pub(super) idle_time: Duration,
}

impl Default for RingOptions {
    /// A capacity of 1024, 32 workers, which end after 5 seconds without work.
    fn default() -> Self {
        Self {
            capacity: 1024,
            workers: 32,
            idle_time: Duration::from_secs(5),
        }
    }
}

impl RingOptions {
    /// How many batches may be out: waiting for a worker, running, or completed
    /// on the ring and not yet taken from it.
    pub const fn capacity(mut self, batches: usize) -> Self {
        self.capacity = batches;
        self
    }

    /// How many threads may run batches at most.
    ///
    /// Batches that wait, for a disk or for each other, take a worker each for
    /// so long.
    pub const fn workers(mut self, threads: usize) -> Self {
        self.workers = threads;
        self
    }

    /// How long a worker waits for work until it ends.
    pub const fn idle_time(mut self, time: Duration) -> Self {
        self.idle_time = time;
        self
    }
}

/// Who runs as much of a batch as goes without waiting.
///
/// See [`Ring`](super::Ring#the-first-try).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FirstTry {
    /// The thread that submits it, at once, before a worker is bothered.
    #[default]
    Submitter,
    /// A worker, which does so for whatever waits for one, before it runs what would
    /// wait: the submitting thread goes on at once, and batches that do not wait cost
    /// one worker, which is woken once.
    Worker,
    /// Nobody: all calls are made as they are written, by a worker.
    Nobody,
}

/// What becomes of a submission while the ring is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenFull {
    /// It is refused.
    #[default]
    Refuse,
    /// The thread that submits it waits for room.
    Wait,
    /// The thread that submits it waits for room, so long at most.
    WaitFor(Duration),
}

/// What becomes of batches that have not started when a ring is shut down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    /// They run.
    Drain,
    /// They complete as cancelled.
    Cancel,
}
