//! A batch while the ring has it.

use std::any::Any;

use crate::Batch;

/// A batch that has been laid out. When it is dropped, the descriptors that its
/// run left open are closed.
pub(super) struct Owner(Option<Batch<'static>>);

impl Owner {
    /// To be made when nothing of the batch has run since it was laid out.
    pub(super) fn new(batch: Batch<'static>) -> Self {
        Self(Some(batch))
    }

    /// The one that was submitted with [`Owner::new`].
    ///
    /// # Panics
    /// If it is something else.
    pub(super) fn from_any(owner: Box<dyn Any + Send>) -> Self {
        *owner
            .downcast()
            .expect("the safe ring submits owners of this type alone")
    }

    pub(super) fn batch(&mut self) -> &mut Batch<'static> {
        self.0.as_mut().expect(HAS_BATCH)
    }

    pub(super) fn batch_ref(&self) -> &Batch<'static> {
        self.0.as_ref().expect(HAS_BATCH)
    }

    pub(super) fn into_batch(mut self) -> Batch<'static> {
        let mut batch = self.0.take().expect(HAS_BATCH);
        batch.close_all();
        batch
    }
}

const HAS_BATCH: &str = "it has its batch until it is taken apart";

impl Drop for Owner {
    fn drop(&mut self) {
        if let Some(batch) = &mut self.0 {
            batch.close_all();
        }
    }
}
