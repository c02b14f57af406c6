//! A ring in a child of `fork`.
#![expect(unsafe_code, reason = "fork, and dropping what the parent has too")]

use core::ptr;
use core::task::{Context, Poll, Waker};
use std::future::Future as _;
use std::pin::pin;
use std::time::Duration;

use sysbatch::{
    Backend, Batch, EventError, RefusedReason, Ring, RingOptions, Shutdown, Submit, Ticket,
    WaitError,
};

use crate::common::in_child;
use crate::gate::Gate;
use crate::{ring, ring_with};

fn pid() -> Batch<'static> {
    let mut batch = Batch::new();
    batch.getpid();
    batch
}

/// What the parent has, for its child to drop.
fn copy<T>(of: &T) -> T {
    // SAFETY: this is for children, which end without a look at the original.
    unsafe { ptr::read(of) }
}

#[test]
#[should_panic(expected = "what is wrong in the child")]
fn the_parent_of_a_child_that_panics_has_its_message() {
    in_child(|| panic!("what is wrong in the child"));
}

#[test]
fn a_child_is_told_and_the_parent_goes_on() {
    let ring = ring_with(RingOptions::default().workers(1).capacity(4));
    let gate = Gate::new();
    let (batch, read) = gate.batch_with_read();
    let mut running = ring.submit(batch).unwrap();
    let waiting = ring
        .post(Submit::new(pid()).inline_first(false), 1)
        .unwrap();
    ring.post(Submit::new(pid()).inline_first(true), 2).unwrap();
    ring.event().unwrap();
    in_child(|| {
        let error = ring.submit(pid()).unwrap_err();
        assert_eq!(*error.reason(), RefusedReason::Forked);
        let error = ring.post(error.into_batch(), 9).unwrap_err();
        assert_eq!(*error.reason(), RefusedReason::Forked);
        assert_eq!(ring.wait(1, None).unwrap_err(), WaitError::Forked);
        assert!(!ring.cancel(waiting));
        assert!(!running.cancel());
        assert!(!running.is_complete());
        assert_eq!(ring.out(), 0);
        assert_eq!(ring.event().unwrap_err(), EventError::Forked);
        ring.shut_down(Shutdown::Drain);
        let error = running.wait_for(Duration::MAX).unwrap_err();
        assert_eq!(error, WaitError::Forked);
        let polled = pin!(&mut running).poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(polled, Poll::Ready(Err(WaitError::Forked))));
        let (ring, ticket): (Ring, Ticket) = (copy(&ring), copy(&running));
        drop(ring);
        assert_eq!(ticket.wait().unwrap_err(), WaitError::Forked);
    });
    // The descriptor still says that the last of the three has completed.
    assert_eq!(ring.wait(1, None).unwrap()[0].user_value(), 2);
    gate.open(1);
    let mut completion = running.wait().unwrap();
    assert_eq!(completion.results().unwrap().get(&read), Ok(1));
    assert_eq!(ring.wait(1, None).unwrap()[0].user_value(), 1);
}

#[test]
fn a_child_drops_the_ring_and_its_tickets_in_any_order() {
    let gate = Gate::new();
    let ring = ring();
    let ticket = ring.submit(gate.batch()).unwrap();
    let complete = ring.submit(pid()).unwrap();
    for ring_first in [false, true] {
        in_child(|| {
            let tickets = [copy(&ticket), copy(&complete)];
            let ring = copy(&ring);
            if ring_first {
                drop(ring);
                drop(tickets);
            } else {
                drop(tickets);
                drop(ring);
            }
        });
    }
    gate.open(1);
    assert!(ticket.wait().is_ok());
    assert!(complete.wait().is_ok());
}

#[test]
fn a_child_has_rings_of_its_own() {
    let parent = ring();
    assert!(parent.submit(pid()).unwrap().wait().is_ok());
    in_child(|| {
        let child = Ring::new(Backend::user()).unwrap();
        let gate = Gate::new();
        let (batch, read) = gate.batch_with_read();
        let ticket = child.submit(batch).unwrap();
        gate.open(1);
        let mut completion = ticket.wait().unwrap();
        assert_eq!(completion.results().unwrap().get(&read), Ok(1));
        // And so has a child of the child.
        in_child(|| {
            let error = child.submit(pid()).unwrap_err();
            assert_eq!(*error.reason(), RefusedReason::Forked);
            let error = parent.submit(pid()).unwrap_err();
            assert_eq!(*error.reason(), RefusedReason::Forked);
            let own = Ring::new(Backend::user()).unwrap();
            let submit = Submit::new(pid()).inline_first(false);
            assert!(own.submit(submit).unwrap().wait().is_ok());
        });
        drop(child);
    });
    assert!(parent.submit(pid()).unwrap().wait().is_ok());
}

#[test]
fn a_batch_that_forks_completes_in_the_parent() {
    let ring = ring();
    let mut batch = Batch::new();
    // A file that both write to.
    let file = tempfile::tempfile().unwrap();
    let kept = batch.keep(std::os::fd::OwnedFd::from(file.try_clone().unwrap()));
    // SAFETY: the child goes on with the batch, and then exits.
    let child = unsafe { batch.syscall(libc::SYS_clone as u32, fork_args()) };
    batch.write(kept, b"x");
    let mut completion = ring.submit(batch).unwrap().wait().unwrap();
    let results = completion.results().unwrap();
    let child = i32::try_from(results.get(&child).unwrap()).unwrap();
    assert!(child > 0);
    assert_eq!(exit_code(child), Some(0));
    assert_eq!(file.metadata().unwrap().len(), 2, "each wrote once");
}

/// `clone(SIGCHLD)`, which is `fork`.
fn fork_args() -> [sysbatch::Operand; 6] {
    let mut args = [0_u64.into(); 6];
    args[0] = (libc::SIGCHLD as u64).into();
    args
}

fn exit_code(child: i32) -> Option<i32> {
    let child = rustix::process::Pid::from_raw(child);
    let options = rustix::process::WaitOptions::empty();
    let (_, status) = rustix::process::waitpid(child, options).unwrap().unwrap();
    status.exit_status()
}
