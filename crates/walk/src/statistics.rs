//! What a walk took.

use std::ops::AddAssign;

/// What the batches of a walk took, and the calls made beside them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// The system calls that the batches made, in the kernel or in user space:
    /// what the same walk crosses to the kernel for when it is made call by
    /// call.
    pub sub_calls: u64,
    /// The steps of the batches, system calls included.
    pub steps: u64,
    /// How many times a batch was run.
    pub batches: u64,
    /// The system calls made beside the batches.
    pub calls: u64,
}

impl AddAssign for Statistics {
    fn add_assign(&mut self, other: Self) {
        self.sub_calls += other.sub_calls;
        self.steps += other.steps;
        self.batches += other.batches;
        self.calls += other.calls;
    }
}
