//! A batch that is run again and again.
#![expect(unsafe_code, reason = "runs entries that say what memory they touch")]

use anyhow::{Context as _, ensure};
use sysbatch::abi::{Format, Status};
use sysbatch::{Backend, Direct};

use super::empty_host::EmptyHost;
use super::program::{CONSTANTS, Program};
use super::workload::Calls;

/// What a result slot holds before it is checked that a batch fills it; no call
/// and no built-in here has it for a result.
const UNTOUCHED: i64 = i64::MIN;

/// The entries of a workload, one unit after the other.
#[derive(Debug)]
pub(crate) struct Batch<'workload> {
    calls: &'workload Calls<'workload>,
    program: Program,
    results: Vec<i64>,
}

impl<'workload> Batch<'workload> {
    /// A batch of the calls, `units` times over. It may be empty. Other formats
    /// than the native one take workloads that are in every format.
    pub(crate) fn new(calls: &'workload Calls<'workload>, format: Format, units: usize) -> Self {
        let mut results = vec![0; units * calls.len()];
        results.extend(CONSTANTS);
        let address = results.as_mut_ptr().expose_provenance() as u64;
        Self {
            calls,
            program: Program::new(calls, format, units, address),
            results,
        }
    }

    /// Runs it once, whole, and gives how it ended.
    ///
    /// # Errors
    /// If the batch was refused, which none is unless something is wrong.
    pub(crate) fn run(&mut self, backend: &Backend) -> anyhow::Result<Status> {
        self.program.rewind();
        // SAFETY: `Calls` are sound to make any number of times and in any
        // order, and write only to memory that they have borrowed; the program
        // and the results are vectors of this batch, which is borrowed.
        let mut memory = unsafe { Direct::new() };
        // SAFETY: as above.
        let status = unsafe { backend.run(&mut self.program.run, &mut memory) };
        status.context("the batch was refused")
    }

    /// Enters it once, and gives how far that got.
    ///
    /// # Errors
    /// Those of [`Backend::enter`].
    pub(crate) fn enter(&mut self, backend: &Backend) -> Result<Status, rustix::io::Errno> {
        self.program.rewind();
        // SAFETY: as in `run`.
        let mut memory = unsafe { Direct::new() };
        // SAFETY: as in `run`.
        unsafe { backend.enter(&mut self.program.run, &mut memory) }
    }

    /// Runs it once by the interpreter alone, whose host makes no calls.
    ///
    /// # Errors
    /// As of [`run`](Self::run).
    pub(super) fn interpret(&mut self) -> anyhow::Result<Status> {
        self.program.rewind();
        // SAFETY: as in `run`; no calls are made at all.
        let host = &mut EmptyHost::new(unsafe { Direct::new() });
        let address = (&raw mut self.program.run).expose_provenance() as u64;
        let status = sysbatch_engine::enter(host, address);
        status.map_err(|error| {
            let errno = rustix::io::Errno::from_raw_os_error(error.errno());
            anyhow::Error::new(errno).context("the batch was refused")
        })
    }

    /// Runs it once and checks what it comes to.
    ///
    /// # Errors
    /// If a call fails that should not, or a result is another than it should be.
    pub(crate) fn check(&mut self, backend: &Backend) -> anyhow::Result<()> {
        let len = self.results.len() - CONSTANTS.len();
        self.results[..len].fill(UNTOUCHED);
        let status = self.run(backend)?;
        let end = self.program.end;
        ensure!(
            status == end,
            "the batch ended with {status:?} instead of {end:?}"
        );
        for (index, &result) in self.results[..len].iter().enumerate() {
            self.calls.check(index, result, UNTOUCHED)?;
        }
        self.results.as_mut_ptr().expose_provenance();
        self.program.expose();
        Ok(())
    }
}
