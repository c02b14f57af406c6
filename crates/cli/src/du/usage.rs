//! What files take: what is added up.

use std::ops::AddAssign;

use sysbatch_walk::Timestamp;

use super::time::NEVER;

/// What some files take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Usage {
    /// In bytes.
    pub(super) size: u64,
    /// How many there are.
    pub(super) inodes: u64,
    /// When the last of them was changed.
    pub(super) time: Timestamp,
}

impl Default for Usage {
    fn default() -> Self {
        Self {
            size: 0,
            inodes: 0,
            time: NEVER,
        }
    }
}

impl AddAssign for Usage {
    #[inline]
    fn add_assign(&mut self, other: Self) {
        self.size = self.size.saturating_add(other.size);
        self.inodes += other.inodes;
        self.time = self.time.max(other.time);
    }
}
