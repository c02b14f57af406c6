//! Reading and writing, compared with the same calls made alone.

mod common;

use std::fs;
use std::os::fd::OwnedFd;

use common::{backend, scratch};
use rustix::fs::{CWD, Mode, OFlags, SeekFrom};
use rustix::io::{DupFlags, Errno};
use sysbatch::Batch;

/// A file with the first lower case letters.
fn letters() -> (tempfile::TempDir, fs::File) {
    let directory = scratch();
    let path = directory.path().join("file");
    fs::write(&path, "abcdefghij").unwrap();
    let file = fs::File::options().read(true).write(true).open(path);
    (directory, file.unwrap())
}

#[test]
fn offsets() {
    let (_directory, file) = letters();
    let (mut one, mut two, mut three) = ([0; 3], [0; 3], vec![0; 30]);
    let mut batch = Batch::new();
    let first = batch.read(&file, &mut one);
    let second = batch.pread(&file, &mut two, 7_u64);
    let written = batch.pwrite(&file, b"WXYZ", 8_u64);
    let at = batch.lseek(&file, SeekFrom::Current(0));
    let third = batch.pread(&file, &mut three, &at);
    let end = batch.lseek(&file, SeekFrom::End(0));
    let hole = batch.lseek(&file, SeekFrom::Hole(0));
    let bad = batch.lseek(&file, SeekFrom::End(-100));
    let beyond = batch.lseek(&file, SeekFrom::Data(100));
    let results = batch.run(&backend()).unwrap();
    assert_eq!(results.get(&first), Ok(3));
    assert_eq!(results.get(&second), Ok(3));
    assert_eq!(results.get(&written), Ok(4));
    assert_eq!(results.get(&at), Ok(3));
    assert_eq!(results.get(&third), Ok(9));
    assert_eq!(results.get(&end), Ok(12));
    assert_eq!(results.get(&hole), Ok(12));
    assert_eq!(results.get(&bad).unwrap_err().errno(), Some(Errno::INVAL));
    let error = results.get(&beyond).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::NXIO));
    drop(results);
    drop(batch);
    assert_eq!(
        (&one, &two, &three[..9]),
        (b"abc", b"hij", &b"defghWXYZ"[..])
    );
}

#[test]
fn what_is_lent_can_be_used_by_many() {
    let (_directory, file) = letters();
    let mut memory = *b"..........";
    let mut batch = Batch::new();
    let buffer = batch.lend(&mut memory);
    let front = batch.read(&file, buffer.part(6, 2));
    let back = batch.read(&file, buffer.part(0, 2));
    let written = batch.pwrite(&file, buffer, 0_u64);
    let backend = backend();
    let results = batch.run(&backend).unwrap();
    assert_eq!(results.get(&front), Ok(2));
    assert_eq!(results.get(&back), Ok(2));
    assert_eq!(results.get(&written), Ok(10));
    assert_eq!(results.bytes(buffer), b"cd....ab..");
    drop(results);
    batch.bytes_mut(buffer)[9] = b'!';
    drop(batch.run(&backend).unwrap());
    drop(batch);
    // The second run has read on in what the first one wrote.
    assert_eq!(&memory, b"ab.......!");
}

#[test]
#[should_panic(expected = "3 bytes from 8 on are not within a buffer of 10 bytes")]
fn a_part_is_within_its_buffer() {
    let mut batch = Batch::new();
    let _ = batch.buffer(10).part(8, 3);
}

#[test]
fn replacing_descriptors() {
    let (_directory, file) = letters();
    let mut mine: OwnedFd = fs::File::open("/dev/null").unwrap().into();
    let mut buffer = [[0; 4]; 2];
    let [one, two] = &mut buffer;
    let mut batch = Batch::new();
    let opened = batch.openat(CWD, "/dev/null", OFlags::RDONLY, Mode::empty());
    let first = batch.dup3(&file, &opened, DupFlags::CLOEXEC);
    let read = batch.read(&opened, one);
    let closed = batch.close(opened);
    let second = batch.dup3(&file, &mut mine, DupFlags::empty());
    let same = batch.read(&file, two);
    let results = batch.run(&backend()).unwrap();
    let pairs = [results.get(&read), results.get(&same)];
    assert_eq!(pairs, [Ok(4), Ok(4)]);
    for call in [&first, &second, &closed] {
        assert_eq!(results.get(call), Ok(()));
    }
    drop(results);
    drop(batch);
    assert_eq!(buffer, [*b"abcd", *b"efgh"]);
    let mut rest = [0; 4];
    assert_eq!(rustix::io::read(&mine, &mut rest), Ok(2));
    assert_eq!(&rest, b"ij\0\0");
}

#[test]
fn errors() {
    let (_directory, file) = letters();
    let readable = fs::File::open("/dev/zero").unwrap();
    let mut buffer = [0; 4];
    let mut batch = Batch::new();
    let written = batch.write(&readable, b"x");
    let offset = batch.pread(&file, &mut buffer, -1_i64);
    let alone = rustix::io::write(&readable, b"x").unwrap_err();
    let results = batch.run(&backend()).unwrap();
    assert_eq!(results.get(&written).unwrap_err().errno(), Some(alone));
    let error = results.get(&offset).unwrap_err();
    assert_eq!(
        error.to_string(),
        "pread64 (entry 1): Invalid argument (os error 22)"
    );
}
