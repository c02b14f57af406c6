//! Calls that were not made name the failure that is the reason.

mod common;

use std::fs::File;
use std::io;

use common::backend;
use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;
use sysbatch::{Batch, CallErrorKind, Handle, Results, Target, combined};

fn no_file(batch: &mut Batch<'_>) -> Handle<std::os::fd::OwnedFd> {
    batch.openat(CWD, "/missing", OFlags::RDONLY, Mode::empty())
}

/// The kind of error of a call that failed or was not made.
fn kind(results: &Results<'_, '_>, call: &Handle<impl sysbatch::Output>) -> CallErrorKind {
    match results.get(call) {
        Ok(_) => panic!("{call:?} did not fail"),
        Err(error) => error.kind(),
    }
}

/// What a call has that was not made because this one failed.
const fn skipped(name: &'static str, index: usize, errno: Errno) -> CallErrorKind {
    CallErrorKind::Skipped { name, index, errno }
}

#[test]
fn a_file_that_is_missing_is_an_error_of_that_kind() {
    let read = || -> io::Result<usize> {
        let mut buffer = [0; 16];
        let mut batch = Batch::new();
        let file = no_file(&mut batch);
        let read = batch.read(&file, &mut buffer);
        batch.close(file);
        let length = batch.run(&backend())?.get(&read)?;
        Ok(length)
    };
    let error = read().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
    assert_eq!(
        error.to_string(),
        "read (entry 1): not executed, because openat (entry 0) failed: \
         No such file or directory (os error 2)"
    );
    let read = || Ok::<_, io::Error>(combined::read_file(&backend(), CWD, "/missing")?);
    let error = read().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
    assert_eq!(sysbatch::errno(&error), Some(Errno::NOENT));
    assert_eq!(
        error.to_string(),
        "openat (entry 0): No such file or directory (os error 2)"
    );
}

#[test]
fn a_failure_that_leaves_the_batch() {
    let directory = File::open("/").unwrap();
    let mut batch = Batch::new();
    let buffer = batch.buffer(8);
    let first = batch.getpid();
    let read = batch.read(&directory, buffer);
    batch.on_error(&read, Target::Exit);
    let last = batch.getpid();
    let backend = backend();
    let results = batch.run(&backend).unwrap();
    assert!(results.get(&first).is_ok());
    assert_eq!(kind(&results, &last), skipped("read", 1, Errno::ISDIR));
}

#[test]
fn a_failure_that_leads_to_a_label() {
    let mut batch = Batch::new();
    let file = no_file(&mut batch);
    let recover = batch.label();
    batch.on_error(&file, recover);
    let past = batch.getuid();
    batch.exit();
    batch.place(recover);
    let recovered = batch.getpid();
    batch.exit();
    let never = batch.getpid();
    let backend = backend();
    let results = batch.run(&backend).unwrap();
    assert_eq!(kind(&results, &past), skipped("openat", 0, Errno::NOENT));
    assert!(results.get(&recovered).is_ok());
    // An exit that was asked for is nobody's failure.
    assert_eq!(kind(&results, &never), CallErrorKind::NotExecuted);
}

#[test]
fn what_was_skipped_leads_on() {
    // The write is skipped, and where its failure leads is past the rest.
    let mut batch = Batch::new();
    let buffer = batch.buffer(8);
    let file = no_file(&mut batch);
    let other = batch.openat(CWD, "/dev/null", OFlags::WRONLY, Mode::empty());
    let read = batch.read(&file, buffer);
    let write = batch.write(&other, buffer.first(&read));
    batch.on_error(&write, Target::Exit);
    let last = batch.getpid();
    let backend = backend();
    let results = batch.run(&backend).unwrap();
    assert!(results.fd(&other).is_ok());
    let cause = skipped("openat", 0, Errno::NOENT);
    assert_eq!(kind(&results, &read), cause);
    assert_eq!(kind(&results, &write), cause);
    assert_eq!(kind(&results, &last), cause);
}

#[test]
fn a_success_is_no_cause() {
    let mut batch = Batch::new();
    let end = batch.label();
    let first = batch.getpid();
    batch.on_positive(&first, end);
    let past = batch.getpid();
    batch.place(end);
    let backend = backend();
    let results = batch.run(&backend).unwrap();
    assert_eq!(kind(&results, &past), CallErrorKind::NotExecuted);
}

#[test]
fn a_failure_in_a_loop() {
    let directory = File::open("/").unwrap();
    let mut batch = Batch::new();
    let buffer = batch.buffer(8);
    let rounds = batch.param(-3_i64);
    let again = batch.here();
    let round = batch.add_assign(&rounds, 1_i64);
    batch.on_negative(&round, again);
    let read = batch.read(&directory, buffer);
    batch.on_error(&read, Target::Exit);
    let last = batch.getpid();
    batch.fuel(100);
    let backend = backend();
    let results = batch.run(&backend).unwrap();
    assert_eq!(kind(&results, &last), skipped("read", 1, Errno::ISDIR));
}

#[test]
fn a_call_that_was_skipped_in_a_loop() {
    let mut batch = Batch::new();
    let buffer = batch.buffer(8);
    let rounds = batch.param(-3_i64);
    let end = batch.label();
    let again = batch.here();
    let file = no_file(&mut batch);
    let other = batch.getuid();
    let round = batch.add_assign(&rounds, 1_i64);
    batch.on_negative(&round, again);
    // The read is skipped, and where its failure leads is past the next call.
    let read = batch.read(&file, buffer);
    batch.on_error(&read, end);
    let past = batch.getpid();
    batch.place(end);
    let last = batch.getpid();
    batch.fuel(100);
    let backend = backend();
    let results = batch.run(&backend).unwrap();
    assert!(results.get(&other).is_ok());
    assert!(results.get(&last).is_ok());
    let cause = skipped("openat", 0, Errno::NOENT);
    assert_eq!(kind(&results, &read), cause);
    assert_eq!(kind(&results, &past), cause);
}

#[test]
fn a_batch_without_fuel_names_no_failure() {
    let mut batch = Batch::new();
    let file = no_file(&mut batch);
    let last = batch.getpid();
    batch.fuel(1);
    let backend = backend();
    let results = batch.run(&backend).unwrap();
    let error = results.fd(&file).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::NOENT));
    assert_eq!(kind(&results, &last), CallErrorKind::NotExecuted);
}
