//! Waiting for time to pass: at least as long as was asked for, over stops and
//! continuations too. How much longer depends on the machine and is not looked
//! at.

use rustix::io::Errno;
use rustix::process::Signal;
use sysbatch::abi::{Entry, Status};
use sysbatch_reference::Operand;
use syscalls::Sysno;

use crate::arch::poll;
use crate::harness::cases;
use crate::lab::{Batch, Lab, address_of, address_of_mut, at, error, imm, sys};
use crate::process::{fork, reaches_state, until_state, wait_for};
use crate::signal;

cases! {
    both nanosleep_lasts;
    both clock_nanosleep_until_a_moment_lasts;
    both poll_with_a_timeout_lasts;
    both futex_wait_with_a_timeout_lasts;
    both nanosleep_lasts_over_a_stop;
    both clock_nanosleep_lasts_over_a_stop;
    both poll_lasts_over_a_stop;
    both futex_wait_lasts_over_a_stop;
    both read_goes_on_after_a_stop;
    both sleep_goes_on_after_many_stops;
}

const MILLISECOND: u64 = 1_000_000;
const SECOND: u64 = 1_000_000_000;

/// Times of `CLOCK_MONOTONIC` before and after something, written by a batch.
#[derive(Debug, Default)]
struct Clock {
    times: [u64; 4],
}

impl Clock {
    fn read(&mut self, index: usize) -> Entry {
        let time = address_of_mut(&mut self.times[2 * index..]);
        sys(Sysno::clock_gettime, [imm(libc::CLOCK_MONOTONIC), at(time)])
    }

    /// Nanoseconds between the two.
    fn elapsed(&self) -> u64 {
        let [s0, n0, s1, n1] = self.times;
        (s1 * SECOND + n1) - (s0 * SECOND + n0)
    }
}

/// Runs a wait of `nanoseconds` and checks that it gives `expected` and lasts.
fn lasts(lab: &mut Lab, nanoseconds: u64, wait: Entry, expected: i64) {
    let mut clock = Clock::default();
    let mut batch = Batch::new([clock.read(0), wait, clock.read(1)]);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert_eq!(batch.results, [0, expected, 0]);
    assert_eq!(
        (batch.run.steps, batch.run.fuel, batch.run.resume),
        (3, 0, 0)
    );
    assert!(
        clock.elapsed() >= nanoseconds,
        "it slept for {} ns",
        clock.elapsed()
    );
}

/// The same, while another process stops and continues this one. `wait` is given the
/// nanoseconds: where a wait is over before it is stopped, a longer one is next.
fn lasts_over_a_stop(lab: &mut Lab, expected: i64, wait: impl Fn(u64) -> Entry) {
    let mut nanoseconds = 700 * MILLISECOND;
    loop {
        let child = fork(|| lasts(lab, nanoseconds, wait(nanoseconds), expected));
        let mut stopped = reaches_state(child, 'S');
        if stopped {
            signal::send(child, Signal::STOP);
            stopped = reaches_state(child, 'T');
            signal::send(child, Signal::CONT);
        }
        wait_for(child);
        if stopped {
            return;
        }
        nanoseconds *= 4;
    }
}

fn time(nanoseconds: u64) -> [u64; 2] {
    [nanoseconds / SECOND, nanoseconds % SECOND]
}

/// The same in memory that stays.
fn time_at(nanoseconds: u64) -> Operand {
    at(address_of(Box::leak(Box::new(time(nanoseconds)))))
}

fn nanosleep_lasts(lab: &mut Lab) {
    let wanted = time(50 * MILLISECOND);
    let sleep = sys(Sysno::nanosleep, [at(address_of(&wanted)), imm(0)]);
    lasts(lab, 50 * MILLISECOND, sleep, 0);
}

fn clock_nanosleep_until_a_moment_lasts(lab: &mut Lab) {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let then = [now.tv_sec.cast_unsigned() + 1, now.tv_nsec.cast_unsigned()];
    let sleep = [
        imm(libc::CLOCK_MONOTONIC),
        imm(libc::TIMER_ABSTIME),
        at(address_of(&then)),
        imm(0),
    ];
    let mut clock = Clock::default();
    let mut batch = Batch::new([sys(Sysno::clock_nanosleep, sleep), clock.read(0)]);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert_eq!(batch.results, [0, 0]);
    assert!((clock.times[0], clock.times[1]) >= (then[0], then[1]));
}

fn poll_with_a_timeout_lasts(lab: &mut Lab) {
    let poll = poll(imm(0), imm(0), 50);
    lasts(lab, 50 * MILLISECOND, poll, 0);
}

fn futex_wait(nanoseconds: u64) -> Entry {
    let operation = imm(libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG);
    let word = at(address_of_mut(Box::leak(Box::new([0_u32]))));
    sys(
        Sysno::futex,
        [word, operation, imm(0), time_at(nanoseconds)],
    )
}

fn futex_wait_with_a_timeout_lasts(lab: &mut Lab) {
    let time = 50 * MILLISECOND;
    lasts(lab, time, futex_wait(time), error(Errno::TIMEDOUT));
}

fn nanosleep_lasts_over_a_stop(lab: &mut Lab) {
    lasts_over_a_stop(lab, 0, |time| {
        sys(Sysno::nanosleep, [time_at(time), imm(0)])
    });
}

fn clock_nanosleep_lasts_over_a_stop(lab: &mut Lab) {
    lasts_over_a_stop(lab, 0, |time| {
        let clock = imm(libc::CLOCK_BOOTTIME);
        sys(
            Sysno::clock_nanosleep,
            [clock, imm(0), time_at(time), imm(0)],
        )
    });
}

fn poll_lasts_over_a_stop(lab: &mut Lab) {
    lasts_over_a_stop(lab, 0, |time| {
        let milliseconds = i32::try_from(time / MILLISECOND).expect("a short time");
        poll(imm(0), imm(0), milliseconds)
    });
}

fn futex_wait_lasts_over_a_stop(lab: &mut Lab) {
    lasts_over_a_stop(lab, error(Errno::TIMEDOUT), futex_wait);
}

fn read_goes_on_after_a_stop(lab: &mut Lab) {
    let (reader, writer) = rustix::pipe::pipe().expect("pipe");
    let child = fork(|| {
        let mut byte = [0_u8];
        let fd = std::os::fd::AsRawFd::as_raw_fd(&reader);
        let read = sys(
            Sysno::read,
            [imm(fd), at(address_of_mut(&mut byte)), imm(1)],
        );
        let mut batch = Batch::new([read]);
        assert_eq!(lab.run(&mut batch), Ok(Status::Done));
        assert_eq!((batch.results[0], byte), (1, *b"x"));
    });
    for _ in 0..3 {
        until_state(child, 'S');
        signal::send(child, Signal::STOP);
        until_state(child, 'T');
        signal::send(child, Signal::CONT);
    }
    until_state(child, 'S');
    rustix::io::write(&writer, b"x").expect("write");
    wait_for(child);
}

fn sleep_goes_on_after_many_stops(lab: &mut Lab) {
    let wanted = time(900 * MILLISECOND);
    let sleep = sys(Sysno::nanosleep, [at(address_of(&wanted)), imm(0)]);
    let child = fork(|| lasts(lab, 900 * MILLISECOND, sleep, 0));
    reaches_state(child, 'S');
    for _ in 0..10 {
        signal::send(child, Signal::STOP);
        std::thread::sleep(std::time::Duration::from_millis(5));
        signal::send(child, Signal::CONT);
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    wait_for(child);
}
