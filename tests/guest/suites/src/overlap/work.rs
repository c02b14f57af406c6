//! The same files read by batches, one after another and on a ring.

use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags};
use sysbatch::{Backend, Batch, Buffer, Handle, Ring, Ticket};

/// The longest file, in bytes.
const LONGEST: usize = 16 << 10;

/// A batch that opens, reads and closes a file.
#[derive(Debug)]
struct Reading {
    batch: Batch<'static>,
    read: Handle<usize>,
    buffer: Buffer,
}

/// What each file holds.
pub(crate) type Contents = Vec<Vec<u8>>;

/// Batches that have been submitted.
#[derive(Debug)]
pub(crate) struct Submitted(Vec<(Ticket, Handle<usize>, Buffer)>);

fn reading(path: &Path) -> Reading {
    let mut batch = Batch::new();
    let buffer = batch.buffer(LONGEST);
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = batch.openat(CWD, path, flags, Mode::empty());
    let read = batch.read(&file, buffer);
    batch.close(file);
    Reading {
        batch,
        read,
        buffer,
    }
}

fn readings(files: &[PathBuf]) -> Vec<Reading> {
    files.iter().map(|path| reading(path)).collect()
}

/// Runs a batch for each file, one after another, on this thread.
pub(crate) fn one_after_another(backend: &Backend, files: &[PathBuf]) -> Contents {
    let mut readings = readings(files);
    let contents = readings.iter_mut().map(|reading| {
        let results = reading.batch.run(backend).expect("the batch runs");
        let len = results.get(&reading.read).expect("the file is read");
        results.bytes(reading.buffer)[..len].to_vec()
    });
    contents.collect()
}

/// Submits a batch for each file.
pub(crate) fn submit(ring: &Ring, files: &[PathBuf]) -> Submitted {
    let readings = readings(files);
    let tickets = readings.into_iter().map(|reading| {
        let ticket = ring.submit(reading.batch).expect("there is room");
        (ticket, reading.read, reading.buffer)
    });
    Submitted(tickets.collect())
}

impl Submitted {
    /// How many have completed.
    pub(crate) fn complete(&self) -> usize {
        let tickets = self.0.iter();
        tickets.filter(|(ticket, ..)| ticket.is_complete()).count()
    }

    /// Waits for all of them.
    pub(crate) fn wait(self) -> Contents {
        let contents = self.0.into_iter().map(|(ticket, read, buffer)| {
            let mut completion = ticket.wait().expect("the batch completes");
            let results = completion.results().expect("the batch runs");
            let len = results.get(&read).expect("the file is read");
            results.bytes(buffer)[..len].to_vec()
        });
        contents.collect()
    }
}
