//! A batch for each file, all of them submitted to a ring.

use std::path::PathBuf;

use anyhow::Context as _;
use rustix::fs::{CWD, Mode, OFlags};
use sysbatch::{Backend, Batch, Buffer, Completion, Handle, Ring, RingOptions};

use super::{Reads, SIZE, requests};

/// How many batches may wait at a time.
const WORKERS: usize = 64;

struct File {
    number: usize,
    path: PathBuf,
    batch: Option<Batch<'static>>,
    read: Handle<usize>,
    buffer: Buffer,
}

pub(super) struct Batches {
    ring: Ring,
    files: Vec<File>,
    completions: Vec<Completion>,
}

impl Batches {
    pub(super) fn new(paths: &[(usize, PathBuf)]) -> anyhow::Result<Self> {
        let options = RingOptions::default()
            .capacity(paths.len())
            .workers(WORKERS);
        let ring = Ring::with_options(Backend::select()?, options)?;
        let files = paths.iter().map(|(number, path)| {
            let mut batch = Batch::new();
            let buffer = batch.buffer(SIZE);
            let file = batch.openat(CWD, path, OFlags::RDONLY, Mode::empty());
            let read = batch.read(&file, buffer);
            batch.close(file);
            File {
                number: *number,
                path: path.clone(),
                batch: Some(batch),
                read,
                buffer,
            }
        });
        Ok(Self {
            ring,
            files: files.collect(),
            completions: Vec::with_capacity(paths.len()),
        })
    }
}

impl Reads for Batches {
    fn read(&mut self) -> anyhow::Result<()> {
        let batches: Option<Vec<_>> = self
            .files
            .iter_mut()
            .map(|file| file.batch.take())
            .collect();
        let tickets = self.ring.submit_all(batches.context("a batch is out")?);
        for ticket in tickets {
            self.completions.push(ticket?.wait()?);
        }
        Ok(())
    }

    fn check(&mut self) -> anyhow::Result<Option<usize>> {
        for (mut completion, file) in self.completions.drain(..).zip(&mut self.files) {
            let path = || file.path.display().to_string();
            let results = completion.results()?;
            results.check().with_context(path)?;
            let len = results.get(&file.read).with_context(path)?;
            let bytes = &results.bytes(file.buffer)[..len];
            requests::check(file.number, bytes).with_context(path)?;
            drop(results);
            file.batch = Some(completion.into_batch());
        }
        Ok(None)
    }
}
