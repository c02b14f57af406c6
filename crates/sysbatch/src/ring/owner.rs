//! A batch while the ring has it.

use std::any::Any;

use sysbatch_abi::Run;

use crate::{Batch, BuildError};

/// A batch that is submitted. What the ring moves is its address.
///
/// When it is dropped after it was laid out, the descriptors that its run left open
/// are closed.
#[derive(Debug)]
pub(super) struct Owner {
    batch: Option<Batch<'static>>,
    is_laid_out: bool,
}

impl Owner {
    pub(super) fn new(batch: Batch<'static>) -> Box<Self> {
        Box::new(Self {
            batch: Some(batch),
            is_laid_out: false,
        })
    }

    /// Lays the batch out: from now on what is left open is its own.
    pub(super) fn begin(&mut self) -> Result<Run, BuildError> {
        let run = self.batch().begin()?;
        self.is_laid_out = true;
        Ok(run)
    }

    /// The one that was submitted.
    ///
    /// # Panics
    /// If it is something else.
    pub(super) fn from_any(owner: Box<dyn Any + Send + Sync>) -> Box<Self> {
        owner
            .downcast()
            .expect("the safe ring submits owners of this type alone")
    }

    pub(super) fn batch(&mut self) -> &mut Batch<'static> {
        self.batch.as_mut().expect(HAS_BATCH)
    }

    pub(super) fn batch_ref(&self) -> &Batch<'static> {
        self.batch.as_ref().expect(HAS_BATCH)
    }

    pub(super) fn into_batch(mut self: Box<Self>) -> Batch<'static> {
        if self.is_laid_out {
            self.batch().close_all();
        }
        self.batch.take().expect(HAS_BATCH)
    }
}

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
