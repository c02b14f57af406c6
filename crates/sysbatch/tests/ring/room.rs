//! What a ring has room for.

use std::time::Duration;

use sysbatch::{
    Backend, Batch, RefusedReason, Ring, RingError, RingOptions, Shutdown, Submit, WhenFull,
};

use crate::gate::Gate;
use crate::ring_with;

#[test]
fn a_ring_of_nothing_is_an_error() {
    let make = |options| Ring::with_options(Backend::user(), options).unwrap_err();
    let error = make(RingOptions::default().capacity(0));
    assert_eq!(error, RingError::NoCapacity);
    let error = make(RingOptions::default().workers(0));
    assert_eq!(error, RingError::NoWorkers);
    let capacity = usize::MAX / 2;
    let error = make(RingOptions::default().capacity(capacity));
    assert_eq!(error, RingError::Memory { capacity });
}

#[test]
fn a_full_ring_refuses_and_gives_the_batch_back() {
    let ring = ring_with(RingOptions::default().capacity(2));
    let gate = Gate::new();
    let running = ring.submit(gate.batch()).unwrap();
    let mut batch = Batch::new();
    batch.getpid();
    // It has completed, and takes room until it is taken.
    ring.post(batch, 1).unwrap();
    assert_eq!(ring.out(), 2);
    let mut batch = Batch::new();
    let pid = batch.getpid();
    let error = ring.submit(batch).unwrap_err();
    assert_eq!(*error.reason(), RefusedReason::Full { capacity: 2 });
    assert_eq!(
        error.to_string(),
        "the ring is full: 2 batches wait, run, or have completed and not been taken; take \
         completions, or submit with WhenFull::Wait"
    );
    let batch = error.into_batch();
    let wait = WhenFull::WaitFor(Duration::from_millis(5));
    let error = ring.submit(Submit::new(batch).when_full(wait)).unwrap_err();
    assert_eq!(*error.reason(), RefusedReason::TimedOut);
    let batch = error.into_batch();
    assert_eq!(ring.wait(1, None).unwrap().len(), 1);
    let mut completion = ring.submit(batch).unwrap().wait().unwrap();
    let results = completion.results().unwrap();
    assert_eq!(results.get(&pid), Ok(rustix::process::getpid()));
    gate.open(1);
    assert!(running.wait().is_ok());
}

#[test]
fn a_submission_waits_for_room() {
    let ring = ring_with(RingOptions::default().capacity(1));
    let gate = Gate::new();
    // Room that a ticket's completion leaves, and room that taking leaves.
    let ticket = ring.submit(gate.batch()).unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let waits = Submit::new(gate.batch()).when_full(WhenFull::Wait);
            ring.post(waits, 1).unwrap();
            let waits = WhenFull::WaitFor(Duration::MAX);
            let waits = Submit::new(gate.batch()).when_full(waits);
            ring.post(waits, 2).unwrap();
        });
        gate.open(3);
        let mut values = Vec::new();
        while values.len() < 2 {
            match ring.wait(1, Some(Duration::from_millis(1))) {
                Ok(completions) => values.extend(completions.iter().map(|done| done.user_value())),
                Err(_) => std::thread::yield_now(),
            }
        }
        assert_eq!(values, [1, 2]);
        waiting.join().unwrap();
    });
    assert!(ticket.wait().is_ok());
}

#[test]
fn one_that_waits_for_room_is_told_of_the_end() {
    let ring = ring_with(RingOptions::default().capacity(1));
    let mut batch = Batch::new();
    batch.getpid();
    ring.post(batch, 1).unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let mut batch = Batch::new();
            batch.getpid();
            let waits = Submit::new(batch).when_full(WhenFull::Wait);
            ring.post(waits, 2).unwrap_err()
        });
        ring.shut_down(Shutdown::Drain);
        let error = waiting.join().unwrap();
        assert_eq!(*error.reason(), RefusedReason::ShutDown);
    });
    assert_eq!(ring.wait(1, None).unwrap().len(), 1);
}
