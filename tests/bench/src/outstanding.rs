//! Batches that are out and never complete: the memory that they take, and that
//! they can be cancelled and dropped.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde::Serialize;
use sysbatch::{Backend, Batch, Ring, RingOptions, Shutdown, Ticket};

/// How long workers have to begin.
const SETTLE: Duration = Duration::from_millis(100);
/// Bytes that each batch has to read to.
const BUFFER: usize = 64;

/// What was seen.
#[derive(Debug, Serialize)]
pub(crate) struct Outstanding {
    backend: &'static str,
    batches: usize,
    /// Threads that batches waited in.
    threads: usize,
    /// Bytes for each batch: of the process, and of the kernel for all processes.
    resident: f64,
    kernel: f64,
    /// What a batch takes before it is submitted.
    unsubmitted: f64,
    /// How many could be cancelled.
    cancelled: usize,
    /// How many completed when what they waited for came to its end.
    completed: usize,
}

/// Has so many batches read from a pipe that nothing comes from.
///
/// # Errors
/// When one is refused, or does not complete when it should.
pub(crate) fn measure(batches: usize) -> anyhow::Result<Outstanding> {
    let (reader, writer) = rustix::pipe::pipe()?;
    let reader: Arc<OwnedFd> = Arc::new(reader);
    let options = RingOptions::default().capacity(batches);
    let ring = Ring::with_options(Backend::select()?, options)?;
    let before = Memory::now()?;
    let made: Vec<Batch<'static>> = (0..batches).map(|_| read(&reader)).collect();
    let unsubmitted = Memory::now()?.since(&before);
    let tickets: Vec<Ticket> = made
        .into_iter()
        .map(|batch| ring.submit(batch))
        .collect::<Result<_, _>>()?;
    // Until each worker that there is waits in a batch.
    std::thread::sleep(SETTLE);
    let (out, taken) = (ring.out(), Memory::now()?.since(&before));
    ensure!(out == batches, "{out} of {batches} batches are out");
    let threads = std::fs::read_dir("/proc/self/task")?.count() - 1;
    let cancelled = tickets.iter().filter(|ticket| ticket.cancel()).count();
    // All that still waits reads the end.
    drop(writer);
    let mut completed = 0;
    for ticket in tickets {
        completed += usize::from(!ticket.wait()?.is_cancelled());
    }
    ensure!(
        cancelled + completed == batches,
        "{cancelled} were cancelled, {completed} completed, of {batches}"
    );
    ring.shut_down(Shutdown::Drain);
    let each = |bytes: i64| bytes as f64 / batches as f64;
    Ok(Outstanding {
        backend: Backend::select()?.kind().name(),
        batches,
        threads,
        resident: each(taken.resident),
        kernel: each(taken.kernel),
        unsubmitted: each(unsubmitted.resident),
        cancelled,
        completed,
    })
}

fn read(reader: &Arc<OwnedFd>) -> Batch<'static> {
    let mut batch = Batch::new();
    let buffer = batch.buffer(BUFFER);
    let kept = batch.keep(Arc::clone(reader));
    batch.read(kept, buffer);
    batch
}

/// Memory in bytes.
struct Memory {
    resident: i64,
    kernel: i64,
}

impl Memory {
    fn now() -> anyhow::Result<Self> {
        let sum = |file: &str, names: &[&str]| {
            let text =
                std::fs::read_to_string(file).with_context(|| format!("can't read {file}"))?;
            sum(&text, names).with_context(|| format!("{file} has not all of {names:?}"))
        };
        Ok(Self {
            resident: sum("/proc/self/smaps_rollup", &["Rss:"])?,
            kernel: sum("/proc/meminfo", &["Slab:", "KernelStack:", "PageTables:"])?,
        })
    }

    fn since(&self, before: &Self) -> Self {
        Self {
            resident: self.resident - before.resident,
            kernel: self.kernel - before.kernel,
        }
    }
}

/// The sum of the lines with these names, which are in KiB.
fn sum(text: &str, names: &[&str]) -> Option<i64> {
    let line = |name: &&str| {
        let mut lines = text.lines();
        let rest = lines.find_map(|line| line.strip_prefix(*name))?;
        let number: i64 = rest.split_whitespace().next()?.parse().ok()?;
        Some(number * 1024)
    };
    names.iter().map(line).sum()
}

#[cfg(test)]
mod tests {
    use super::{measure, sum};

    #[test]
    fn all_are_cancelled_or_complete() {
        let seen = measure(200).expect("they can be submitted");
        // Those that wait in a worker have begun.
        assert!(seen.cancelled >= 200 - seen.threads, "{seen:?}");
    }

    #[test]
    fn lines_are_added_up() {
        let text = "Slab:   3 kB\nPageTables:  4 kB\n";
        assert_eq!(sum(text, &["PageTables:", "Slab:"]), Some(7 * 1024));
        assert_eq!(sum(text, &["Rss:"]), None);
    }
}
