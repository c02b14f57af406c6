//! A batch while the ring has it.

use core::panic::{RefUnwindSafe, UnwindSafe};

use sysbatch_abi::Run;

use super::job::Job;
use crate::{Batch, BuildError};

/// A batch that is submitted.
///
/// When it is dropped after it was laid out, the descriptors that its run left open
/// are closed.
#[derive(Debug)]
pub(super) struct Owner {
    batch: Option<Batch<'static>>,
    is_laid_out: bool,
}

impl Owner {
    pub(super) const fn new(batch: Batch<'static>) -> Self {
        Self {
            batch: Some(batch),
            is_laid_out: false,
        }
    }

    /// Lays the batch out: from now on what is left open is its own.
    pub(super) fn begin(&mut self) -> Result<Run, BuildError> {
        let run = self.batch().begin()?;
        self.is_laid_out = true;
        Ok(run)
    }

    pub(super) fn batch(&mut self) -> &mut Batch<'static> {
        self.batch.as_mut().expect(HAS_BATCH)
    }

    pub(super) fn batch_ref(&self) -> &Batch<'static> {
        self.batch.as_ref().expect(HAS_BATCH)
    }

    pub(super) fn take_batch(&mut self) -> Batch<'static> {
        if self.is_laid_out {
            self.batch().close_all();
        }
        self.batch.take().expect(HAS_BATCH)
    }
}

/// A job of the safe ring, when the ring does not have it.
pub(super) struct Owned(Box<Job>);

// An `Owner` is whole whenever something else runs.
impl UnwindSafe for Owned {}
impl RefUnwindSafe for Owned {}

impl Owned {
    pub(super) fn new(batch: Batch<'static>) -> Self {
        Self(Job::of(Owner::new(batch)))
    }

    /// One that comes back.
    pub(super) const fn back(job: Box<Job>) -> Self {
        Self(job)
    }

    pub(super) fn into_job(self) -> Box<Job> {
        self.0
    }

    /// What can be said of it beside its owner.
    pub(super) const fn job(&self) -> &Job {
        &self.0
    }

    pub(super) const fn job_mut(&mut self) -> &mut Job {
        &mut self.0
    }

    /// # Panics
    /// If it is another ring's.
    pub(super) fn owner(&self) -> &Owner {
        self.0.owner.downcast_ref().expect(IS_OWNER)
    }

    /// # Panics
    /// If it is another ring's.
    pub(super) fn owner_mut(&mut self) -> &mut Owner {
        self.0.owner.downcast_mut().expect(IS_OWNER)
    }
}

const IS_OWNER: &str = "the safe ring submits owners of this type alone";
const HAS_BATCH: &str = "it has its batch until it is taken apart";

impl Drop for Owner {
    fn drop(&mut self) {
        if let Some(batch) = &mut self.batch
            && self.is_laid_out
        {
            batch.close_all();
        }
    }
}
