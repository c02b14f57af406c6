//! Reads `/proc/*/status` of all processes.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, BorrowedFd};

use sysbatch::combine;
use sysbatch::rustix::fs::{FileType, MemfdFlags, Mode, OFlags, RawDir, memfd_create, openat};
use sysbatch::rustix::io::{read, write};

/// Writes what is in `/proc/*/status`, at most 4096 bytes of each, to a file.
#[combine(deny_split)]
fn collect(proc: BorrowedFd<'_>, into: BorrowedFd<'_>) -> io::Result<()> {
    let mut names = [MaybeUninit::uninit(); 16384];
    let mut entries = RawDir::new(proc, &mut names);
    let mut text = [0; 4096];
    let only_name = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    while let Some(entry) = entries.next() {
        let entry = entry?;
        if entry.file_type() != FileType::Directory {
            continue;
        }
        // One that has ended since, or is no process, is left out.
        let Ok(process) = openat(proc, entry.file_name(), only_name, Mode::empty()) else {
            continue;
        };
        let Ok(status) = openat(&process, "status", flags, Mode::empty()) else {
            continue;
        };
        let Ok(length) = read(&status, &mut text) else {
            continue;
        };
        write(into, &text[..length])?;
    }
    Ok(())
}

/// The names of all processes that there are.
pub(crate) fn names(proc: BorrowedFd<'_>) -> io::Result<Vec<String>> {
    let file = std::fs::File::from(memfd_create("status", MemfdFlags::CLOEXEC)?);
    collect(proc, file.as_fd())?;
    let mut text = Vec::new();
    io::Seek::rewind(&mut &file)?;
    io::Read::read_to_end(&mut &file, &mut text)?;
    let text = String::from_utf8_lossy(&text);
    let names = text.lines().filter_map(|line| line.strip_prefix("Name:"));
    Ok(names.map(|name| name.trim().to_owned()).collect())
}
