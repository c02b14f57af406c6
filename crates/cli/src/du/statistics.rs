//! What a walk took.

use serde::Serialize;

/// What a walk took: the line that `--stats` prints.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Statistics {
    /// Where the batches ran: "kernel" or "user".
    pub(super) backend: &'static str,
    /// How many times the walk crossed from user space to the kernel: for
    /// batches, and for the few system calls that it makes by itself. Those
    /// that start the process and print the output are not in it.
    pub(super) crossings: u64,
    /// The system calls that the batches made, in the kernel or in user space:
    /// what the same walk crosses for when it is made call by call.
    pub(super) sub_calls: u64,
    /// The steps of the batches, system calls included.
    pub(super) steps: u64,
    /// The runs of batches.
    pub(super) batches: u64,
    /// The directories that were listed, or could not be.
    pub(super) directories: u64,
    /// The other files whose status was asked for.
    pub(super) files: u64,
    /// The time of the walk, in seconds.
    pub(super) seconds: f64,
}
