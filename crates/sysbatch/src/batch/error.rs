//! What can go wrong with a batch, and with a call of it.

use core::fmt;

use rustix::io::Errno;

/// Why a call of a batch gave no value.
///
/// It is displayed like `openat (entry 3): No such file or directory (os error
/// 2)`, and for a call that was not made because of that, like `read (entry 4): not
/// executed, because openat (entry 3) failed: No such file or directory (os error 2)`.
/// Entries are counted from 0 in the order in which the methods of the batch were called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallError {
    pub(crate) name: &'static str,
    pub(crate) index: usize,
    pub(crate) kind: CallErrorKind,
}

/// The ways in which a call can give no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallErrorKind {
    /// It failed.
    Errno(Errno),
    /// It was not made because another call failed before: one whose result it needs, or
    /// one whose failure led past it.
    Skipped {
        /// The name of the call that failed.
        name: &'static str,
        /// Its place in the batch, from 0.
        index: usize,
        /// What it failed with.
        errno: Errno,
    },
    /// It was not made, and no failure of another call is the reason: a branch led past
    /// it, or the batch ended before it.
    NotExecuted,
    /// The descriptor it returned was [taken](crate::Results::take) already.
    Taken,
    /// The batch stopped before it, because its [fuel](crate::Batch::fuel) was
    /// used up.
    OutOfFuel,
}

impl CallError {
    /// The name of the system call, or of the built-in operation.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its place in the batch, from 0.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// What happened.
    #[must_use]
    pub fn kind(&self) -> CallErrorKind {
        self.kind
    }

    /// The error it failed with, or that of the call because of which it was not made.
    #[must_use]
    pub fn errno(&self) -> Option<Errno> {
        match self.kind {
            CallErrorKind::Errno(errno) | CallErrorKind::Skipped { errno, .. } => Some(errno),
            _ => None,
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (entry {}): ", self.name, self.index)?;
        match self.kind {
            CallErrorKind::Errno(errno) => errno.fmt(f),
            CallErrorKind::Skipped { name, index, errno } => {
                write!(
                    f,
                    "not executed, because {name} (entry {index}) failed: {errno}"
                )
            }
            CallErrorKind::NotExecuted => f.write_str("not executed"),
            CallErrorKind::Taken => f.write_str("its descriptor was taken already"),
            CallErrorKind::OutOfFuel => f.write_str("the batch ran out of fuel before it"),
        }
    }
}

impl core::error::Error for CallError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match &self.kind {
            CallErrorKind::Errno(errno) | CallErrorKind::Skipped { errno, .. } => Some(errno),
            _ => None,
        }
    }
}

/// Why a batch as it was built cannot run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A path has a zero byte in it, or is otherwise none.
    #[error("{name} (entry {index}): the path cannot be passed to the kernel: {errno}")]
    Path {
        /// The name of the call.
        name: &'static str,
        /// Its place in the batch.
        index: usize,
        /// What turning it into a C string failed with.
        errno: Errno,
    },
    /// A vector that a call is to fill has no elements, or no spare capacity: the call
    /// would be asked for 0 bytes.
    #[error(
        "{name} (entry {index}): the vector that it fills has no room; give it \
         `spare_capacity(&mut vector)` of a vector with capacity, or elements to overwrite"
    )]
    EmptyVector {
        /// The name of the call.
        name: &'static str,
        /// Its place in the batch.
        index: usize,
    },
    /// A branch leads to a label that is nowhere.
    #[error("{name} (entry {index}) leads to a label that was never placed; see Batch::place")]
    UnplacedLabel {
        /// The name of the call that leads there.
        name: &'static str,
        /// Its place in the batch.
        index: usize,
    },
    /// A label was placed twice.
    #[error("a label was placed a second time, before entry {index}")]
    LabelPlacedTwice {
        /// Where it was placed again.
        index: usize,
    },
    /// A branch is longer than an entry can express.
    #[error(
        "{name} (entry {index}) leads {distance} entries away; at most 32767 are possible; \
         put a jump between, or use several batches"
    )]
    JumpTooFar {
        /// The name of the call with the branch.
        name: &'static str,
        /// Its place in the batch.
        index: usize,
        /// How many entries away, negative for backwards.
        distance: i64,
    },
    /// A batch with a loop does not say how long it may run.
    #[error(
        "{name} (entry {index}) leads backwards; a batch with a loop needs a limit of steps, \
         see Batch::fuel"
    )]
    FuelNeeded {
        /// The name of the call that leads backwards.
        name: &'static str,
        /// Its place in the batch.
        index: usize,
    },
}

/// Why a batch did not run, or stopped before its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// It cannot run as it was built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The backend would not begin, or a filter is before it.
    #[error("the batch could not be entered: {errno}")]
    NotEntered {
        /// The error.
        errno: Errno,
    },
    /// An entry is wrong. Those before it have run.
    #[error("{name} (entry {index}) stopped the batch: {errno}")]
    Stopped {
        /// The name of the call.
        name: &'static str,
        /// Its place in the batch.
        index: usize,
        /// The error.
        errno: Errno,
    },
}
