//! The paths of the command line: one `statx(2)` each, in one batch.
#![expect(unsafe_code, reason = "runs a batch on memory that it owns")]

use std::ffi::CString;
use std::os::fd::AsRawFd as _;

use rustix::fs::CWD;
use rustix::io::Errno;
use sysbatch::Backend;
use sysbatch::abi::{DST_OWN_INDEX, Entry};
use syscalls::Sysno;

use super::image::{Image, expose};
use super::record::{FileStatus, STATX_FLAGS, STATX_MASK, STATX_SIZE};

/// How many operands a batch takes at most.
const BATCH_MAX: usize = 1024;

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Statuses {
    /// For each operand, in order.
    pub(super) statuses: Vec<Result<FileStatus, Errno>>,
    /// The steps that it took, each of them a system call.
    pub(super) steps: u64,
    /// The batches that it took.
    pub(super) batches: u64,
}

/// Asks for the status of each path.
///
/// # Errors
/// If a batch was refused.
pub(super) fn statuses(backend: &Backend, paths: &[CString]) -> anyhow::Result<Statuses> {
    let mut all = Statuses::default();
    for paths in paths.chunks(BATCH_MAX) {
        let mut records = vec![0_u8; paths.len() * STATX_SIZE];
        let first = expose(&mut records);
        let program: Vec<_> = (first..)
            .step_by(STATX_SIZE)
            .zip(paths)
            .map(|(record, path)| statx(path, record))
            .collect();
        let mut image = Image::new(program, paths.len());
        // SAFETY: each entry is a `statx` that reads a path, which is borrowed,
        // and fills a record of its own.
        unsafe { image.run(backend, paths.len() as u64) }?;
        let (records, _) = records.as_chunks();
        for (index, record) in records.iter().enumerate() {
            let result = image.slot(index);
            all.statuses.push(if result < 0 {
                Err(Errno::from_raw_os_error(-result as i32))
            } else {
                Ok(FileStatus::read(record))
            });
        }
        all.steps += image.steps();
        all.batches += image.entered();
    }
    Ok(all)
}

/// The entry that asks for one path's status and goes on whatever it is.
fn statx(path: &CString, record: u64) -> Entry {
    Entry {
        nr: Sysno::statx.id(),
        dst: DST_OWN_INDEX,
        args: [
            i64::from(CWD.as_raw_fd()).cast_unsigned(),
            path.as_ptr().expose_provenance() as u64,
            STATX_FLAGS.into(),
            STATX_MASK.into(),
            record,
            0,
        ],
        ..Entry::default()
    }
}
