//! Cancelling what has not started.

use rustix::fs::{CWD, Mode, OFlags};
use sysbatch::{Batch, CompletionError, RingOptions, Submit};

use crate::gate::Gate;
use crate::ring_with;

#[test]
fn what_has_not_started_is_cancelled() {
    let ring = ring_with(RingOptions::default().workers(1));
    let gate = Gate::new();
    let (batch, read) = gate.batch_with_read();
    let first = ring.submit(batch).unwrap();
    // These have to wait for the first.
    let mut batch = Batch::new();
    let count = batch.param(0_u64);
    batch.add_assign(&count, 1_u64);
    let second = ring.submit(Submit::new(batch).inline_first(false)).unwrap();
    let mut batch = Batch::new();
    batch.getpid();
    let third = Submit::new(batch).inline_first(false);
    let third = ring.post(third, 3).unwrap();
    assert!(second.cancel());
    assert!(!second.cancel(), "once only");
    assert!(ring.cancel(third));
    assert!(!ring.cancel(third), "once only");
    let mut second = second.wait().unwrap();
    assert!(second.is_cancelled());
    let error = second.results().unwrap_err();
    assert_eq!(error, CompletionError::Cancelled);
    assert_eq!(
        error.to_string(),
        "the batch was cancelled before it started"
    );
    let completions = ring.wait(1, None).unwrap();
    assert_eq!(completions.len(), 1);
    assert!(completions[0].is_cancelled());
    assert!(!first.is_complete());
    gate.open(1);
    let mut first = first.wait().unwrap();
    assert_eq!(first.results().unwrap().get(&read), Ok(1));
    // A batch that was cancelled is as good as new.
    let mut again = ring.submit(second.into_batch()).unwrap().wait().unwrap();
    assert_eq!(again.results().unwrap().value(&count), 1);
}

#[test]
fn what_has_begun_on_the_submitting_thread_is_not_cancelled() {
    let ring = ring_with(RingOptions::default().workers(1));
    let gate = Gate::new();
    let first = ring.submit(gate.batch()).unwrap();
    // Its first call is made at once; the second waits for the worker.
    let mut batch = Batch::new();
    let pid = batch.getpid();
    let null = batch.openat(CWD, "/dev/null", OFlags::WRONLY, Mode::empty());
    let begun = ring.submit(batch).unwrap();
    // Not a step of this one is made at once.
    let mut batch = Batch::new();
    batch.openat(CWD, "/dev/null", OFlags::WRONLY, Mode::empty());
    let waiting = ring.submit(batch).unwrap();
    assert!(!begun.cancel());
    assert!(waiting.cancel());
    gate.open(1);
    assert!(first.wait().is_ok());
    let mut begun = begun.wait().unwrap();
    let results = begun.results().unwrap();
    assert_eq!(results.get(&pid), Ok(rustix::process::getpid()));
    assert!(results.fd(&null).is_ok());
    assert!(waiting.wait().unwrap().is_cancelled());
}

#[test]
fn what_is_over_is_not_cancelled() {
    let ring = ring_with(RingOptions::default());
    let mut batch = Batch::new();
    batch.getpid();
    let posted = ring.post(batch, 1).unwrap();
    assert!(!ring.cancel(posted));
    let completions = ring.wait(1, None).unwrap();
    assert!(!completions[0].is_cancelled());
    assert!(!ring.cancel(posted));
}
