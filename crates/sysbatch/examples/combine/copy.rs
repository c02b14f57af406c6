//! Copies a file.

use std::io;
use std::path::Path;

use sysbatch::combine;
use sysbatch::rustix::fs::{CWD, Mode, OFlags, openat};
use sysbatch::rustix::io::{Errno, read, write};

/// Copies `from` to `to`; returns how many bytes.
#[combine(deny_split)]
pub(crate) fn copy(from: &Path, to: &Path) -> io::Result<u64> {
    let source = openat(CWD, from, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::CLOEXEC;
    let target = openat(CWD, to, flags, Mode::from_raw_mode(0o666))?;
    let mut buffer = [0; 16384];
    let mut total = 0_u64;
    loop {
        let length = read(&source, &mut buffer)?;
        if length == 0 {
            return Ok(total);
        }
        let written = write(&target, &buffer[..length])?;
        if written != length {
            // A disk that has become full says so when it is asked again.
            return Err(Errno::NOSPC.into());
        }
        total += written as u64;
    }
}
