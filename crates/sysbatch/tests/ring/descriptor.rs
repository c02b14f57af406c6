//! The event descriptor.

use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, Timespec, epoll, poll};
use sysbatch::{Batch, Ring};

use crate::gate::Gate;
use crate::ring;

fn is_readable(ring: &Ring) -> bool {
    let mut polled = [PollFd::new(ring, PollFlags::IN)];
    poll(&mut polled, Some(&Timespec::default())).unwrap() == 1
}

fn pid() -> Batch<'static> {
    let mut batch = Batch::new();
    batch.getpid();
    batch
}

#[test]
fn it_is_readable_while_completions_wait() {
    let ring = ring();
    assert!(!is_readable(&ring));
    ring.post(pid(), 1).unwrap();
    assert!(is_readable(&ring));
    assert!(is_readable(&ring), "it stays so");
    ring.post(pid(), 2).unwrap();
    assert_eq!(ring.wait(0, None).unwrap().len(), 2);
    assert!(!is_readable(&ring));
    ring.post(pid(), 3).unwrap();
    assert!(is_readable(&ring));
    assert_eq!(ring.wait(1, None).unwrap().len(), 1);
    assert!(!is_readable(&ring));
}

#[test]
fn it_may_be_asked_for_late() {
    let ring = ring();
    ring.post(pid(), 1).unwrap();
    assert!(is_readable(&ring));
}

#[test]
fn tickets_do_not_raise_it() {
    let ring = ring();
    let descriptor = ring.as_fd();
    assert!(!rustix::io::fcntl_getfd(descriptor).unwrap().is_empty());
    assert!(ring.submit(pid()).unwrap().wait().is_ok());
    assert!(!is_readable(&ring));
}

#[test]
fn epoll_waits_for_it() {
    let ring = ring();
    let gate = Gate::new();
    let poller = epoll::create(epoll::CreateFlags::CLOEXEC).unwrap();
    let data = epoll::EventData::new_u64(42);
    epoll::add(&poller, &ring, data, epoll::EventFlags::IN).unwrap();
    for value in 0..3 {
        ring.post(gate.batch(), value).unwrap();
    }
    gate.open(3);
    let mut values = Vec::new();
    while values.len() < 3 {
        let mut events = Vec::with_capacity(1);
        epoll::wait(&poller, rustix::buffer::spare_capacity(&mut events), None).unwrap();
        assert_eq!(events[0].data.u64(), 42);
        let completions = ring.wait(0, None).unwrap();
        assert!(!completions.is_empty());
        values.extend(completions.iter().map(sysbatch::Completion::user_value));
    }
    values.sort_unstable();
    assert_eq!(values, [0, 1, 2]);
}
