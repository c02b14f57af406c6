//! What batches cost on a machine.

use serde::Serialize;

/// Times in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Costs {
    /// A system call that does nothing, made alone: the crossing that a batch saves.
    #[serde(rename = "crossing_ns")]
    pub crossing: f64,
    /// A batch without entries, its own crossing included.
    #[serde(rename = "batch_ns")]
    pub batch: f64,
    /// An entry of a batch, beside what its call does.
    #[serde(rename = "step_ns")]
    pub step: f64,
    /// Whether the module has run batches to find this out, or it was given. Otherwise
    /// only the crossing is measured, and the others are estimated from it.
    pub measured: bool,
}

impl Costs {
    /// What a batch of `entries` entries, of which `calls` are system calls, saves
    /// compared with the calls alone: less than zero where it costs more.
    #[must_use]
    pub fn saved(&self, calls: u64, entries: u64) -> f64 {
        calls as f64 * self.crossing - self.batch - entries as f64 * self.step
    }
}
