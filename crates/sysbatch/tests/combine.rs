//! Functions that `combine` has combined do what they do as they are written.

mod common;

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::{fs, thread};

use common::scratch;
use sysbatch::rustix::fs::{AtFlags, CWD, Mode, OFlags, Stat, fstat, openat, statat, unlinkat};
use sysbatch::rustix::io::{Errno, pread, read, write};
use sysbatch::rustix::pipe::pipe;
use sysbatch::{Kind, combine, combined_backend, combined_batches};

#[path = "../examples/combine/copy.rs"]
mod copying;
#[path = "../examples/combine/serve.rs"]
mod serve;
#[path = "../examples/combine/stat.rs"]
mod stat;
#[path = "../examples/combine/status.rs"]
mod status;
#[path = "../examples/combine/walk.rs"]
mod walk;

/// What something comes to, and how many batches it takes.
///
/// # Panics
/// If it takes more crossings than it has to: in the kernel one for each batch, and in user
/// space as many as there are calls, if that is known.
#[track_caller]
fn crossings<T>(calls: Option<u64>, of: impl FnOnce() -> T) -> (T, u64) {
    // All code that was combined has the same backend.
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let backend = combined_backend();
    let before = (backend.crossings(), combined_batches());
    let value = of();
    let crossings = backend.crossings() - before.0;
    let batches = combined_batches() - before.1;
    match backend.kind() {
        Kind::Kernel => assert_eq!(crossings, batches),
        Kind::User => assert_eq!(crossings, calls.unwrap_or(crossings)),
    }
    (value, batches)
}

/// The same where nobody counts calls.
#[track_caller]
fn batches<T>(of: impl FnOnce() -> T) -> (T, u64) {
    crossings(None, of)
}

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

#[test]
fn example_copies() {
    let directory = scratch();
    let [from, to] = ["from", "to"].map(|name| directory.path().join(name));
    fs::write(&from, vec![7; 200_000]).unwrap();
    let (copied, count) = crossings(Some(31), || copying::copy(&from, &to).unwrap());
    assert_eq!((copied, count), (200_000, 1));
    assert_eq!(fs::read(from).unwrap(), fs::read(to).unwrap());
}

#[test]
fn example_asks_about_files() {
    let directory = scratch();
    let names: Vec<PathBuf> = (0..41)
        .map(|at| directory.path().join(at.to_string()))
        .collect();
    for name in names.iter().step_by(2) {
        fs::write(name, "text").unwrap();
    }
    let (found, count) = crossings(Some(40), || stat::sizes(&names));
    assert_eq!((found, count), ((84, 21), 10));
}

#[test]
fn example_reads_of_processes() {
    let proc = fs::File::open("/proc").unwrap();
    let (names, count) = batches(|| status::names(proc.as_fd()).unwrap());
    assert!(
        !names.is_empty() && names.len() as u64 <= count,
        "{names:?} {count}"
    );
}

#[test]
fn example_walks_a_directory() {
    let directory = scratch();
    for at in 0..20 {
        fs::write(directory.path().join(at.to_string()), "text").unwrap();
    }
    fs::write(directory.path().join("program"), b"\x7fELF").unwrap();
    let file = fs::File::open(directory.path()).unwrap();
    let (found, count) = crossings(Some(84), || walk::walk(file.as_fd()).unwrap());
    assert_eq!((found, count), ((84, 1), 21));
}

#[test]
fn example_serves() {
    let directory = scratch();
    let path = directory.path().join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    let client = thread::spawn(move || {
        let mut stream = UnixStream::connect(&path).unwrap();
        io::Write::write_all(&mut stream, b"request").unwrap();
        io::read_to_string(stream).unwrap()
    });
    let mut buffer = [0; 1024];
    let (length, count) = crossings(Some(5), || serve::serve(listener.as_fd(), &mut buffer));
    assert_eq!((length.unwrap(), count), (7, 1));
    assert_eq!(client.join().unwrap(), "request");
}
