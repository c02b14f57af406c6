//! Submitting, waiting, and what comes back.

use std::os::fd::{AsRawFd as _, OwnedFd};
use std::time::Duration;

use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;
use sysbatch::abi::Status;
use sysbatch::{
    Batch, BuildError, CallErrorKind, Handle, RefusedReason, Shutdown, Submit, WaitError,
};

use crate::gate::Gate;
use crate::ring;

#[test]
fn results_come_with_the_ticket() {
    let ring = ring();
    for inline in [false, true] {
        let mut batch = Batch::new();
        let buffer = batch.buffer(64);
        let file = batch.openat(CWD, "/proc/version", OFlags::RDONLY, Mode::empty());
        let read = batch.read(&file, buffer);
        let closed = batch.close(file);
        let missing = batch.openat(CWD, "/nowhere/at/all", OFlags::RDONLY, Mode::empty());
        let ticket = ring
            .submit(Submit::new(batch).inline_first(inline))
            .unwrap();
        let mut completion = ticket.wait().unwrap();
        assert!(!completion.is_cancelled());
        let results = completion.results().unwrap();
        assert_eq!(results.status(), Status::Done);
        assert_eq!(results.get(&read), Ok(64));
        assert_eq!(results.get(&closed), Ok(()));
        assert!(results.bytes(buffer).starts_with(b"Linux version"));
        let error = results.fd(&missing).unwrap_err();
        assert_eq!(error.errno(), Some(Errno::NOENT));
    }
    assert_eq!(ring.out(), 0);
}

#[test]
fn a_batch_comes_back_to_be_submitted_again() {
    let ring = ring();
    let mut batch = Batch::new();
    let count = batch.param(40_u64);
    batch.add_assign(&count, 2_u64);
    for value in [40, 50, 60] {
        batch.set(&count, value);
        let mut completion = ring.submit(batch).unwrap().wait().unwrap();
        assert_eq!(completion.results().unwrap().value(&count), value + 2);
        batch = completion.into_batch();
    }
}

#[test]
fn posted_batches_complete_on_the_ring() {
    let ring = ring();
    for value in 10..20 {
        let mut batch = Batch::new();
        batch.getpid();
        ring.post(batch, value).unwrap();
    }
    let mut values = Vec::new();
    while values.len() < 10 {
        let completions = ring.wait(1, None).unwrap();
        assert!(!completions.is_empty());
        values.extend(completions.iter().map(sysbatch::Completion::user_value));
    }
    values.sort_unstable();
    assert!(values.into_iter().eq(10..20));
    assert_eq!(ring.wait(1, None).unwrap_err(), WaitError::NothingOut);
    assert!(ring.wait(0, None).unwrap().is_empty());
}

#[test]
fn waiting_for_more_than_are_out_ends_with_the_last() {
    let ring = ring();
    let gate = Gate::new();
    for value in 0..3 {
        ring.post(gate.batch(), value).unwrap();
    }
    gate.open(3);
    let mut count = 0;
    while count < 3 {
        count += ring.wait(100, None).unwrap().len();
    }
    assert_eq!(ring.wait(100, None).unwrap_err(), WaitError::NothingOut);
}

#[test]
fn two_wait_for_one_completion() {
    let ring = ring();
    let gate = Gate::new();
    ring.post(gate.batch(), 7).unwrap();
    std::thread::scope(|scope| {
        let waiting = [(); 2].map(|()| scope.spawn(|| ring.wait(1, None)));
        gate.open(1);
        let outcomes = waiting.map(|thread| thread.join().unwrap());
        let taken: usize = outcomes.iter().flatten().map(Vec::len).sum();
        assert_eq!(taken, 1);
        let nothing = outcomes
            .iter()
            .filter(|outcome| matches!(outcome, Err(WaitError::NothingOut)));
        assert_eq!(nothing.count(), 1);
    });
}

#[test]
fn the_time_is_up_and_nothing_is_lost() {
    let ring = ring();
    let gate = Gate::new();
    let mut ticket = ring.submit(gate.batch()).unwrap();
    ring.post(gate.batch(), 1).unwrap();
    let mut empty = Batch::new();
    empty.getpid();
    ring.post(Submit::new(empty).inline_first(true), 2).unwrap();
    let time = Duration::from_millis(5);
    assert_eq!(ring.wait(2, Some(time)).unwrap_err(), WaitError::TimedOut);
    assert_eq!(ticket.wait_for(time).unwrap_err(), WaitError::TimedOut);
    assert!(!ticket.is_complete());
    // What had completed is still there.
    let completions = ring.wait(1, Some(Duration::ZERO)).unwrap();
    assert_eq!(completions.len(), 1);
    assert_eq!(completions[0].user_value(), 2);
    gate.open(2);
    assert!(ticket.wait_for(Duration::MAX).is_ok());
    assert_eq!(ring.wait(1, None).unwrap()[0].user_value(), 1);
}

#[test]
fn a_batch_that_was_built_wrong_is_given_back() {
    let ring = ring();
    let mut batch = Batch::new();
    let label = batch.label();
    batch.jump(label);
    let error = ring.submit(batch).unwrap_err();
    let reason = RefusedReason::Build(BuildError::UnplacedLabel {
        name: "SET",
        index: 0,
    });
    assert_eq!(*error.reason(), reason);
    let mut batch = error.into_batch();
    batch.place(label);
    assert!(ring.submit(batch).unwrap().wait().is_ok());
}

#[test]
fn fuel_is_counted_across_the_threads() {
    let ring = ring();
    let mut batch = Batch::new();
    let count = batch.param(0_u64);
    let again = batch.here();
    batch.add_assign(&count, 1_u64);
    batch.jump(again);
    // More than is done on this thread.
    batch.fuel(5001);
    let mut completion = ring.submit(batch).unwrap().wait().unwrap();
    let results = completion.results().unwrap();
    assert_eq!(results.status(), Status::OutOfFuel);
    assert_eq!(results.steps(), 5001);
    assert_eq!(results.value(&count), 2501);
}

/// A batch that opens the writing end of a pipe, of which the reading end is
/// returned: who reads there sees when the batch's end is closed.
fn opens_a_writer() -> (OwnedFd, Batch<'static>, Handle<OwnedFd>) {
    let (reader, writer) = rustix::pipe::pipe().unwrap();
    let path = format!("/proc/self/fd/{}", writer.as_raw_fd());
    let mut batch = Batch::new();
    batch.keep(writer);
    let opened = batch.openat(CWD, path, OFlags::WRONLY, Mode::empty());
    (reader, batch, opened)
}

/// Whether no writer is left.
fn is_at_its_end(reader: &OwnedFd) -> bool {
    rustix::io::ioctl_fionbio(reader, true).unwrap();
    match rustix::io::read(reader, &mut [0; 1]) {
        Ok(0) => true,
        Err(Errno::AGAIN) => false,
        other => panic!("{other:?}"),
    }
}

#[test]
fn descriptors_that_nobody_takes_are_closed() {
    let ring = ring();
    let (reader, batch, opened) = opens_a_writer();
    let mut completion = ring.submit(batch).unwrap().wait().unwrap();
    let mut results = completion.results().unwrap();
    let writer = results.take(&opened).unwrap();
    drop(results);
    drop(completion);
    assert!(!is_at_its_end(&reader), "it was taken");
    drop(writer);
    assert!(is_at_its_end(&reader));

    let (reader, batch, opened) = opens_a_writer();
    let mut completion = ring.submit(batch).unwrap().wait().unwrap();
    drop(completion.results().unwrap());
    let error = completion.results().unwrap().fd(&opened).unwrap_err();
    assert_eq!(error.kind(), CallErrorKind::Taken);
    // The batch still has the one that it keeps.
    let batch = completion.into_batch();
    assert!(!is_at_its_end(&reader));
    drop(batch);
    assert!(is_at_its_end(&reader));
}

#[test]
fn descriptors_of_results_that_nobody_looks_at_are_closed() {
    let ring = ring();
    let (reader, batch, _) = opens_a_writer();
    drop(ring.submit(batch).unwrap().wait().unwrap());
    assert!(is_at_its_end(&reader));

    let (reader, batch, _) = opens_a_writer();
    drop(ring.submit(batch).unwrap());
    ring.shut_down(Shutdown::Drain);
    assert!(is_at_its_end(&reader));
}
