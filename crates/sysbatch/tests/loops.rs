//! Loops, branches, arithmetic and parameters.

mod common;

use std::fs;

use common::{assert_crossings, backend, scratch};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, StatxFlags};
use rustix::io::Errno;
use sysbatch::abi::Status;
use sysbatch::{Batch, BatchError, BuildError, CallErrorKind, Target};

#[test]
fn a_loop_copies_a_large_file() {
    let directory = scratch();
    let [from, to] = ["from", "to"].map(|name| directory.path().join(name));
    let content: Vec<u8> = (0..10_u32 << 20)
        .map(|at| (at ^ (at >> 11)) as u8)
        .collect();
    fs::write(&from, &content).unwrap();

    let mut batch = Batch::new();
    let buffer = batch.buffer(65536);
    let total = batch.param(0_u64);
    let short = batch.label();
    let done = batch.label();
    let input = batch.openat(CWD, &from, OFlags::RDONLY, Mode::empty());
    let flags = OFlags::WRONLY | OFlags::CREATE;
    let output = batch.openat(CWD, &to, flags, Mode::RUSR | Mode::WUSR);
    let again = batch.here();
    let read = batch.read(&input, buffer);
    batch.on_error(&read, Target::Exit);
    batch.on_zero(&read, done);
    let written = batch.write(&output, buffer.first(&read));
    batch.on_error(&written, Target::Exit);
    batch.add_assign(&total, &written);
    let difference = batch.sub(&read, &written);
    batch.on_positive(&difference, short);
    batch.on_zero(&difference, again);
    batch.place(done);
    let closed = batch.close(output);
    batch.close(input);
    batch.place(short);
    batch.fuel(10_000);

    let backend = backend();
    let results = batch.run(&backend).unwrap();
    assert_eq!(results.status(), Status::Done);
    assert_eq!(results.get(&closed), Ok(()));
    assert_eq!(results.value(&total), 10 << 20);
    drop(results);
    assert!(fs::read(&to).unwrap() == content);
    // Two opens, 160 reads with a write each and one without, two closes.
    assert_crossings(&backend, 1, 2 + 321 + 2);
}

#[test]
fn fuel_ends_a_loop() {
    let mut batch = Batch::new();
    let count = batch.param(0_i64);
    let again = batch.here();
    batch.add_assign(&count, 1_i64);
    batch.jump(again);
    assert_eq!(
        batch.run(&backend()).unwrap_err(),
        BatchError::Build(BuildError::FuelNeeded {
            name: "SET",
            index: 1
        })
    );
    batch.fuel(101);
    let results = batch.run(&backend()).unwrap();
    assert_eq!(results.status(), Status::OutOfFuel);
    assert_eq!(results.steps(), 101);
    assert_eq!(results.value(&count), 51);
    let error = results.check().unwrap_err();
    assert_eq!((error.name(), error.index()), ("SET", 1));
    assert_eq!(error.kind(), CallErrorKind::OutOfFuel);
    assert!(error.to_string().contains("ran out of fuel"), "{error}");
}

#[test]
fn a_check_finds_the_first_call_that_failed() {
    let directory = scratch();
    let missing = directory.path().join("missing");
    let mut batch = Batch::new();
    let buffer = batch.buffer(16);
    let file = batch.openat(CWD, &missing, OFlags::RDONLY, Mode::empty());
    // Is not made, so is not what failed.
    batch.read(&file, buffer);
    batch.unlinkat(CWD, &missing, AtFlags::REMOVEDIR);
    let backend = backend();
    let error = batch.run(&backend).unwrap().check().unwrap_err();
    assert_eq!((error.name(), error.index()), ("openat", 0));
    assert_eq!(error.errno(), Some(Errno::NOENT));

    fs::write(&missing, "there").unwrap();
    let error = batch.run(&backend).unwrap().check().unwrap_err();
    assert_eq!((error.name(), error.index()), ("unlinkat", 2));

    // Arithmetic below zero is no failure.
    let mut batch = Batch::new();
    batch.sub(1_i64, 2_i64);
    batch.statx(CWD, "/", AtFlags::empty(), StatxFlags::SIZE);
    assert_eq!(batch.run(&backend).unwrap().check(), Ok(()));
}

#[test]
fn arithmetic() {
    let mut batch = Batch::new();
    let (a, b) = (batch.param(13_i64), batch.param(5_i64));
    let handles = [
        batch.add(&a, &b),
        batch.sub(&b, &a),
        batch.mul(&a, &b),
        batch.and(&a, &b),
        batch.or(&a, &b),
        batch.xor(&a, &b),
        batch.shl(&a, &b),
        batch.shr(&a, 2_u32),
        batch.shl(&a, 64_u32),
        batch.test(-1_i64),
    ];
    let results = batch.run(&backend()).unwrap();
    let values = handles.map(|handle| results.get(&handle).unwrap());
    assert_eq!(values, [18, -8, 65, 5, 13, 8, 416, 3, 0, -1]);
}

#[test]
fn branches_by_sign() {
    for (number, expected) in [(-7_i64, 1_i64), (0, 2), (7, 3)] {
        let mut batch = Batch::new();
        let [negative, zero, positive, end] = [0; 4].map(|_| batch.label());
        let result = batch.param(0_i64);
        let number = batch.test(number);
        batch.on_negative(&number, negative);
        batch.on_zero(&number, zero);
        batch.on_positive(&number, positive);
        for (label, value) in [(negative, 1_i64), (zero, 2), (positive, 3)] {
            batch.place(label);
            batch.assign(&result, value);
            batch.jump(end);
        }
        batch.place(end);
        let results = batch.run(&backend()).unwrap();
        assert_eq!(results.value(&result), expected);
    }
}

#[test]
fn parameters_change_between_runs() {
    let directory = scratch();
    let names = ["a", "b", "c"];
    for (length, name) in names.iter().enumerate() {
        fs::write(directory.path().join(name), vec![b'x'; length]).unwrap();
    }
    let opened = fs::File::open(directory.path()).unwrap();
    let other = fs::File::open("/").unwrap();
    let mut batch = Batch::new();
    let base = batch.param(std::os::fd::AsFd::as_fd(&other));
    let path = batch.path_param("nothing").unwrap();
    let offset = batch.param(0_u64);
    let buffer = batch.buffer(1);
    let stat = batch.statx(&base, &path, AtFlags::empty(), StatxFlags::SIZE);
    let file = batch.openat(&base, &path, OFlags::RDONLY, Mode::empty());
    let read = batch.pread(&file, buffer, &offset);
    assert_eq!(
        batch.path_param("a\0b").unwrap_err(),
        Errno::INVAL,
        "a zero byte"
    );
    assert_eq!(batch.set_path(&path, "\0"), Err(Errno::INVAL));
    let backend = backend();
    let results = batch.run(&backend).unwrap();
    assert_eq!(results.get(&stat).unwrap_err().errno(), Some(Errno::NOENT));
    drop(results);
    batch.set(&base, std::os::fd::AsFd::as_fd(&opened));
    for (length, name) in names.iter().enumerate() {
        batch.set_path(&path, *name).unwrap();
        batch.set(&offset, 1);
        let results = batch.run(&backend).unwrap();
        assert_eq!(results.get(&stat).unwrap().stx_size, length as u64);
        assert_eq!(results.get(&read), Ok(length.saturating_sub(1)));
    }
}
