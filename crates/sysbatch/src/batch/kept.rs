//! Descriptors that a batch keeps open itself.

use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::sync::Arc;

use super::handle::BatchId;
use super::operand::{Kind, Operand, sealed};
use super::{Batch, FdOperand};

/// A descriptor that a batch keeps open as long as it lives: see
/// [`Batch::keep`].
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    batch: BatchId,
    fd: RawFd,
}

impl Batch<'_> {
    /// Keeps a descriptor open as long as the batch lives, so that its calls
    /// can work on it: for a batch that goes where it can borrow nothing, as
    /// to a [`Ring`](crate::Ring). Several batches can share one.
    pub fn keep(&mut self, fd: impl Into<Arc<OwnedFd>>) -> Kept {
        let fd = fd.into();
        let kept = Kept {
            batch: self.id,
            fd: fd.as_raw_fd(),
        };
        self.kept.push(fd);
        kept
    }
}

impl sealed::Fd<'_> for Kept {
    fn operand(self) -> Operand {
        let fd = i64::from(self.fd).cast_unsigned();
        Operand::of(self.batch, Kind::Immediate(fd))
    }
}
impl FdOperand<'_> for Kept {}
