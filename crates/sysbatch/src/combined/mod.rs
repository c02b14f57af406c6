//! Combined calls: what one might wish the kernel had as one system call.
//!
//! Each is a small [`Batch`](crate::Batch), meant to be read. Where there is a
//! kernel module it takes one crossing, however many calls are in it.
//! `sysbatch_combined.h` has the same for C.

mod copy;
mod files;
mod messages;
mod relative;
mod signals;

use crate::{BatchError, CallError};

pub use copy::copy_file_range;
pub use files::{close_many, open_first, read_file, stat_many};
pub use messages::{receive_many, send_many};
pub use relative::{fsyncat, truncateat};
pub use signals::{Disposition, set_dispositions};

/// Why a combined call failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CombinedError {
    /// The batch could not be run.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// One of its calls failed.
    #[error(transparent)]
    Call(#[from] CallError),
}

impl CombinedError {
    /// The error of the call that failed, if it was one.
    #[must_use]
    pub fn errno(&self) -> Option<rustix::io::Errno> {
        match self {
            Self::Batch(_) => None,
            Self::Call(error) => error.errno(),
        }
    }
}
