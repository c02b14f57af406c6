//! What is waited for with `poll`, and timers, compared with the same calls made alone.

mod common;

use std::time::Duration;

use common::backend;
use rustix::event::{EventfdFlags, PollFlags, eventfd};
use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_gettime,
};
use sysbatch::{Batch, PollFd, Target};

/// A time in whole seconds.
const fn seconds(tv_sec: i64) -> Timespec {
    Timespec { tv_sec, tv_nsec: 0 }
}

#[test]
fn timers() {
    let set = TimerfdTimerFlags::empty();
    let nanosecond = Timespec {
        tv_sec: 0,
        tv_nsec: 1,
    };
    let once = Itimerspec {
        it_interval: seconds(0),
        it_value: nanosecond,
    };
    let hours = Itimerspec {
        it_interval: seconds(7200),
        it_value: seconds(3600),
    };
    let mut expired = [0; 8];
    let mut batch = Batch::new();
    let timer = batch.timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::CLOEXEC);
    let first = batch.timerfd_settime(&timer, set, &once);
    let read = batch.read(&timer, &mut expired);
    let second = batch.timerfd_settime(&timer, set, &hours);
    let now = batch.timerfd_gettime(&timer);
    let third = batch.timerfd_settime(&timer, set, &hours);
    let bad = Itimerspec {
        it_interval: seconds(0),
        it_value: seconds(-1),
    };
    let bad = batch.timerfd_settime(&timer, set, &bad);
    let backend = backend();
    let mut results = batch.run(&backend).unwrap();
    assert_eq!(results.get(&read), Ok(8));
    for (call, interval) in [(&first, 0), (&second, 0), (&now, 7200), (&third, 7200)] {
        let value = results.get(call).unwrap();
        assert_eq!(value.it_interval, seconds(interval));
        let left = value.it_value;
        let is_running = left > seconds(0) && left <= seconds(3600);
        assert_eq!(is_running, interval > 0, "{left:?}");
    }
    assert_eq!(results.get(&bad).unwrap_err().errno(), Some(Errno::INVAL));
    let timer = results.take(&timer).unwrap();
    assert_eq!(timerfd_gettime(&timer).unwrap().it_interval, seconds(7200));
    drop(results);
    drop(batch);
    assert_eq!(u64::from_ne_bytes(expired), 1);
}

#[test]
fn events_of_several_descriptors() {
    let counter = eventfd(0, EventfdFlags::CLOEXEC).unwrap();
    let (reader, writer) = rustix::pipe::pipe().unwrap();
    let number = 3_u64.to_ne_bytes();
    let (none, read, write) = (PollFlags::empty(), PollFlags::IN, PollFlags::OUT);
    let mut batch = Batch::new();
    let null = batch.openat(CWD, "/dev/null", OFlags::RDWR, Mode::empty());
    let fds = |events| {
        [
            PollFd::new(&counter, events),
            PollFd::new(&null, events),
            PollFd::new(&reader, read),
        ]
    };
    let before = batch.poll(fds(read | write), None);
    let long = batch.poll(fds(read), Some(Duration::MAX));
    batch.write(&counter, &number);
    let after = batch.poll(fds(read), Some(Duration::from_secs(3600)));
    let mut drained = [0; 8];
    batch.read(&counter, &mut drained);
    let in_time = batch.poll([PollFd::new(&reader, read)], Some(Duration::from_nanos(1)));
    let nothing = batch.poll([], Some(Duration::ZERO));
    let backend = backend();
    // The times to wait are what they were before each run.
    for _ in 0..2 {
        let results = batch.run(&backend).unwrap();
        results.check().unwrap();
        assert_eq!(results.get(&before).unwrap(), [write, read | write, none]);
        assert_eq!(results.get(&long).unwrap(), [none, read, none]);
        assert_eq!(results.get(&after).unwrap(), [read, read, none]);
        assert_eq!(results.get(&in_time).unwrap(), [none]);
        assert_eq!(results.get(&nothing).unwrap(), []);
    }
    drop(batch);
    drop(writer);
    let mut batch = Batch::new();
    let hung_up = batch.poll([PollFd::new(&reader, none)], None);
    let results = batch.run(&backend).unwrap();
    assert_eq!(results.get(&hung_up).unwrap(), [PollFlags::HUP]);
}

#[test]
fn polling_of_what_is_missing_and_what_is_set() {
    let (reader, _writer) = rustix::pipe::pipe().unwrap();
    let null = std::fs::File::open("/dev/null").unwrap();
    let now = Some(Duration::ZERO);
    let mut batch = Batch::new();
    let fd = batch.param(std::os::fd::AsFd::as_fd(&reader));
    let polled = batch.poll([PollFd::new(&fd, PollFlags::IN)], now);
    batch.on_zero(&polled, Target::Exit);
    let missing = batch.openat(CWD, "/missing", OFlags::RDWR, Mode::empty());
    let fds = [
        PollFd::new(&null, PollFlags::IN),
        PollFd::new(&missing, PollFlags::IN),
    ];
    let skipped = batch.poll(fds, now);
    let backend = backend();
    let results = batch.run(&backend).unwrap();
    assert_eq!(results.status(), sysbatch::abi::Status::Exit);
    assert_eq!(results.get(&polled).unwrap(), [PollFlags::empty()]);
    drop(results);
    batch.set(&fd, std::os::fd::AsFd::as_fd(&null));
    let results = batch.run(&backend).unwrap();
    assert_eq!(results.get(&polled).unwrap(), [PollFlags::IN]);
    let error = results.get(&skipped).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::NOENT));
}
