//! How a ring ends.

use sysbatch::{Batch, RefusedReason, RingOptions, Shutdown, Submit, WaitError};

use crate::gate::Gate;
use crate::{ring, ring_with};

#[test]
fn draining_runs_what_waits() {
    let ring = ring_with(RingOptions::default().workers(2));
    let gate = Gate::new();
    let tickets: Vec<_> = (0..10)
        .map(|_| ring.submit(gate.batch()).unwrap())
        .collect();
    for value in 0..10 {
        ring.post(gate.batch(), value).unwrap();
    }
    gate.open(20);
    ring.shut_down(Shutdown::Drain);
    assert!(tickets.iter().all(sysbatch::Ticket::is_complete));
    for ticket in tickets {
        assert!(!ticket.wait().unwrap().is_cancelled());
    }
    let completions = ring.wait(10, None).unwrap();
    assert_eq!(completions.len(), 10);
    assert!(
        completions
            .iter()
            .all(|completion| !completion.is_cancelled())
    );
    assert_eq!(ring.wait(1, None).unwrap_err(), WaitError::NothingOut);
    let mut batch = Batch::new();
    batch.getpid();
    let error = ring.submit(batch).unwrap_err();
    assert_eq!(*error.reason(), RefusedReason::ShutDown);
    // Twice is once.
    ring.shut_down(Shutdown::Cancel);
}

#[test]
fn cancelling_leaves_what_has_begun() {
    let ring = ring_with(RingOptions::default().workers(1));
    let gate = Gate::new();
    let (started, starts) = rustix::pipe::pipe().unwrap();
    let mut batch = Batch::new();
    let starts = batch.keep(starts);
    batch.write(starts, b"x");
    let read = gate.add_to(&mut batch);
    let first = ring.submit(Submit::new(batch).inline_first(false)).unwrap();
    assert_eq!(rustix::io::read(&started, &mut [0; 1]), Ok(1));
    let others: Vec<_> = (0..10)
        .map(|_| {
            let submit = Submit::new(gate.batch()).inline_first(false);
            ring.submit(submit).unwrap()
        })
        .collect();
    std::thread::scope(|scope| {
        let ending = scope.spawn(|| ring.shut_down(Shutdown::Cancel));
        for other in others {
            assert!(other.wait().unwrap().is_cancelled());
        }
        assert!(!ending.is_finished(), "the first still runs");
        gate.open(1);
    });
    let mut first = first.wait().unwrap();
    assert_eq!(first.results().unwrap().get(&read), Ok(1));
}

#[test]
fn dropping_waits_and_tickets_live_on() {
    let gate = Gate::new();
    let ring = ring();
    let (batch, read) = gate.batch_with_read();
    let ticket = ring.submit(batch).unwrap();
    let dropping = std::thread::spawn(move || drop(ring));
    gate.open(1);
    dropping.join().unwrap();
    assert!(ticket.is_complete());
    let mut completion = ticket.wait().unwrap();
    assert_eq!(completion.results().unwrap().get(&read), Ok(1));
}

#[test]
fn what_is_forgotten_goes_on() {
    let gate = Gate::new();
    let ring = ring();
    let ticket = ring.submit(gate.batch()).unwrap();
    core::mem::forget(ring.submit(gate.batch()).unwrap());
    core::mem::forget(ring);
    gate.open(2);
    assert!(!ticket.wait().unwrap().is_cancelled());
}
