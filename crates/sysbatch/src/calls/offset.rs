//! Offsets in files that calls read from memory, and leave there.

use sysbatch_abi::Width;

use crate::batch::{Batch, Number, Operand};

/// Where in a file a call reads or writes that moves bytes between two.
#[derive(Clone, Copy, Debug)]
pub struct FileOffset(Option<Operand>);

impl FileOffset {
    /// At the file's own offset, which moves on; the only one that pipes and sockets have.
    pub const CURRENT: Self = Self(None);

    /// At this offset in bytes. The file's own stays as it is.
    #[must_use]
    pub fn at(offset: impl Number) -> Self {
        Self(Some(offset.into()))
    }
}

impl Batch<'_> {
    /// The address of an offset, which is set each time the call is made.
    #[track_caller]
    pub(super) fn offset(&mut self, offset: FileOffset) -> Operand {
        let Some(offset) = offset.0 else {
            return Operand::ZERO;
        };
        let address = self.room::<u64>();
        self.stored(address.into(), address, offset, Width::Eight)
    }
}
