//! What can go wrong with a ring.

use rustix::io::Errno;

/// Why a ring cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RingError {
    /// It could take nothing.
    #[error("a ring of capacity 0 can take no batch; give it 1 at least")]
    NoCapacity,
    /// It would run nothing.
    #[error("a ring without workers runs no batch; give it 1 at least")]
    NoWorkers,
    /// There is no memory for so many completions.
    #[error("no memory for a ring of capacity {capacity}; give it less")]
    Memory {
        /// How many were asked for.
        capacity: usize,
    },
    /// The page that tells children from their parent cannot be had.
    #[error(
        "cannot make the page that tells a child of fork from its parent: {errno}; \
         see MADV_WIPEONFORK in madvise(2)"
    )]
    ForkPage {
        /// What `mmap` or `madvise` failed with.
        errno: Errno,
    },
}

/// Why a ring has no event descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EventError {
    /// None can be made.
    #[error("cannot make the event descriptor of a ring: {errno}; see eventfd(2)")]
    Event {
        /// What `eventfd` failed with.
        errno: Errno,
    },
    /// This process is a child of the one that made the ring.
    #[error("the ring was made before fork, and works in the parent only; make one of your own")]
    Forked,
}

/// Why a batch was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RefusedReason {
    /// As many batches are out as the ring takes.
    #[error(
        "the ring is full: {capacity} batches wait, run, or have completed and not been taken; \
         take completions, or submit with WhenFull::Wait"
    )]
    Full {
        /// How many it takes.
        capacity: usize,
    },
    /// There was no room for as long as the submission was to wait.
    #[error("the ring was full for the whole time that the submission was to wait")]
    TimedOut,
    /// The ring is being shut down, or has been.
    #[error("the ring is shut down")]
    ShutDown,
    /// This process is a child of the one that made the ring.
    #[error("the ring was made before fork, and works in the parent only; make one of your own")]
    Forked,
    /// There is no worker, and none can be made.
    #[error("cannot start a worker: {errno}; see pthread_create(3) for the limits")]
    Worker {
        /// What making a thread failed with.
        errno: Errno,
    },
    /// The batch cannot run as it was built.
    #[error(transparent)]
    Build(#[from] crate::BuildError),
}

/// Why there is nothing to take from a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WaitError {
    /// The time was up. Nothing was taken.
    #[error("too few batches have completed in time")]
    TimedOut,
    /// Nothing has been submitted that has not been taken yet: there is nothing
    /// to wait for.
    #[error("no batch is out that could complete")]
    NothingOut,
    /// This process is a child of the one that made the ring.
    #[error("the ring was made before fork, and works in the parent only; make one of your own")]
    Forked,
}
