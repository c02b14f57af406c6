//! The event descriptor.

use std::fs::{self, File};
use std::os::fd::AsRawFd as _;

use rustix::event::{PollFd, PollFlags, Timespec, epoll, poll};
use sysbatch::{Backend, Batch, Ring};

use crate::common::in_child;
use crate::gate::Gate;
use crate::ring;

fn is_readable(ring: &Ring) -> bool {
    let event = ring.event().unwrap();
    let mut polled = [PollFd::new(&event, PollFlags::IN)];
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
fn it_is_there_only_when_it_was_asked_for_and_out_of_the_way() {
    // In a process of its own, where nobody else opens and closes.
    in_child(|| {
        let lowest = || File::open("/dev/null").unwrap().as_raw_fd();
        let open = || fs::read_dir("/proc/self/fd").unwrap().count();
        let ring = Ring::new(Backend::user()).unwrap();
        let before = (lowest(), open());
        ring.post(pid(), 1).unwrap();
        assert_eq!((lowest(), open()), before);
        let event = ring.event().unwrap().as_raw_fd();
        assert!(event >= 240, "{event}");
        assert_eq!(ring.event().unwrap().as_raw_fd(), event);
        assert_eq!((lowest(), open()), (before.0, before.1 + 1));
        drop(ring);
        assert_eq!(open(), before.1);
    });
}

#[test]
fn tickets_do_not_raise_it() {
    let ring = ring();
    let descriptor = ring.event().unwrap();
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
    epoll::add(&poller, ring.event().unwrap(), data, epoll::EventFlags::IN).unwrap();
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
