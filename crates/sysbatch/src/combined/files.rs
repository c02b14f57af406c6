//! Files: whole ones, the first of many, many at once.
#![expect(unsafe_code, reason = "descriptors are closed by their numbers")]

use std::os::fd::{AsFd, IntoRawFd as _, OwnedFd};

use rustix::fs::{AtFlags, Mode, OFlags, Statx, StatxFlags};
use rustix::path::Arg;
use syscalls::Sysno;

use super::CombinedError;
use crate::{Backend, Batch, BatchError, CallError, Operand, Target};

/// How much one read asks for, in bytes.
const PIECE: usize = 65536;

/// How many reads are in a batch: the last of a file finds its end.
const READS: usize = 4;

/// Reads a whole file. One that is smaller than three times 64 KiB is read in
/// one batch.
///
/// # Errors
/// If it cannot be opened or read.
pub fn read_file(
    backend: &Backend,
    directory: impl AsFd,
    path: impl Arg,
) -> Result<Vec<u8>, CombinedError> {
    let directory = directory.as_fd();
    let mut bytes = Vec::new();
    let mut batch = Batch::new();
    let buffers: [_; READS] = core::array::from_fn(|_| batch.buffer(PIECE));
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = batch.openat(directory, path, flags, Mode::empty());
    let reads = buffers.map(|buffer| batch.read(&file, buffer));
    for read in &reads {
        batch.on_error(read, Target::Exit);
        batch.on_zero(read, Target::Exit);
    }
    let mut results = batch.run(backend)?;
    results.check()?;
    for (read, buffer) in reads.iter().zip(buffers) {
        match results.get(read)? {
            0 => return Ok(bytes),
            length => bytes.extend_from_slice(&results.bytes(buffer)[..length]),
        }
    }
    let file = results.take(&file)?;
    while read_on(backend, &file, &mut bytes)? {}
    Ok(bytes)
}

/// Reads more of a file; whether there may be more still.
fn read_on(backend: &Backend, file: &OwnedFd, bytes: &mut Vec<u8>) -> Result<bool, CombinedError> {
    let mut batch = Batch::new();
    let buffers: [_; READS] = core::array::from_fn(|_| batch.buffer(PIECE));
    let reads = buffers.map(|buffer| batch.read(file, buffer));
    for read in &reads {
        batch.on_error(read, Target::Exit);
        batch.on_zero(read, Target::Exit);
    }
    let results = batch.run(backend)?;
    for (read, buffer) in reads.iter().zip(buffers) {
        match results.get(read)? {
            0 => return Ok(false),
            length => bytes.extend_from_slice(&results.bytes(buffer)[..length]),
        }
    }
    Ok(true)
}

/// Opens the first of many paths that can be opened; gives its index, too.
/// `None` if there is no path.
///
/// # Errors
/// That of the last path, if none can be opened.
pub fn open_first<P: Arg>(
    backend: &Backend,
    directory: impl AsFd,
    paths: impl IntoIterator<Item = P>,
    flags: OFlags,
    mode: Mode,
) -> Result<Option<(usize, OwnedFd)>, CombinedError> {
    let directory = directory.as_fd();
    let mut batch = Batch::new();
    let mut files = Vec::new();
    for path in paths {
        let file = batch.openat(directory, path, flags, mode);
        batch.on_zero(&file, Target::Exit);
        batch.on_positive(&file, Target::Exit);
        files.push(file);
    }
    let mut results = batch.run(backend)?;
    let mut last = None;
    for (index, file) in files.iter().enumerate() {
        match results.take(file) {
            Ok(file) => return Ok(Some((index, file))),
            Err(error) => last = Some(error),
        }
    }
    last.map_or(Ok(None), |error| Err(error.into()))
}

/// Asks for what `mask` says is wanted to be known of many files; an answer or
/// an error for each.
///
/// # Errors
/// If the batch cannot be run.
pub fn stat_many<P: Arg>(
    backend: &Backend,
    directory: impl AsFd,
    paths: impl IntoIterator<Item = P>,
    flags: AtFlags,
    mask: StatxFlags,
) -> Result<Vec<Result<Statx, CallError>>, BatchError> {
    let directory = directory.as_fd();
    let mut batch = Batch::new();
    let answers: Vec<_> = paths
        .into_iter()
        .map(|path| batch.statx(directory, path, flags, mask))
        .collect();
    let results = batch.run(backend)?;
    Ok(answers.iter().map(|answer| results.get(answer)).collect())
}

/// Closes many descriptors; a result for each. An error is one of writing what
/// was written before: the descriptor is closed all the same.
///
/// # Errors
/// If the batch cannot be run; the descriptors then stay open.
pub fn close_many(
    backend: &Backend,
    descriptors: impl IntoIterator<Item = OwnedFd>,
) -> Result<Vec<Result<(), CallError>>, BatchError> {
    let mut batch = Batch::new();
    let mut closed = Vec::new();
    for descriptor in descriptors {
        let number = i64::from(descriptor.into_raw_fd());
        let zero = Operand::from(0_u32);
        let args = [number.into(), zero, zero, zero, zero, zero];
        // SAFETY: the descriptor was owned by what was handed in, and is not
        // used again; the batch is run once.
        closed.push(unsafe { batch.syscall(Sysno::close as u32, args) });
    }
    let results = batch.run(backend)?;
    let results = closed.iter().map(|call| results.get(call).map(drop));
    Ok(results.collect())
}
