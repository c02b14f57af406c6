//! Running a batch.
#![expect(unsafe_code, reason = "what the builder put together is run")]

use rustix::io::Errno;
use sysbatch_abi::{Format, RUN_SIZE, Run, Status};

use super::cause::Branches;
use super::program::{NOT_EXECUTED, Program};
use super::{Batch, BatchError, BuildError, Results};
use crate::{Backend, Direct};

impl<'buf> Batch<'buf> {
    /// Runs the batch: in one crossing, if the backend is the kernel's.
    ///
    /// That calls failed is not an error of the batch: the results say so for
    /// each.
    ///
    /// # Errors
    /// If the batch was not built right, or the backend does not take it.
    /// Descriptors that it had opened are closed.
    pub fn run(&mut self, backend: &Backend) -> Result<Results<'_, 'buf>, BatchError> {
        let mut run = self.begin()?;
        // SAFETY: what the builder accepts from safe code is sound: each
        // address is that of memory of the batch's own, or lent to it for
        // longer than it lives, with the length that goes with it, and
        // `&mut self` keeps all others away; each descriptor is open as long
        // as the batch lives, or was opened by it. The rest is vouched for
        // where it was added. All those addresses were exposed.
        let mut memory = unsafe { Direct::new() };
        // SAFETY: as above.
        let result = unsafe { backend.run(&mut run, &mut memory) };
        self.finish(&run, result)
    }

    /// Makes it ready to run; gives the header to run it with.
    pub(crate) fn begin(&mut self) -> Result<Run, BuildError> {
        self.lay_out()?;
        Ok(self.header())
    }

    /// What a run came to that [began](Self::begin) with this header, and left
    /// it so. From here on whatever it opened is owned by the results, or
    /// closed.
    pub(crate) fn finish(
        &mut self,
        run: &Run,
        result: Result<Status, Errno>,
    ) -> Result<Results<'_, 'buf>, BatchError> {
        let status = Status::from_raw(run.status);
        let results = Results {
            batch: self,
            status: status.unwrap_or(Status::None),
            steps: run.steps,
            stop: usize::try_from(run.pc).unwrap_or(usize::MAX),
            branches: Branches::new(),
        };
        results.batch.extend_vectors();
        let Err(errno) = result else {
            return Ok(results);
        };
        let stopped = matches!(status, Some(Status::Refused | Status::Unstored));
        let at = results.stopped_at();
        Err(match at.filter(|_| stopped) {
            None => BatchError::NotEntered { errno },
            Some(operation) => {
                let operation = &results.batch.operations[operation];
                let (name, index) = (operation.name(), operation.index);
                BatchError::Stopped { name, index, errno }
            }
        })
    }

    /// Lays the batch out, unless it is still laid out from the last time.
    pub(super) fn lay_out(&mut self) -> Result<(), BuildError> {
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        if self.program.is_none() {
            let (results, params) = (&mut self.results, self.params.len());
            let program = Program::new(
                &self.operations,
                &self.labels,
                self.fuel.is_some(),
                |entries| {
                    *results = vec![NOT_EXECUTED; entries + params];
                    results.as_mut_ptr().expose_provenance() as u64
                },
            )?;
            self.program = Some(program);
        }
        Ok(())
    }

    /// Makes the result slots ready, and the header for them.
    pub(super) fn header(&mut self) -> Run {
        let entries: &[_] = self
            .program
            .as_ref()
            .map_or(&[], |program| &program.entries);
        let (results, params) = self.results.split_at_mut(entries.len());
        results.fill(NOT_EXECUTED);
        for (slot, param) in params.iter_mut().zip(&self.params) {
            *slot = param.word().cast_signed();
        }
        Run {
            size: RUN_SIZE as u32,
            format: Format::Native.raw(),
            program: entries.as_ptr().expose_provenance() as u64,
            len: entries.len() as u64,
            results: self.results.as_mut_ptr().expose_provenance() as u64,
            results_len: self.results.len() as u64,
            fuel: self.fuel.unwrap_or(entries.len() as u64),
            ..Run::default()
        }
    }
}
