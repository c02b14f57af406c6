//! Tickets as futures.

use core::future::Future as _;
use core::pin::pin;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::{Context, Poll, Waker};
use std::sync::{Arc, mpsc};
use std::task::Wake;
use std::thread::{self, Thread};

use sysbatch::{Batch, RingOptions, Submit, Ticket};

use crate::gate::Gate;
use crate::{ring, ring_with};

/// Wakes a thread that is parked.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// All the runtime that is needed.
fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

#[test]
fn without_a_runtime() {
    let ring = ring();
    let gate = Gate::new();
    let (batch, read) = gate.batch_with_read();
    let ticket = ring.submit(batch).unwrap();
    let opening = thread::spawn(move || gate.open(1));
    let mut completion = block_on(ticket).unwrap();
    assert_eq!(completion.results().unwrap().get(&read), Ok(1));
    opening.join().unwrap();
}

#[test]
fn what_is_complete_is_ready_at_once() {
    let ring = ring();
    let mut batch = Batch::new();
    batch.getpid();
    let mut ticket = pin!(ring.submit(batch).unwrap());
    let mut context = Context::from_waker(Waker::noop());
    assert!(ticket.as_mut().poll(&mut context).is_ready());
}

#[test]
#[should_panic(expected = "a ticket was polled after it was ready")]
fn polling_again_panics() {
    let ring = ring();
    let mut batch = Batch::new();
    batch.getpid();
    let mut ticket = pin!(ring.submit(batch).unwrap());
    let mut context = Context::from_waker(Waker::noop());
    assert!(ticket.as_mut().poll(&mut context).is_ready());
    let _ = ticket.as_mut().poll(&mut context);
}

#[test]
#[should_panic(expected = "a ticket was waited for after it was ready")]
fn waiting_again_panics() {
    let ring = ring();
    let mut batch = Batch::new();
    batch.getpid();
    let mut ticket = ring.submit(batch).unwrap();
    assert!(block_on(&mut ticket).is_ok());
    drop(ticket.wait());
}

/// Counts how often it wakes.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn the_last_waker_is_woken_once() {
    let ring = ring();
    let gate = Gate::new();
    let mut ticket = ring.submit(gate.batch()).unwrap();
    let [first, last] = [Count::default(), Count::default()].map(Arc::new);
    for count in [&first, &first, &last] {
        let waker = Waker::from(Arc::clone(count));
        let poll = pin!(&mut ticket).poll(&mut Context::from_waker(&waker));
        assert!(poll.is_pending());
    }
    assert_eq!(Arc::strong_count(&first), 1, "it has been dropped");
    gate.open(1);
    drop(ring);
    assert_eq!(first.0.load(Ordering::SeqCst), 0);
    assert_eq!(last.0.load(Ordering::SeqCst), 1);
    assert!(ticket.wait().is_ok());
}

/// Panics when it is to wake.
struct Panics;

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        panic!("this waker is expected to panic");
    }
}

#[test]
fn a_worker_survives_a_waker_that_panics() {
    let ring = ring_with(RingOptions::default().workers(1));
    let gate = Gate::new();
    let mut ticket = ring.submit(gate.batch()).unwrap();
    let waker = Waker::from(Arc::new(Panics));
    let poll = pin!(&mut ticket).poll(&mut Context::from_waker(&waker));
    assert!(poll.is_pending());
    let next = ring.submit(gate.batch()).unwrap();
    gate.open(2);
    assert!(next.wait().is_ok());
    assert!(ticket.wait().is_ok());
    ring.shut_down(sysbatch::Shutdown::Drain);
}

/// Drops the ring when it wakes: on the ring's own worker.
struct DropsRing {
    ring: std::sync::Mutex<Option<sysbatch::Ring>>,
    done: mpsc::Sender<()>,
}

impl Wake for DropsRing {
    fn wake(self: Arc<Self>) {
        drop(self.ring.lock().unwrap().take());
        self.done.send(()).unwrap();
    }
}

#[test]
fn a_worker_may_drop_its_ring() {
    let ring = ring_with(RingOptions::default().workers(1));
    let gate = Gate::new();
    let mut ticket = ring.submit(gate.batch()).unwrap();
    let next = ring.submit(gate.batch()).unwrap();
    let (done, dropped) = mpsc::channel();
    let waker = Arc::new(DropsRing {
        ring: Some(ring).into(),
        done,
    });
    let waker = Waker::from(waker);
    let poll = pin!(&mut ticket).poll(&mut Context::from_waker(&waker));
    assert!(poll.is_pending());
    gate.open(1);
    dropped.recv().unwrap();
    assert!(ticket.wait().is_ok());
    // What was submitted still runs.
    gate.open(1);
    assert!(!next.wait().unwrap().is_cancelled());
}

/// Reads so many times from a gate that another task opens meanwhile.
async fn reads(ring: Arc<sysbatch::Ring>, gate: Arc<Gate>, times: usize) -> usize {
    let mut total = 0;
    for _ in 0..times {
        let (batch, read) = gate.batch_with_read();
        let ticket: Ticket = ring.submit(Submit::new(batch)).unwrap();
        let mut completion = ticket.await.unwrap();
        total += completion.results().unwrap().get(&read).unwrap();
    }
    total
}

#[tokio::test(flavor = "current_thread")]
async fn under_tokio_on_one_thread() {
    const TASKS: usize = 10;
    const TIMES: usize = 20;
    let ring = Arc::new(ring());
    let gate = Arc::new(Gate::new());
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| tokio::spawn(reads(Arc::clone(&ring), Arc::clone(&gate), TIMES)))
        .collect();
    // There is but one thread: were a task to block it, this would never run.
    for _ in 0..TASKS * TIMES {
        gate.open(1);
        tokio::task::yield_now().await;
    }
    for task in tasks {
        assert_eq!(task.await.unwrap(), TIMES);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_tokio_with_a_time_limit() {
    let ring = ring();
    let gate = Gate::new();
    let mut ticket = ring.submit(gate.batch()).unwrap();
    let limit = core::time::Duration::from_millis(5);
    let late = tokio::time::timeout(limit, &mut ticket).await;
    assert!(late.is_err());
    gate.open(1);
    assert!(ticket.await.is_ok());
}
