//! Walks one directory: how large each file is, and what it begins with.

use std::io;
use std::os::fd::BorrowedFd;
use std::path::Path;

use sysbatch::combine;
use sysbatch::rustix::fs::{Dir, FileType, Mode, OFlags, Stat, fstat, openat};
use sysbatch::rustix::io::read;

/// What is known of a file, and how many bytes of it were read.
#[combine(deny_split)]
fn look(directory: BorrowedFd<'_>, name: &Path, buffer: &mut [u8; 4]) -> io::Result<(Stat, usize)> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = openat(directory, name, flags, Mode::empty())?;
    let stat = fstat(&file)?;
    let length = read(&file, buffer)?;
    Ok((stat, length))
}

/// The sizes of the files in a directory, and how many of them are programs.
pub(crate) fn walk(directory: BorrowedFd<'_>) -> io::Result<(u64, usize)> {
    let (mut sum, mut programs) = (0, 0);
    for entry in Dir::read_from(directory)? {
        let entry = entry?;
        if entry.file_type() != FileType::RegularFile {
            continue;
        }
        let mut magic = [0; 4];
        let name = std::ffi::OsStr::new(entry.file_name().to_str().unwrap_or("."));
        let (stat, length) = look(directory, Path::new(name), &mut magic)?;
        sum += stat.st_size.unsigned_abs();
        programs += usize::from(magic[..length] == *b"\x7fELF");
    }
    Ok((sum, programs))
}
