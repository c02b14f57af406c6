//! The status of paths: one `statx(2)` each, in one batch.
#![expect(unsafe_code, reason = "runs a batch on memory that it owns")]

use std::ffi::CString;
use std::os::fd::AsRawFd as _;

use rustix::fs::{CWD, StatxFlags};
use rustix::io::Errno;
use sysbatch::Backend;
use sysbatch::abi::{DST_OWN_INDEX, Entry};
use syscalls::Sysno;

use crate::follow::Follow;
use crate::listing::{BatchError, Image, expose};
use crate::metadata::Metadata;
use crate::statistics::Statistics;

/// How many paths a batch takes at most.
const BATCH_MAX: usize = 1024;

/// Asks for the status of each path, many with one batch, and adds what it took
/// to `statistics`. A path that is a symbolic link is followed unless `follow`
/// is [`Follow::Never`]. A path with a zero byte in it is `EINVAL`.
///
/// # Errors
/// If a batch was refused.
pub fn statuses(
    backend: &Backend,
    paths: &[&[u8]],
    follow: Follow,
    fields: StatxFlags,
    statistics: &mut Statistics,
) -> Result<Vec<Result<Metadata, Errno>>, BatchError> {
    let mut all = Vec::with_capacity(paths.len());
    for paths in paths.chunks(BATCH_MAX) {
        let paths: Vec<_> = paths.iter().map(|path| CString::new(*path)).collect();
        let mut records = vec![Metadata::EMPTY; paths.len()];
        let first = expose(&mut records);
        let program: Vec<_> = paths
            .iter()
            .flatten()
            .zip((first..).step_by(size_of::<Metadata>()))
            .map(|(path, record)| statx(path, record, follow, fields))
            .collect();
        let asked = program.len();
        let mut image = Image::new(program, asked);
        if asked > 0 {
            // SAFETY: each entry is a `statx` that reads a path, which is borrowed,
            // and fills a record of its own, of which there are enough.
            unsafe { image.run(backend, asked as u64) }?;
        }
        let mut results = records.into_iter().enumerate().map(|(index, record)| {
            let result = image.result(index);
            if result < 0 {
                Err(Errno::from_raw_os_error(-result as i32))
            } else {
                Ok(record)
            }
        });
        all.extend(paths.iter().map(|path| match path {
            Ok(_) => results.next().unwrap_or(Err(Errno::INVAL)),
            Err(_) => Err(Errno::INVAL),
        }));
        statistics.sub_calls += image.steps();
        statistics.steps += image.steps();
        statistics.batches += image.entered();
    }
    Ok(all)
}

/// The entry that asks for one path's status and goes on whatever it is.
fn statx(path: &CString, record: u64, follow: Follow, fields: StatxFlags) -> Entry {
    Entry {
        nr: Sysno::statx.id(),
        dst: DST_OWN_INDEX,
        args: [
            i64::from(CWD.as_raw_fd()).cast_unsigned(),
            path.as_ptr().expose_provenance() as u64,
            follow.statx_flags(true).bits().into(),
            fields.bits().into(),
            record,
            0,
        ],
        ..Entry::default()
    }
}
