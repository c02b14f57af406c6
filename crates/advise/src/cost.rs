//! What batches cost on a machine.

/// Times in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Costs {
    /// A system call that does nothing, made alone: the crossing that a batch saves.
    pub crossing: f64,
    /// A batch without entries, its own crossing included.
    pub batch: f64,
    /// An entry of a batch, beside what its call does.
    pub step: f64,
    /// Whether the module has run batches to find this out. Otherwise it is estimated
    /// from the parts that can be measured without.
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
