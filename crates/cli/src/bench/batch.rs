//! A batch without branches that is run again and again.
#![expect(unsafe_code, reason = "runs entries that say what memory they touch")]

use anyhow::{Context as _, ensure};
use sysbatch::abi::{Entry, Format, RUN_SIZE, Run, Status};
use sysbatch::{Backend, Direct};

use super::workload::Calls;

/// A batch of system calls, one after the other.
#[derive(Debug)]
pub(crate) struct Batch<'workload> {
    calls: &'workload Calls<'workload>,
    entries: Vec<Entry>,
    results: Vec<i64>,
    run: Run,
}

impl<'workload> Batch<'workload> {
    /// A batch of the calls, `units` times over. It may be empty.
    pub(crate) fn new(calls: &'workload Calls<'workload>, units: usize) -> Self {
        let mut entries = calls.entries(units);
        let mut results = vec![0; entries.len()];
        let run = Run {
            size: RUN_SIZE as u32,
            format: Format::Native.raw(),
            program: entries.as_mut_ptr().expose_provenance() as u64,
            len: entries.len() as u64,
            results: results.as_mut_ptr().expose_provenance() as u64,
            results_len: results.len() as u64,
            ..Run::default()
        };
        Self {
            calls,
            entries,
            results,
            run,
        }
    }

    /// Runs it once, whole, and gives how it ended.
    ///
    /// # Errors
    /// If the batch was refused, which none is unless something is wrong.
    pub(crate) fn run(&mut self, backend: &Backend) -> anyhow::Result<Status> {
        self.rewind();
        // SAFETY: `Calls` are sound to make any number of times and in any
        // order, and write only to memory that they have borrowed; the entries
        // and the results are vectors of this batch, which is borrowed.
        let mut memory = unsafe { Direct::new() };
        // SAFETY: as above.
        let status = unsafe { backend.run(&mut self.run, &mut memory) };
        status.context("the batch was refused")
    }

    /// Enters it once, and gives how far that got.
    ///
    /// # Errors
    /// Those of [`Backend::enter`].
    pub(crate) fn enter(&mut self, backend: &Backend) -> Result<Status, rustix::io::Errno> {
        self.rewind();
        // SAFETY: as in `run`.
        let mut memory = unsafe { Direct::new() };
        // SAFETY: as in `run`.
        unsafe { backend.enter(&mut self.run, &mut memory) }
    }

    /// Runs it once and checks that all of its calls succeed.
    ///
    /// # Errors
    /// If one does not.
    pub(crate) fn check(&mut self, backend: &Backend) -> anyhow::Result<()> {
        self.results.fill(-1);
        let status = self.run(backend)?;
        ensure!(status == Status::Done, "the batch ended with {status:?}");
        self.expose();
        for (entry, &result) in self.entries.iter().zip(&self.results) {
            self.calls.check(entry.nr, result)?;
        }
        self.expose();
        Ok(())
    }

    /// The header as it was before the first run.
    fn rewind(&mut self) {
        self.run.pc = 0;
        self.run.fuel = self.run.len;
    }

    /// Gives the addresses in the header their meaning anew, after the vectors
    /// were used.
    fn expose(&mut self) {
        self.entries.as_mut_ptr().expose_provenance();
        self.results.as_mut_ptr().expose_provenance();
    }
}
