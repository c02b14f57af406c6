//! Batches that wait until they are let go.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use sysbatch::{Batch, Handle};

/// A pipe: who reads from it waits.
pub(crate) struct Gate {
    reader: Arc<OwnedFd>,
    writer: OwnedFd,
}

impl Gate {
    pub(crate) fn new() -> Self {
        let (reader, writer) = rustix::pipe::pipe().unwrap();
        Self {
            reader: Arc::new(reader),
            writer,
        }
    }

    /// A batch that waits at the gate.
    pub(crate) fn batch(&self) -> Batch<'static> {
        self.batch_with_read().0
    }

    /// The same, with its `read`, which returns 1.
    pub(crate) fn batch_with_read(&self) -> (Batch<'static>, Handle<usize>) {
        let mut batch = Batch::new();
        let read = self.add_to(&mut batch);
        (batch, read)
    }

    /// Has a batch wait at the gate; returns its `read`.
    pub(crate) fn add_to(&self, batch: &mut Batch<'static>) -> Handle<usize> {
        let reader = batch.keep(Arc::clone(&self.reader));
        let buffer = batch.buffer(1);
        batch.read(reader, buffer)
    }

    /// Lets so many batches go.
    pub(crate) fn open(&self, batches: usize) {
        let bytes = vec![0; batches];
        assert_eq!(rustix::io::write(&self.writer, &bytes), Ok(batches));
    }
}
