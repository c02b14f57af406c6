//! Chains of calls: what needs what, and mistakes in building them.
#![expect(unsafe_code, reason = "an address that is none")]

mod common;

use std::fs;

use common::{assert_crossings, backend, scratch};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, StatxFlags};
use rustix::io::Errno;
use sysbatch::abi::{BuiltIn, Status, Width};
use sysbatch::{Batch, BatchError, BuildError, CallErrorKind, Operand};

#[test]
fn a_chain_of_three() {
    let directory = scratch();
    let path = directory.path().join("file");
    fs::write(&path, "hello").unwrap();
    let mut buffer = [0; 16];
    let mut batch = Batch::new();
    let file = batch.openat(CWD, &path, OFlags::RDONLY, Mode::empty());
    let read = batch.read(&file, &mut buffer);
    let close = batch.close(file);
    let backend = backend();
    let results = batch.run(&backend).unwrap();
    assert_eq!(results.get(&read), Ok(5));
    assert_eq!(results.get(&close), Ok(()));
    assert_eq!(results.status(), Status::Done);
    assert_eq!(results.steps(), 3);
    drop(results);
    drop(batch);
    assert_eq!(&buffer[..5], b"hello");
    assert_crossings(&backend, 1, 3);
}

#[test]
fn what_needs_a_failed_call_is_skipped() {
    let directory = scratch();
    let path = directory.path().join("missing");
    let mut buffer = [0; 16];
    let mut batch = Batch::new();
    let file = batch.openat(CWD, &path, OFlags::RDONLY, Mode::empty());
    let read = batch.read(&file, &mut buffer);
    let pid = batch.getpid();
    let stat = batch.statx(&file, "x", AtFlags::empty(), StatxFlags::SIZE);
    let close = batch.close(file);
    let uid = batch.getuid();
    let backend = backend();
    let results = batch.run(&backend).unwrap();
    let error = results.get(&read).unwrap_err();
    let skipped = CallErrorKind::Skipped {
        name: "openat",
        index: 0,
        errno: Errno::NOENT,
    };
    assert_eq!(error.kind(), skipped);
    assert_eq!(
        error.to_string(),
        "read (entry 1): not executed, because openat (entry 0) failed: \
         No such file or directory (os error 2)"
    );
    for error in [
        results.get(&stat).unwrap_err(),
        results.get(&close).unwrap_err(),
    ] {
        assert_eq!(error.kind(), skipped);
    }
    assert_eq!(results.get(&pid), Ok(rustix::process::getpid()));
    assert_eq!(results.get(&uid), Ok(rustix::process::getuid()));
    // openat, getpid, getuid: nothing else was called.
    assert_crossings(&backend, 1, 3);
}

#[test]
fn an_error_names_its_call() {
    let mut batch = Batch::new();
    batch.getpid();
    let file = batch.openat(CWD, "/nowhere/at/all", OFlags::RDONLY, Mode::empty());
    let results = batch.run(&backend()).unwrap();
    let error = results.fd(&file).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::NOENT));
    assert_eq!(
        error.to_string(),
        "openat (entry 1): No such file or directory (os error 2)"
    );
    let error = std::io::Error::from(error);
    assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
}

#[test]
fn a_length_is_never_negative() {
    // The read fails; its result must not become the length of a write.
    let directory = scratch();
    let path = directory.path().join("out");
    let backend = backend();
    let mut batch = Batch::new();
    let buffer = batch.buffer(8);
    let output = fs::File::create(&path).unwrap();
    let directory = fs::File::open("/").unwrap();
    let again = batch.label();
    let after = batch.label();
    batch.jump(after);
    batch.place(again);
    let read = batch.read(&directory, buffer);
    batch.place(after);
    // First come by with nothing read, then with an error.
    let write = batch.write(&output, buffer.first(&read));
    let round = batch.param(-2_i64);
    let round = batch.add_assign(&round, 1_i64);
    batch.on_negative(&round, again);
    batch.fuel(100);
    let results = batch.run(&backend).unwrap();
    assert_eq!(results.get(&read).unwrap_err().errno(), Some(Errno::ISDIR));
    assert_eq!(
        results.get(&write).unwrap_err().kind(),
        CallErrorKind::Skipped {
            name: "read",
            index: 1,
            errno: Errno::ISDIR
        }
    );
    drop(results);
    assert_crossings(&backend, 1, 1);
    assert_eq!(fs::metadata(&path).unwrap().len(), 0);
}

#[test]
#[should_panic(expected = "a length of up to 16 bytes does not fit a buffer of 8 bytes")]
fn a_length_is_never_too_large() {
    let file = fs::File::open("/dev/zero").unwrap();
    let mut batch = Batch::new();
    let [large, small] = [16, 8].map(|len| batch.buffer(len));
    let read = batch.read(&file, large);
    let _ = small.first(&read);
}

#[test]
#[should_panic(expected = "this argument belongs to another batch")]
fn a_handle_of_another_batch() {
    let mut one = Batch::new();
    let mut other = Batch::new();
    let file = one.openat(CWD, "/", OFlags::RDONLY, Mode::empty());
    other.fsync(&file);
}

#[test]
fn mistakes_in_building() {
    let run = |batch: &mut Batch<'_>| match batch.run(&backend()) {
        Err(BatchError::Build(error)) => error,
        other => panic!("{other:?}"),
    };
    let mut batch = Batch::new();
    batch.getpid();
    batch.openat(CWD, "a\0b", OFlags::RDONLY, Mode::empty());
    let error = run(&mut batch);
    assert_eq!(
        error.to_string(),
        "openat (entry 1): the path cannot be passed to the kernel: Invalid argument (os error 22)"
    );

    let mut batch = Batch::new();
    let label = batch.label();
    batch.jump(label);
    let unplaced = BuildError::UnplacedLabel {
        name: "SET",
        index: 0,
    };
    assert_eq!(run(&mut batch), unplaced);
    batch.place(label);
    assert!(batch.run(&backend()).is_ok());
    batch.place(label);
    assert_eq!(run(&mut batch), BuildError::LabelPlacedTwice { index: 1 });

    let mut batch = Batch::new();
    let end = batch.label();
    batch.jump(end);
    for _ in 0..32_767 {
        batch.getpid();
    }
    let mut near = batch;
    near.place(end);
    assert_eq!(near.run(&backend()).unwrap().steps(), 1);

    let mut batch = Batch::new();
    let end = batch.label();
    batch.jump(end);
    for _ in 0..32_768 {
        batch.getpid();
    }
    batch.place(end);
    let far = BuildError::JumpTooFar {
        name: "SET",
        index: 0,
        distance: 32_768,
    };
    assert_eq!(run(&mut batch), far);
}

#[test]
fn many_calls_on_one_descriptor() {
    // Too many to be led past at once: those beyond are checked.
    let mut batch = Batch::new();
    let buffer = batch.buffer(1);
    let path = batch.path_param("/dev/zero").unwrap();
    let file = batch.openat(CWD, &path, OFlags::RDONLY, Mode::empty());
    let reads: Vec<_> = (0..40_000).map(|_| batch.read(&file, buffer)).collect();
    let backend = backend();
    let results = batch.run(&backend).unwrap();
    assert!(reads.iter().all(|read| results.get(read) == Ok(1)));
    drop(results);
    assert_crossings(&backend, 1, 40_001);
    batch.set_path(&path, "/nowhere").unwrap();
    let results = batch.run(&backend).unwrap();
    assert!(reads.iter().all(|read| results.get(read).is_err()));
    drop(results);
    // No read of nothing.
    assert_crossings(&backend, 2, 40_002);
}

#[test]
fn leaving_early() {
    let mut batch = Batch::new();
    let first = batch.getpid();
    batch.exit();
    let second = batch.getpid();
    let results = batch.run(&backend()).unwrap();
    assert_eq!(results.status(), Status::Exit);
    assert!(results.get(&first).is_ok());
    assert_eq!(
        results.get(&second).unwrap_err().kind(),
        CallErrorKind::NotExecuted
    );
}

#[test]
fn failures_in_order() {
    let mut batch = Batch::new();
    let bad = batch.openat(CWD, "/nowhere", OFlags::RDONLY, Mode::empty());
    batch.fsync(&bad);
    batch.getpid();
    batch.sub(1_i64, 2_i64);
    batch.mkdirat(CWD, "/", Mode::empty());
    let results = batch.run(&backend()).unwrap();
    let failures: Vec<String> = results.failures().map(|error| error.to_string()).collect();
    assert_eq!(
        failures,
        [
            "openat (entry 0): No such file or directory (os error 2)",
            "mkdirat (entry 4): File exists (os error 17)",
        ]
    );
}

#[test]
fn a_batch_that_is_stopped() {
    // The address of a load is no memory: the batch ends there.
    let mut batch = Batch::new();
    batch.getpid();
    let operands = [0_u64; 3].map(Operand::from);
    // SAFETY: address zero is told, not read.
    unsafe { batch.built_in(BuiltIn::Load(Width::Eight), operands) };
    let error = batch.run(&backend()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "LOAD8 (entry 1) stopped the batch: Bad address (os error 14)"
    );
}
