//! Calls that have no variant relative to a directory.

use std::os::fd::AsFd;

use rustix::fs::{Mode, OFlags};
use rustix::path::Arg;

use super::CombinedError;
use crate::{Backend, Batch, Target};

/// `truncate(2)`, relative to a directory.
///
/// # Errors
/// If the file cannot be opened for writing, or not be given that length.
pub fn truncateat(
    backend: &Backend,
    directory: impl AsFd,
    path: impl Arg,
    length: u64,
) -> Result<(), CombinedError> {
    let directory = directory.as_fd();
    let mut batch = Batch::new();
    let flags = OFlags::WRONLY | OFlags::CLOEXEC;
    let file = batch.openat(directory, path, flags, Mode::empty());
    batch.on_error(&file, Target::Exit);
    batch.ftruncate(&file, length);
    batch.close(file);
    // Closing may tell of an error, too.
    Ok(batch.run(backend)?.check()?)
}

/// `fsync(2)` by a path relative to a directory: sees that what was written to
/// the file is on the disk.
///
/// # Errors
/// If the file cannot be opened for reading, or writing its data has failed.
pub fn fsyncat(
    backend: &Backend,
    directory: impl AsFd,
    path: impl Arg,
) -> Result<(), CombinedError> {
    let directory = directory.as_fd();
    let mut batch = Batch::new();
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = batch.openat(directory, path, flags, Mode::empty());
    batch.on_error(&file, Target::Exit);
    batch.fsync(&file);
    batch.close(file);
    // Closing may tell of an error, too.
    Ok(batch.run(backend)?.check()?)
}
