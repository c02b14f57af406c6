//! Reads `/proc/*/status` of all processes.

use std::io;
use std::os::fd::BorrowedFd;

use sysbatch::combine;
use sysbatch::rustix::fs::{Mode, OFlags, openat};
use sysbatch::rustix::io::read;

/// Reads the beginning of a file in a directory.
#[combine(deny_split)]
fn beginning(directory: BorrowedFd<'_>, name: &str, buffer: &mut [u8]) -> io::Result<usize> {
    let file = openat(
        directory,
        name,
        OFlags::RDONLY | OFlags::CLOEXEC,
        Mode::empty(),
    )?;
    Ok(read(&file, buffer)?)
}

/// The names of all processes that there are.
pub(crate) fn names(proc: BorrowedFd<'_>) -> io::Result<Vec<String>> {
    let mut buffer = vec![0; 4096];
    let mut names = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let Some(number) = entry?
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<u32>().ok())
        else {
            continue;
        };
        // One that has ended since is left out.
        let Ok(length) = beginning(proc, &format!("{number}/status"), &mut buffer) else {
            continue;
        };
        let text = String::from_utf8_lossy(&buffer[..length]);
        let name = text
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("Name:"));
        names.extend(name.map(|name| name.trim().to_owned()));
    }
    Ok(names)
}
