//! Straight lines, loops and results.

use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use sysbatch::combine;
use sysbatch::rustix::fs::{AtFlags, CWD, Mode, OFlags, Stat, fstat, openat, statat, unlinkat};
use sysbatch::rustix::io::{Errno, pread, read, write};
use sysbatch::rustix::pipe::pipe;

use crate::batches;
use crate::common::scratch;

#[combine(deny_split)]
fn first_bytes(path: &Path, buffer: &mut [u8]) -> io::Result<usize> {
    let file = openat(CWD, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    let length = read(&file, buffer)?;
    drop(file);
    Ok(length)
}

#[combine(deny_split)]
fn tail(path: &Path, buffer: &mut [u8; 8]) -> Result<usize, Errno> {
    let file = openat(CWD, path, OFlags::RDONLY, Mode::empty())?;
    pread(&file, buffer, 3)
}

#[combine(deny_split)]
fn copy(from: &Path, to: &Path) -> io::Result<u64> {
    let source = openat(CWD, from, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC;
    let target = openat(CWD, to, flags, Mode::RUSR | Mode::WUSR)?;
    let mut buffer = [0; 4096];
    let mut total = 0_u64;
    loop {
        let length = read(&source, &mut buffer)?;
        if length == 0 {
            return Ok(total);
        }
        let written = write(&target, &buffer[..length])?;
        if written != length {
            return Err(io::Error::from(io::ErrorKind::WriteZero));
        }
        total += written as u64;
    }
}

#[combine(deny_split)]
fn remove(path: &Path) -> io::Result<bool> {
    let mut found = 0_u64;
    match unlinkat(CWD, path, AtFlags::empty()) {
        Ok(()) => found += 1,
        Err(Errno::NOENT) => {}
        Err(error) => return Err(error.into()),
    }
    if let Err(error) = statat(CWD, path, AtFlags::empty()) {
        if found == 0 {
            return Ok(false);
        }
        return Ok(error == Errno::NOENT);
    }
    Ok(true)
}

#[combine(deny_split)]
fn ends(text: &[u8], buffer: &mut [u8]) -> Result<(OwnedFd, usize, Stat), Errno> {
    let (reader, writer) = pipe()?;
    write(&writer, text)?;
    let length = read(&reader, &mut *buffer)?;
    let stat = fstat(reader.as_fd())?;
    drop(writer);
    Ok((reader, length, stat))
}

#[test]
fn straight_lines() {
    let mut buffer = [0; 13];
    let (length, count) = batches(|| first_bytes(Path::new("/proc/version"), &mut buffer));
    assert_eq!((length.unwrap(), count), (13, 1));
    assert_eq!(&buffer, b"Linux version");
    let (error, count) = batches(|| first_bytes(Path::new("/missing"), &mut buffer).unwrap_err());
    assert_eq!((error.raw_os_error(), count), (Some(2), 1));
    let (error, _) = batches(|| first_bytes(Path::new("with\0zero"), &mut buffer).unwrap_err());
    assert_eq!(error.raw_os_error(), Some(22));
    let mut eight = [0; 8];
    let (length, count) = batches(|| tail(Path::new("/proc/version"), &mut eight));
    assert_eq!((length, count), (Ok(8), 1));
    assert_eq!(&eight, b"ux versi");
    let (result, _) = batches(|| tail(Path::new("/"), &mut eight));
    assert_eq!(result, Err(Errno::ISDIR));
}

#[test]
fn loops() {
    let directory = scratch();
    let [from, to] = ["from", "to"].map(|name| directory.path().join(name));
    fs::write(&from, vec![7; 100_000]).unwrap();
    let (total, count) = batches(|| copy(&from, &to));
    assert_eq!((total.unwrap(), count), (100_000, 1));
    assert_eq!(fs::read(&from).unwrap(), fs::read(&to).unwrap());
    let (error, _) = batches(|| copy(&from, Path::new("/dev/full")).unwrap_err());
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    let ((), count) = batches(|| assert!(remove(&to).unwrap()));
    assert_eq!(count, 1);
    batches(|| assert!(!remove(&to).unwrap()));
    batches(|| assert!(remove(directory.path()).is_err()));
}

#[test]
fn results_are_as_they_are_written() {
    let mut buffer = [0; 16];
    let ((reader, length, stat), count) = batches(|| ends(b"text", &mut buffer).unwrap());
    assert_eq!((length, count), (4, 1));
    assert_eq!(stat.st_mode & 0o170_000, 0o10_000);
    assert_eq!(read(&reader, &mut buffer), Ok(0));
}
