//! Counts the system calls of a process from outside, by the kernel's own
//! tracepoint (`Documentation/trace/histogram.rst`).
//!
//! While this is on, every task has a tracepoint at its system calls, and the
//! module hands each sub-call back: of use only for what makes its calls one by
//! one.

use anyhow::{Context as _, Result};

const TRIGGER: &str = "/sys/kernel/tracing/events/raw_syscalls/sys_enter/trigger";
const HISTOGRAM: &str = "/sys/kernel/tracing/events/raw_syscalls/sys_enter/hist";
const BY_PROCESS: &str = "hist:keys=common_pid";

/// A count under way.
pub(crate) struct Counter(());

impl Counter {
    /// Counts from now on.
    ///
    /// # Errors
    /// When the kernel can't.
    pub(crate) fn start() -> Result<Self> {
        std::fs::write(TRIGGER, BY_PROCESS).with_context(|| format!("can't write to {TRIGGER}"))?;
        Ok(Self(()))
    }

    /// Ends the count; the calls that the thread `id` made.
    ///
    /// # Errors
    /// When the histogram can't be read or lacks the thread.
    pub(crate) fn finish(self, id: u32) -> Result<u64> {
        let histogram = std::fs::read_to_string(HISTOGRAM)
            .with_context(|| format!("can't read {HISTOGRAM}"))?;
        std::fs::write(TRIGGER, format!("!{BY_PROCESS}"))
            .with_context(|| format!("can't write to {TRIGGER}"))?;
        hits(&histogram, id).with_context(|| format!("no count for process {id} in:\n{histogram}"))
    }
}

/// A line of a histogram is `{ common_pid:        234 } hitcount:         17`.
fn hits(histogram: &str, id: u32) -> Option<u64> {
    histogram.lines().find_map(|line| {
        let (key, hits) = line.split_once("} hitcount:")?;
        let key: u32 = key.split_once("common_pid:")?.1.trim().parse().ok()?;
        (key == id).then(|| hits.trim().parse().ok())?
    })
}
