//! The kinds of memory that a call fills, compared with what rustix does with them.
#![expect(unsafe_code, reason = "what a call left in memory is looked at")]

mod common;

use std::fs::{self, File};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;

use common::{backend, scratch};
use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, socketpair};
use sysbatch::{Batch, BatchError, BuildError, DirectoryEntries, Target, spare_capacity};

/// A file with the first lower case letters.
fn letters() -> (tempfile::TempDir, File) {
    let directory = scratch();
    let path = directory.path().join("file");
    fs::write(&path, "abcdefghij").unwrap();
    (directory, File::open(path).unwrap())
}

#[test]
fn uninitialised_memory() {
    let (_directory, file) = letters();
    let mut array = [MaybeUninit::<u8>::uninit(); 4];
    let mut vector = Vec::<u8>::with_capacity(32);
    let slice = vector.spare_capacity_mut();
    let mut batch = Batch::new();
    let first = batch.read(&file, &mut array);
    let rest = batch.read(&file, slice);
    let backend = backend();
    let results = batch.run(&backend).unwrap();
    assert_eq!(results.filled(&first), Ok(&b"abcd"[..]));
    assert_eq!(results.filled(&rest), Ok(&b"efghij"[..]));
    drop(results);
    drop(batch);
    // SAFETY: the run has filled it, as its result says.
    assert_eq!(array.map(|byte| unsafe { byte.assume_init() }), *b"abcd");
    // As with rustix, its length is the caller's affair.
    assert!(vector.is_empty());
}

#[test]
fn spare_capacity_is_appended_to() {
    let (_directory, file) = letters();
    let mut ours = Vec::with_capacity(16);
    ours.extend_from_slice(b"> ");
    let mut theirs = ours.clone();
    theirs.reserve_exact(14);
    let backend = backend();
    let mut batch = Batch::new();
    let read = batch.pread(&file, spare_capacity(&mut ours), 3_u64);
    let results = batch.run(&backend).unwrap();
    let length = rustix::io::pread(&file, rustix::buffer::spare_capacity(&mut theirs), 3).unwrap();
    assert_eq!(results.get(&read), Ok(length));
    assert_eq!(results.filled(&read), Ok(&b"defghij"[..]));
    drop(results);
    drop(batch);
    assert_eq!(ours, theirs);
    assert_eq!(ours, b"> defghij");
}

#[test]
fn each_run_fills_the_same_capacity() {
    let (_directory, file) = letters();
    let mut vector = Vec::with_capacity(6);
    vector.push(b'>');
    let backend = backend();
    let mut batch = Batch::new();
    let read = batch.read(&file, spare_capacity(&mut vector));
    for expected in [&b"abcde"[..], b"fghij", b""] {
        let results = batch.run(&backend).unwrap();
        assert_eq!(results.filled(&read), Ok(expected));
    }
    drop(batch);
    assert_eq!(vector, b">", "the last run has read nothing");
}

#[test]
fn what_fails_appends_nothing() {
    let directory = File::open("/").unwrap();
    let mut vectors = [b"a", b"b", b"c"].map(|byte| {
        let mut vector = Vec::with_capacity(8);
        vector.push(byte[0]);
        vector
    });
    let [failed, skipped, past] = &mut vectors;
    let mut batch = Batch::new();
    let missing = batch.openat(CWD, "/missing", OFlags::RDONLY, Mode::empty());
    batch.read(&missing, spare_capacity(skipped));
    let read = batch.read(&directory, spare_capacity(failed));
    batch.on_error(&read, Target::Exit);
    batch.read(&directory, spare_capacity(past));
    let backend = backend();
    let results = batch.run(&backend).unwrap();
    assert_eq!(
        results.filled(&read).unwrap_err().errno(),
        Some(Errno::ISDIR)
    );
    drop(results);
    drop(batch);
    assert_eq!(vectors, [b"a", b"b", b"c"]);
}

#[test]
fn a_vector_without_room_is_a_mistake() {
    let file = File::open("/dev/zero").unwrap();
    let mut empty = Vec::with_capacity(64);
    let mut none = Vec::new();
    let refused = |batch: &mut Batch<'_>| match batch.run(&backend()) {
        Err(BatchError::Build(error)) => error,
        other => panic!("{other:?}"),
    };
    let mut batch = Batch::new();
    batch.getpid();
    batch.read(&file, &mut empty);
    let error = refused(&mut batch);
    let (name, index) = ("read", 1);
    assert_eq!(error, BuildError::EmptyVector { name, index });
    assert_eq!(
        error.to_string(),
        "read (entry 1): the vector that it fills has no room; give it \
         `spare_capacity(&mut vector)` of a vector with capacity, or elements to overwrite"
    );
    let mut batch = Batch::new();
    batch.getpid();
    batch.read(&file, spare_capacity(&mut none));
    assert_eq!(refused(&mut batch), error);
    // A slice without elements is what it says.
    let mut batch = Batch::new();
    let read = batch.read(&file, &mut [0_u8; 0]);
    assert_eq!(batch.run(&backend()).unwrap().get(&read), Ok(0));
}

#[test]
fn other_calls_that_fill_memory() {
    let directory = scratch();
    fs::write(directory.path().join("file"), "").unwrap();
    let place = File::open(directory.path()).unwrap();
    rustix::fs::symlinkat("file", &place, "link").unwrap();
    let (a, b): (OwnedFd, OwnedFd) = socketpair(
        AddressFamily::UNIX,
        SocketType::DGRAM,
        SocketFlags::CLOEXEC,
        None,
    )
    .unwrap();
    let [mut names, mut target, mut message] = [512, 64, 3].map(Vec::with_capacity);
    let mut batch = Batch::new();
    batch.getdents64(&place, spare_capacity(&mut names));
    batch.readlinkat(&place, "link", spare_capacity(&mut target));
    batch.sendto(&a, b"message", SendFlags::empty(), None);
    let received = batch.recvfrom(&b, spare_capacity(&mut message), RecvFlags::TRUNC);
    let backend = backend();
    let results = batch.run(&backend).unwrap();
    results.check().unwrap();
    // The message is longer than what was received of it.
    assert_eq!(results.get(&received), Ok(7));
    assert_eq!(results.filled(&received), Ok(&b"mes"[..]));
    drop(results);
    drop(batch);
    assert_eq!(DirectoryEntries::new(&names).count(), 4);
    assert_eq!(target, b"file");
    assert_eq!(message, b"mes");
}

#[test]
#[should_panic(expected = "is of a call that fills no memory")]
fn a_write_fills_nothing() {
    let file = File::options().write(true).open("/dev/null").unwrap();
    let mut batch = Batch::new();
    let write = batch.write(&file, b"text");
    let backend = backend();
    let results = batch.run(&backend).unwrap();
    let _ = results.filled(&write);
}
