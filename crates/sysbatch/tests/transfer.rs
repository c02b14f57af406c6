//! Calls that move bytes between files, and those on several pieces of memory.

mod common;

use std::fs::{self, File};

use common::{backend, scratch};
use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::{Errno, ReadWriteFlags};
use rustix::pipe::{PipeFlags, SpliceFlags, pipe_with};
use sysbatch::{Batch, CallErrorKind, FileOffset, spare_capacity};

const LETTERS: &[u8] = b"abcdefghij";

/// A file with letters, and an empty one.
fn files() -> (tempfile::TempDir, File, File) {
    let directory = scratch();
    let [from, to] = ["from", "to"].map(|name| directory.path().join(name));
    fs::write(&from, LETTERS).unwrap();
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    let [from, to] = [from, to].map(|path| options.open(path).unwrap());
    (directory, from, to)
}

/// What is in a file.
fn content(file: &File) -> Vec<u8> {
    let mut bytes = vec![0; 100];
    let length = rustix::io::pread(file, &mut bytes, 0).unwrap();
    bytes.truncate(length);
    bytes
}

#[test]
fn copies_at_offsets() {
    let (_directory, from, to) = files();
    let backend = backend();
    let (current, at) = (FileOffset::CURRENT, FileOffset::at);
    let mut batch = Batch::new();
    let first = batch.copy_file_range(&from, current, &to, current, 2_u64);
    let second = batch.copy_file_range(&from, at(7_u64), &to, at(4_u64), 100_u64);
    let third = batch.copy_file_range(&from, current, &to, FileOffset::at(&second), 1_u64);
    // A run begins at the offsets that were given, not where the last one ended.
    for expected in [&b"ab\0chij"[..], b"abdfhij"] {
        let results = batch.run(&backend).unwrap();
        assert_eq!(results.get(&first), Ok(2));
        assert_eq!(results.get(&second), Ok(3));
        assert_eq!(results.get(&third), Ok(1));
        drop(results);
        assert_eq!(content(&to), expected);
    }
    assert_eq!(rustix::fs::tell(&from), Ok(6));
    assert_eq!(rustix::fs::tell(&to), Ok(4));
}

#[test]
fn files_to_pipes_and_back() {
    let (_directory, from, to) = files();
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC).unwrap();
    let (copy, other) = pipe_with(PipeFlags::CLOEXEC).unwrap();
    let backend = backend();
    let none = SpliceFlags::empty();
    let (current, at) = (FileOffset::CURRENT, FileOffset::at);
    let mut copied = Vec::with_capacity(10);
    let mut batch = Batch::new();
    let filled = batch.splice(&from, at(2_u64), &writer, current, 4_u64, none);
    let sent = batch.sendfile(&writer, &from, at(8_u64), 100_u64);
    let doubled = batch.tee(&reader, &other, 100_u64, none);
    let emptied = batch.splice(&reader, current, &to, at(1_u64), &filled, none);
    let rest = batch.splice(&reader, current, &to, current, &sent, none);
    batch.read(&copy, spare_capacity(&mut copied));
    let bad = batch.splice(&from, current, &to, current, 1_u64, none);
    let results = batch.run(&backend).unwrap();
    assert_eq!(results.get(&filled), Ok(4));
    assert_eq!(results.get(&sent), Ok(2));
    assert_eq!(results.get(&doubled), Ok(6));
    assert_eq!(results.get(&emptied), Ok(4));
    assert_eq!(results.get(&rest), Ok(2));
    assert_eq!(results.get(&bad).unwrap_err().errno(), Some(Errno::INVAL));
    drop(results);
    drop(batch);
    assert_eq!(content(&to), b"ijdef");
    assert_eq!(copied, b"cdefij");
    assert_eq!(rustix::fs::tell(&from), Ok(0));
}

#[test]
fn an_offset_that_failed_is_not_used() {
    let (_directory, from, to) = files();
    let directory = File::open("/").unwrap();
    let mut batch = Batch::new();
    let buffer = batch.buffer(8);
    let read = batch.read(&directory, buffer);
    let (current, at) = (FileOffset::CURRENT, FileOffset::at(&read));
    let copy = batch.copy_file_range(&from, at, &to, current, 3_u64);
    let after = batch.getpid();
    let backend = backend();
    let results = batch.run(&backend).unwrap();
    let skipped = CallErrorKind::Skipped {
        name: "read",
        index: 0,
        errno: Errno::ISDIR,
    };
    assert_eq!(results.get(&copy).unwrap_err().kind(), skipped);
    assert!(results.get(&after).is_ok());
    drop(results);
    assert_eq!(content(&to), b"");
}

#[test]
fn several_pieces_are_read() {
    let (_directory, from, _to) = files();
    let backend = backend();
    let (mut one, mut two, mut three) = ([0; 2], [0; 3], [0; 100]);
    let mut batch = Batch::new();
    let first = batch.readv(&from, [&mut one[..], &mut two[..]]);
    let second = batch.preadv(&from, [&mut three[..]], 7_u64);
    let results = batch.run(&backend).unwrap();
    assert_eq!(results.get(&first), Ok(5));
    assert_eq!(results.get(&second), Ok(3));
    drop(results);
    drop(batch);
    assert_eq!((&one, &two, &three[..3]), (b"ab", b"cde", &b"hij"[..]));

    // Each vector becomes longer by what is in it.
    let mut vectors = [4, 20, 20].map(Vec::with_capacity);
    let mut batch = Batch::new();
    let to = vectors.iter_mut().map(spare_capacity);
    let read = batch.preadv2(&from, to, 0_u64, ReadWriteFlags::empty());
    let results = batch.run(&backend).unwrap();
    assert_eq!(results.get(&read), Ok(10));
    drop(results);
    drop(batch);
    assert_eq!(vectors, [&b"abcd"[..], b"efghij", b""]);
}

#[test]
fn several_pieces_are_written() {
    let (_directory, from, to) = files();
    let backend = backend();
    let mut batch = Batch::new();
    let buffer = batch.buffer(32);
    let read = batch.read(&from, buffer.part(0, 4));
    let written = batch.writev(&to, [buffer.part(0, 2), buffer.part(2, 1)]);
    // As many bytes as were read, twice.
    let twice = batch.pwritev(&to, [buffer.first(&read), buffer.first(&read)], 3_u64);
    let last = batch.pwritev2(&to, ["x", "yz"], 11_u64, ReadWriteFlags::empty());
    let results = batch.run(&backend).unwrap();
    assert_eq!(results.get(&written), Ok(3));
    assert_eq!(results.get(&twice), Ok(8));
    assert_eq!(results.get(&last), Ok(3));
    drop(results);
    assert_eq!(content(&to), b"abcabcdabcdxyz");
}

#[test]
fn a_length_that_failed_is_not_written() {
    let (_directory, _from, to) = files();
    let mut batch = Batch::new();
    let buffer = batch.buffer(8);
    let missing = batch.openat(CWD, "/missing", OFlags::RDONLY, Mode::empty());
    let read = batch.read(&missing, buffer);
    let written = batch.writev(&to, [buffer.first(&read)]);
    let backend = backend();
    let results = batch.run(&backend).unwrap();
    let error = results.get(&written).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::NOENT));
    assert!(matches!(error.kind(), CallErrorKind::Skipped { .. }));
    drop(results);
    assert_eq!(content(&to), b"");
}

#[test]
#[should_panic(expected = "this argument belongs to another batch")]
fn a_piece_of_another_batch() {
    let (_directory, from, _to) = files();
    let mut other = Batch::new();
    let buffer = other.buffer(8);
    Batch::new().readv(&from, [buffer]);
}
