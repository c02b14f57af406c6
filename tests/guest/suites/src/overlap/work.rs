//! The same files read by batches, one after another and on a ring.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

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

/// What the files hold, and how long it took to read them all.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) contents: Vec<Vec<u8>>,
    pub(crate) time: Duration,
}

/// Batches that have been submitted.
#[derive(Debug)]
pub(crate) struct Submitted {
    started: Instant,
    tickets: Vec<(Ticket, Handle<usize>, Buffer)>,
}

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
pub(crate) fn one_after_another(backend: &Backend, files: &[PathBuf]) -> Outcome {
    let mut readings = readings(files);
    let started = Instant::now();
    let contents = readings.iter_mut().map(|reading| {
        let results = reading.batch.run(backend).expect("the batch runs");
        let len = results.get(&reading.read).expect("the file is read");
        results.bytes(reading.buffer)[..len].to_vec()
    });
    let contents = contents.collect();
    Outcome {
        contents,
        time: started.elapsed(),
    }
}

/// Submits a batch for each file.
pub(crate) fn submit(ring: &Ring, files: &[PathBuf]) -> Submitted {
    let readings = readings(files);
    let started = Instant::now();
    let tickets = readings.into_iter().map(|reading| {
        let ticket = ring.submit(reading.batch).expect("there is room");
        (ticket, reading.read, reading.buffer)
    });
    Submitted {
        started,
        tickets: tickets.collect(),
    }
}

impl Submitted {
    /// How many have completed.
    pub(crate) fn complete(&self) -> usize {
        let tickets = self.tickets.iter();
        tickets.filter(|(ticket, ..)| ticket.is_complete()).count()
    }

    /// Waits for all of them.
    pub(crate) fn wait(self) -> Outcome {
        let contents = self.tickets.into_iter().map(|(ticket, read, buffer)| {
            let mut completion = ticket.wait().expect("the batch completes");
            let results = completion.results().expect("the batch runs");
            let len = results.get(&read).expect("the file is read");
            results.bytes(buffer)[..len].to_vec()
        });
        let contents = contents.collect();
        Outcome {
            contents,
            time: self.started.elapsed(),
        }
    }
}
