//! Signals that come while a first try is made: none is lost, and no call says that
//! one came when none did.

use std::os::fd::AsRawFd as _;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use sysbatch::abi::{PuntReason, Status};
use syscalls::Sysno;

use super::enter;
use crate::harness::cases;
use crate::lab::{Batch, Lab, UNWRITTEN, address_of_mut, at, imm, sys};
use crate::process::{fork, is_over};
use crate::signal;

cases! {
    kernel no_signal_is_lost_in_a_storm within 120;
    kernel signal_that_waits_is_handled_before_the_next_call;
    kernel interrupted_call_is_not_continued_elsewhere;
    kernel tries_while_a_thread_is_ended within 120;
}

/// How many signals are sent, each of them to be handled: so many, or what there is time
/// for. Where the processors of the guest share one of the host each takes long.
const SIGNALS: u64 = 2000;
const AT_LEAST: u64 = 50;
const TIME: Duration = Duration::from_secs(15);

fn no_signal_is_lost_in_a_storm(lab: &mut Lab) {
    let queued = Signal::from_named_raw(libc::SIGUSR1).expect("a signal");
    signal::count(queued, 0);
    let (reader, writer) = rustix::pipe::pipe().expect("pipe");
    let (sent, tells) = rustix::pipe::pipe().expect("pipe");
    signal::report_to(&writer);
    let own = rustix::process::getpid();
    let sender = fork(|| {
        let began = Instant::now();
        // Each is sent when the one before has been handled, so that none is merged.
        let mut byte = [0];
        let mut count = 0_u64;
        while count < AT_LEAST || count < SIGNALS && began.elapsed() < TIME {
            signal::send(own, queued);
            assert_eq!(rustix::io::read(&reader, &mut byte), Ok(1));
            count += 1;
        }
        assert_eq!(rustix::io::write(&tells, &count.to_ne_bytes()), Ok(8));
    });
    let (empty, _held) = rustix::pipe::pipe().expect("pipe");
    let queue = rustix::event::epoll::create(rustix::event::epoll::CreateFlags::CLOEXEC);
    let queue = queue.expect("epoll_create");
    let mut buffer = [0_u64; 8];
    let place = at(address_of_mut(&mut buffer));
    let waits = [
        sys(Sysno::read, [imm(empty.as_raw_fd()), place, imm(8)]),
        crate::arch::epoll_wait(imm(queue.as_raw_fd()), place, imm(1), imm(-1)),
    ];
    let mut would_wait = 0_u64;
    while !is_over(sender) {
        for wait in waits {
            let mut batch = Batch::new([sys(Sysno::getpid, []), wait]);
            assert_eq!(enter(lab, &mut batch), Ok(Status::Punt));
            assert_eq!(batch.run.reason, PuntReason::WouldWait.raw());
            assert_eq!((batch.run.pc, batch.run.resume), (1, 0));
            assert_eq!(batch.results[1], UNWRITTEN);
            would_wait += 1;
        }
    }
    let mut count = [0; 8];
    assert_eq!(rustix::io::read(&sent, &mut count), Ok(8));
    assert_eq!(signal::handled(), u64::from_ne_bytes(count));
    println!(
        "{} signals, {would_wait} tries would wait",
        signal::handled()
    );
}

fn signal_that_waits_is_handled_before_the_next_call(lab: &mut Lab) {
    let usr1 = Signal::from_named_raw(libc::SIGUSR1).expect("a signal");
    signal::count(usr1, 0);
    let own = imm(i64::from(std::process::id()));
    let kill = sys(Sysno::kill, [own, imm(libc::SIGUSR1)]);
    // Sending a signal may wait for nothing, but is not on the list: another entry
    // makes it.
    let mut batch = Batch::new([kill, sys(Sysno::getpid, [])]);
    assert_eq!(lab.enter(&mut batch), Ok(Status::Done));
    let before = signal::handled();
    assert_eq!(before, 1);
    let (empty, _held) = rustix::pipe::pipe().expect("pipe");
    let mut byte = [0_u8; 1];
    let read = sys(
        Sysno::read,
        [
            imm(empty.as_raw_fd()),
            at(address_of_mut(&mut byte)),
            imm(1),
        ],
    );
    for _ in 0..1000 {
        let mut batch = Batch::new([sys(Sysno::getpid, []), read]);
        assert_eq!(enter(lab, &mut batch), Ok(Status::Punt));
    }
    assert_eq!(signal::handled(), before);
}

fn interrupted_call_is_not_continued_elsewhere(lab: &mut Lab) {
    let long = [100_u64, 0];
    let sleep = sys(
        Sysno::nanosleep,
        [at(crate::lab::address_of(&long)), imm(0)],
    );
    let mut batch = Batch::new([sleep]);
    batch.run.resume = 1;
    assert_eq!(enter(lab, &mut batch), Ok(Status::Punt));
    assert_eq!(batch.run.reason, PuntReason::WouldWait.raw());
    assert_eq!((batch.run.pc, batch.run.resume), (0, 1));
}

/// Children that make first tries all the time are killed: the module stays without
/// users.
fn tries_while_a_thread_is_ended(lab: &mut Lab) {
    for _ in 0..50 {
        let options = lab.options.clone();
        let child = fork(move || {
            let mut lab = Lab::new(&options);
            let (empty, _held) = rustix::pipe::pipe().expect("pipe");
            let mut byte = [0_u8; 1];
            let place = at(address_of_mut(&mut byte));
            let read = sys(Sysno::read, [imm(empty.as_raw_fd()), place, imm(1)]);
            loop {
                let mut batch = Batch::new([sys(Sysno::getpid, []), read]);
                let _ = enter(&mut lab, &mut batch);
            }
        });
        crate::process::until_it_has_run(child);
        signal::send(child, Signal::KILL);
        let status = crate::process::ended(child);
        assert_eq!(status.terminating_signal(), Some(libc::SIGKILL));
    }
}
