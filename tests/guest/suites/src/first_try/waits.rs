//! Everything that may be waited for: nothing has happened before it is there, and
//! what is there is taken as by the call alone.
#![expect(unsafe_code, reason = "descriptors that batches have made")]

use std::io::Write as _;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::time::Duration;

use rustix::event::{EventfdFlags, epoll, eventfd};
use sysbatch::abi::Entry;
use syscalls::Sysno;

use super::{assert_runs, assert_would_wait};
use crate::harness::cases;
use crate::lab::{Lab, address_of, address_of_mut, at, imm, sys};
use crate::process::{fork, wait_for};

cases! {
    kernel pipes_that_are_empty_or_full;
    kernel streams_and_messages;
    kernel connections;
    kernel counters_and_timers;
    kernel polling;
    kernel futexes;
    kernel sleeping;
    kernel children;
    kernel fifos;
    kernel calls_that_would_show_a_signal;
}

const FEW: usize = 3;

fn pipe() -> (OwnedFd, OwnedFd) {
    rustix::pipe::pipe().expect("pipe")
}

/// A call that would wait does so each time, and changes nothing.
#[track_caller]
fn assert_waits(lab: &mut Lab, call: Entry) {
    for _ in 0..FEW {
        assert_would_wait(lab, [sys(Sysno::getpid, []), call]);
    }
}

fn pipes_that_are_empty_or_full(lab: &mut Lab) {
    let (reader, writer) = pipe();
    let mut buffer = [0_u8; 4096];
    let place = at(address_of_mut(&mut buffer));
    let (from, to) = (imm(reader.as_raw_fd()), imm(writer.as_raw_fd()));
    let read = sys(Sysno::read, [from, place, imm(100)]);
    let write = sys(Sysno::write, [to, place, imm(4096)]);
    assert_waits(lab, read);
    assert_eq!(assert_runs(lab, [write, read]), [4096, 100]);
    // Until nothing more fits.
    let mut written = 4096 - 100;
    loop {
        let mut batch = crate::lab::Batch::new([write]);
        let entered = super::enter(lab, &mut batch);
        if entered != Ok(sysbatch::abi::Status::Done) {
            break;
        }
        written += batch.results[0];
    }
    assert_waits(lab, write);
    let available = rustix::io::ioctl_fionread(&reader).expect("ioctl");
    assert_eq!(i64::try_from(available), Ok(written));
    // More than fits in one piece is not written in part.
    let more = sys(Sysno::write, [to, place, imm(4097)]);
    assert_waits(lab, more);
    drop(writer);
    let read = sys(Sysno::read, [from, place, imm(4096)]);
    let rest = (written / 4096) as usize;
    assert_eq!(assert_runs(lab, vec![read; rest])[0], 4096);
}

fn streams_and_messages(lab: &mut Lab) {
    let mut buffer = [0_u8; 64];
    let place = at(address_of_mut(&mut buffer));
    let (mut one, other) = UnixStream::pair().expect("socketpair");
    let fd = imm(other.as_raw_fd());
    let recv = |flags: i32| {
        sys(
            Sysno::recvfrom,
            [fd, place, imm(64), imm(flags), imm(0), imm(0)],
        )
    };
    let read = sys(Sysno::read, [fd, place, imm(64)]);
    assert_waits(lab, recv(0));
    assert_waits(lab, read);
    // It is not the call that waits.
    let again = crate::lab::error(rustix::io::Errno::AGAIN);
    assert_eq!(assert_runs(lab, [recv(libc::MSG_DONTWAIT)]), [again]);
    one.write_all(b"some bytes").expect("write");
    assert_waits(lab, recv(libc::MSG_WAITALL));
    assert_eq!(assert_runs(lab, [recv(0)]), [10]);
    assert_waits(lab, read);
    one.write_all(b"more").expect("write");
    assert_eq!(assert_runs(lab, [read]), [4]);
    // What is sent to a stream may be sent in part.
    let send = sys(Sysno::sendto, [fd, place, imm(64), imm(0), imm(0), imm(0)]);
    assert_waits(lab, send);
    let (one, other) = UnixDatagram::pair().expect("socketpair");
    let fd = imm(other.as_raw_fd());
    let send = sys(Sysno::sendto, [fd, place, imm(64), imm(0), imm(0), imm(0)]);
    let mut sent = 0;
    loop {
        let mut batch = crate::lab::Batch::new([send]);
        if super::enter(lab, &mut batch) != Ok(sysbatch::abi::Status::Done) {
            break;
        }
        assert_eq!(batch.results, [64]);
        sent += 1;
    }
    assert!(sent > 0);
    assert_waits(lab, send);
    one.set_nonblocking(true).expect("fcntl");
    let mut message = [0; 64];
    let received = core::iter::from_fn(|| one.recv(&mut message).ok()).count();
    assert_eq!(received, sent);
}

/// What was sent by way of a network is on its way for a moment.
fn until_readable(fd: i32) {
    let mut polled = libc::pollfd {
        fd,
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: there is one, and it is the caller's.
    let ready = unsafe { libc::poll(&raw mut polled, 1, -1) };
    assert_eq!(ready, 1);
}

fn connections(lab: &mut Lab) {
    let tcp = std::net::TcpListener::bind("127.0.0.1:0");
    let path = format!("/tmp/first-try-{}", std::process::id());
    let unix = UnixListener::bind(&path).expect("bind");
    let accept = |fd: i32| {
        sys(
            Sysno::accept4,
            [imm(fd), imm(0), imm(0), imm(libc::SOCK_CLOEXEC)],
        )
    };
    assert_waits(lab, accept(unix.as_raw_fd()));
    let connected = UnixStream::connect(&path).expect("connect");
    assert!(assert_runs(lab, [accept(unix.as_raw_fd())])[0] > 2);
    drop(connected);
    // A machine without a network has no address to be bound to.
    let Ok(tcp) = tcp else {
        return;
    };
    assert_waits(lab, accept(tcp.as_raw_fd()));
    let address = tcp.local_addr().expect("getsockname");
    let mut one = std::net::TcpStream::connect(address).expect("connect");
    until_readable(tcp.as_raw_fd());
    let other = assert_runs(lab, [accept(tcp.as_raw_fd())])[0];
    let mut buffer = [0_u8; 64];
    let read = sys(
        Sysno::read,
        [imm(other), at(address_of_mut(&mut buffer)), imm(64)],
    );
    assert_waits(lab, read);
    one.write_all(b"ready").expect("write");
    let number = i32::try_from(other).expect("a descriptor");
    until_readable(number);
    assert_eq!(assert_runs(lab, [read]), [5]);
    assert_waits(lab, read);
    drop(one);
    until_readable(number);
    assert_eq!(
        assert_runs(lab, [read, sys(Sysno::close, [imm(other)])]),
        [0, 0]
    );
}

fn counters_and_timers(lab: &mut Lab) {
    let (mut word, most) = ([1_u64], [u64::MAX - 1]);
    let place = at(address_of_mut(&mut word));
    let event = eventfd(0, EventfdFlags::empty()).expect("eventfd");
    let fd = imm(event.as_raw_fd());
    let (read, write) = (
        sys(Sysno::read, [fd, place, imm(8)]),
        sys(Sysno::write, [fd, place, imm(8)]),
    );
    assert_waits(lab, read);
    assert_eq!(assert_runs(lab, [write, read]), [8, 8]);
    assert_waits(lab, read);
    let fill = sys(Sysno::write, [fd, at(address_of(&most)), imm(8)]);
    assert_eq!(assert_runs(lab, [fill]), [8]);
    assert_waits(lab, write);
    let timer = rustix::time::timerfd_create(
        rustix::time::TimerfdClockId::Monotonic,
        rustix::time::TimerfdFlags::empty(),
    );
    let timer = timer.expect("timerfd_create");
    assert_waits(
        lab,
        sys(Sysno::read, [imm(timer.as_raw_fd()), place, imm(8)]),
    );
    assert_eq!(
        assert_runs(lab, [sys(Sysno::close, [imm(timer.as_raw_fd())])]),
        [0]
    );
    core::mem::forget(timer);
}

fn polling(lab: &mut Lab) {
    let (reader, writer) = pipe();
    let polled = [reader.as_raw_fd() as u32 as u64 | (libc::POLLIN as u64) << 32];
    let polled = at(address_of(&polled));
    let poll = |timeout: i32| crate::arch::poll(polled, imm(1), timeout);
    let ppoll = sys(Sysno::ppoll, [polled, imm(1), imm(0), imm(0), imm(8)]);
    let queue = epoll::create(epoll::CreateFlags::CLOEXEC).expect("epoll_create");
    let data = epoll::EventData::new_u64(7);
    epoll::add(&queue, &reader, data, epoll::EventFlags::IN).expect("epoll_ctl");
    let mut events = [0_u64; 4];
    let events = at(address_of_mut(&mut events));
    let wait = |timeout: i32| {
        let fd = imm(queue.as_raw_fd());
        crate::arch::epoll_wait(fd, events, imm(1), imm(timeout))
    };
    let mut set = [1_u64 << reader.as_raw_fd(), 0];
    let place = address_of_mut(&mut set);
    let select = crate::arch::select(imm(64), at(place), imm(0), imm(0), imm(0));
    let calls = [
        poll(-1),
        poll(100_000),
        ppoll,
        wait(-1),
        wait(100_000),
        select,
    ];
    for call in calls {
        assert_waits(lab, call);
    }
    assert_eq!(set[0], 1_u64 << reader.as_raw_fd());
    assert_eq!(assert_runs(lab, [poll(0), wait(0)]), [0, 0]);
    rustix::io::write(&writer, b"x").expect("write");
    assert_eq!(assert_runs(lab, calls), [1; 6]);
}

fn futexes(lab: &mut Lab) {
    let word = [5_u32];
    let place = at(address_of(&word));
    let wait = |value: u32| {
        let operation = imm(libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG);
        sys(Sysno::futex, [place, operation, imm(value), imm(0)])
    };
    let wake = sys(
        Sysno::futex,
        [
            place,
            imm(libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG),
            imm(9),
        ],
    );
    assert_waits(lab, wait(5));
    let again = crate::lab::error(rustix::io::Errno::AGAIN);
    // Nobody has been left in the queue.
    assert_eq!(assert_runs(lab, [wake, wait(6)]), [0, again]);
    let lock = sys(
        Sysno::futex,
        [place, imm(libc::FUTEX_LOCK_PI), imm(0), imm(0)],
    );
    assert_waits(lab, lock);
    assert_eq!(word, [5]);
}

fn sleeping(lab: &mut Lab) {
    let long = [100_u64, 0];
    let place = at(address_of(&long));
    let mut rest = [7_u64, 7];
    let rest_place = at(address_of_mut(&mut rest));
    assert_waits(lab, sys(Sysno::nanosleep, [place, imm(0)]));
    assert_waits(lab, sys(Sysno::nanosleep, [place, rest_place]));
    let clock = imm(libc::CLOCK_MONOTONIC);
    assert_waits(
        lab,
        sys(Sysno::clock_nanosleep, [clock, imm(0), place, imm(0)]),
    );
    assert_waits(
        lab,
        sys(Sysno::clock_nanosleep, [clock, imm(0), place, rest_place]),
    );
    assert_eq!(rest, [7, 7]);
    let invalid = [0_u64, 1 << 40];
    let invalid = sys(Sysno::nanosleep, [at(address_of(&invalid)), imm(0)]);
    let error = crate::lab::error(rustix::io::Errno::INVAL);
    assert_eq!(assert_runs(lab, [invalid]), [error]);
}

fn children(lab: &mut Lab) {
    let (reader, writer) = pipe();
    let child = fork(|| {
        let mut byte = [0];
        let read = rustix::io::read(&reader, &mut byte);
        assert_eq!(read, Ok(1));
    });
    let mut status = [0_u32];
    let wait = sys(
        Sysno::wait4,
        [imm(-1), at(address_of_mut(&mut status)), imm(0), imm(0)],
    );
    assert_waits(lab, wait);
    rustix::io::write(&writer, b"x").expect("write");
    crate::process::until_state(child, 'Z');
    let pid = i64::from(child.as_raw_nonzero().get());
    assert_eq!(assert_runs(lab, [wait]), [pid]);
    assert_eq!(status, [0]);
    let none = crate::lab::error(rustix::io::Errno::CHILD);
    assert_eq!(assert_runs(lab, [wait]), [none]);
}

fn fifos(lab: &mut Lab) {
    let path = format!("/tmp/first-try-fifo-{}", std::process::id());
    let name = std::ffi::CString::new(path.clone()).expect("no zero");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &path,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )
    .expect("mkfifo");
    let open = sys(
        Sysno::openat,
        [
            imm(libc::AT_FDCWD),
            at(address_of(name.as_bytes())),
            imm(0),
            imm(0),
        ],
    );
    assert_waits(lab, open);
    let writer = {
        let path = path.clone();
        fork(move || {
            let mut file = std::fs::OpenOptions::new()
                .write(true)
                .open(path)
                .expect("open");
            file.write_all(b"x").expect("write");
        })
    };
    // It waits for a reader, so that opening does not wait any more.
    crate::process::until_state(writer, 'S');
    let fd = assert_runs(lab, [open])[0];
    wait_for(writer);
    let mut byte = [0_u8; 1];
    let read = sys(
        Sysno::read,
        [imm(fd), at(address_of_mut(&mut byte)), imm(1)],
    );
    assert_eq!(
        assert_runs(lab, [read, sys(Sysno::close, [imm(fd)])]),
        [1, 0]
    );
    let _ = std::fs::remove_file(path);
}

/// With a mask of signals, or a place for the time that is left.
fn calls_that_would_show_a_signal(lab: &mut Lab) {
    let (reader, writer) = pipe();
    rustix::io::write(&writer, b"x").expect("write");
    let polled = [reader.as_raw_fd() as u32 as u64 | (libc::POLLIN as u64) << 32];
    let polled = at(address_of(&polled));
    let (mask, time) = ([0_u64], [0_u64, 0]);
    let (mask, time) = (at(address_of(&mask)), at(address_of(&time)));
    assert_waits(
        lab,
        sys(Sysno::ppoll, [polled, imm(1), imm(0), mask, imm(8)]),
    );
    assert_waits(
        lab,
        sys(Sysno::ppoll, [polled, imm(1), time, imm(0), imm(8)]),
    );
    std::thread::sleep(Duration::from_millis(1));
}
