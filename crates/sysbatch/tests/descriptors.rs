//! Descriptors that a batch opens: closed once, by somebody.

mod common;

use std::fs;
use std::io::Read as _;

use common::{assert_crossings, backend, scratch};
use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;
use rustix::pipe::PipeFlags;
use sysbatch::{Batch, CallErrorKind};

/// Whether anything is open that refers to this inode.
fn is_open(path: &std::path::Path) -> bool {
    let path = fs::canonicalize(path).unwrap();
    let mut open = fs::read_dir("/proc/self/fd").unwrap();
    open.any(|entry| fs::read_link(entry.unwrap().path()).is_ok_and(|target| target == path))
}

#[test]
fn descriptors_are_closed_or_taken() {
    let directory = scratch();
    let path = directory.path().join("file");
    fs::write(&path, "x").unwrap();
    let backend = backend();
    let mut batch = Batch::new();
    let file = batch.openat(CWD, &path, OFlags::RDONLY, Mode::empty());
    for _ in 0..3 {
        let results = batch.run(&backend).unwrap();
        assert!(results.fd(&file).is_ok());
        assert!(is_open(&path));
        drop(results);
        assert!(!is_open(&path), "closed with the results");
    }
    let mut results = batch.run(&backend).unwrap();
    let taken = results.take(&file).unwrap();
    let error = results.take(&file).unwrap_err();
    assert_eq!(error.kind(), CallErrorKind::Taken);
    drop(results);
    assert!(is_open(&path), "what is taken stays");
    let mut content = String::new();
    fs::File::from(taken).read_to_string(&mut content).unwrap();
    assert_eq!(content, "x");
    assert!(!is_open(&path));
    batch.close(file);
    drop(batch.run(&backend).unwrap());
    assert!(!is_open(&path));
}

#[test]
fn a_loop_closes_what_it_opens_once() {
    let directory = scratch();
    let path = directory.path().join("file");
    fs::write(&path, "x").unwrap();
    let mut batch = Batch::new();
    let rounds = batch.param(-3_i64);
    let again = batch.here();
    let file = batch.openat(CWD, &path, OFlags::RDONLY, Mode::empty());
    let closing = batch.here();
    let close = batch.close(file);
    // Goes through the close twice for each open: the second is skipped.
    let twice = batch.param(-1_i64);
    let second = batch.add_assign(&twice, 1_i64);
    batch.on_zero(&second, closing);
    batch.assign(&twice, -1_i64);
    let round = batch.add_assign(&rounds, 1_i64);
    batch.on_negative(&round, again);
    batch.fuel(1000);
    let backend = backend();
    let results = batch.run(&backend).unwrap();
    // The last time it came by there was nothing to close.
    let error = results.get(&close).unwrap_err();
    assert_eq!(error.kind(), CallErrorKind::NotExecuted);
    // Three opens, three closes.
    assert_crossings(&backend, 1, 6);
    assert!(!is_open(&path));
}

#[test]
fn pipes() {
    let mut input = [0; 8];
    let mut batch = Batch::new();
    let (reader, writer) = batch.pipe2(PipeFlags::CLOEXEC);
    let written = batch.write(&writer, b"through");
    let closed = batch.close(writer);
    let read = batch.read(&reader, &mut input);
    let backend = backend();
    let mut results = batch.run(&backend).unwrap();
    assert_eq!(results.get(&written), Ok(7));
    assert_eq!(results.get(&closed), Ok(()));
    assert_eq!(results.get(&read), Ok(7));
    // pipe2 and two loads, then no checks.
    assert_eq!(results.steps(), 6);
    let reader = results.take(&reader).unwrap();
    drop(results);
    drop(batch);
    assert_eq!(&input, b"through\0");
    assert_eq!(rustix::io::read(&reader, &mut input), Ok(0), "closed");
}

#[test]
fn a_pipe_that_cannot_be_made() {
    let mut batch = Batch::new();
    let (reader, writer) = batch.pipe2(PipeFlags::from_bits_retain(1));
    let write = batch.write(&writer, b"x");
    let pid = batch.getpid();
    let buffer = batch.buffer(1);
    let read = batch.read(&reader, buffer);
    let results = batch.run(&backend()).unwrap();
    for end in [&reader, &writer] {
        assert_eq!(results.fd(end).unwrap_err().errno(), Some(Errno::INVAL));
    }
    assert!(results.get(&pid).is_ok());
    for call in [&write, &read] {
        let error = results.get(call).unwrap_err();
        assert_eq!(error.errno(), Some(Errno::INVAL));
    }
}
