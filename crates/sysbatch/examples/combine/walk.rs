//! Walks one directory: how large each file is, and what it begins with.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::BorrowedFd;

use sysbatch::combine;
use sysbatch::rustix::fs::{FileType, Mode, OFlags, RawDir, fstat, openat};
use sysbatch::rustix::io::read;

/// The sizes of the files in a directory, and how many of them are programs.
#[combine(deny_split)]
pub(crate) fn walk(directory: BorrowedFd<'_>) -> io::Result<(i64, u64)> {
    let mut buffer = [MaybeUninit::uninit(); 8192];
    let mut entries = RawDir::new(directory, &mut buffer);
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let mut magic = [0; 4];
    let mut sum = 0_i64;
    let mut programs = 0_u64;
    while let Some(entry) = entries.next() {
        let entry = entry?;
        if entry.file_type() != FileType::RegularFile {
            continue;
        }
        let file = openat(directory, entry.file_name(), flags, Mode::empty())?;
        let stat = fstat(&file)?;
        let length = read(&file, &mut magic)?;
        sum += stat.st_size;
        if length == 4 && magic == *b"\x7fELF" {
            programs += 1;
        }
    }
    Ok((sum, programs))
}
