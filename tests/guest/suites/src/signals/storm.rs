//! Many signals at all moments: no restart code is ever seen, nothing is lost
//! or done twice.

use std::os::fd::AsRawFd as _;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, Signal};
use sysbatch::abi::Status;
use sysbatch_reference::EntryExt as _;
use syscalls::Sysno;

use crate::harness::cases;
use crate::lab::{Batch, Lab, address_of, address_of_mut, at, error, imm, sys};
use crate::process::fork;
use crate::signal;

cases! {
    both storm_on_one_thread_without_sa_restart within 120;
    both storm_on_one_thread_with_sa_restart within 120;
    both storm_on_three_threads within 120;
    both bytes_of_a_stream_are_neither_lost_nor_doubled within 120;
}

/// A process that sends `SIGUSR1` to this one until it is killed.
fn sender(pause: Duration) -> Pid {
    let target = rustix::process::getpid();
    fork(|| {
        loop {
            signal::send(target, Signal::USR1);
            std::thread::sleep(pause);
        }
    })
}

/// Ends the sender.
fn calm(sender: Pid) {
    signal::send(sender, Signal::KILL);
    crate::process::ended(sender);
}

/// Calls that wait for a moment, each in its way.
pub(crate) struct Waits {
    moment: [u64; 2],
    left: [u64; 2],
    word: [u32; 1],
}

impl Waits {
    pub(crate) fn new() -> Self {
        Self {
            moment: [0, 200_000],
            left: [0; 2],
            word: [0],
        }
    }

    /// Makes all of them in a batch, and looks at each result.
    pub(crate) fn run(&mut self, lab: &mut Lab) {
        let moment = at(address_of(&self.moment));
        let futex = [
            at(address_of_mut(&mut self.word)),
            imm(libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG),
            imm(0),
            moment,
        ];
        let clock = [imm(libc::CLOCK_MONOTONIC), imm(0), moment, imm(0)];
        let mut batch = Batch::new([
            sys(
                Sysno::nanosleep,
                [moment, at(address_of_mut(&mut self.left))],
            ),
            crate::arch::poll(imm(0), imm(0), 1),
            sys(Sysno::futex, futex),
            sys(Sysno::clock_nanosleep, clock),
            sys(Sysno::ppoll, [imm(0), imm(0), moment, imm(0), imm(0)]),
            sys(Sysno::getpid, []),
        ]);
        assert_eq!(lab.run(&mut batch), Ok(Status::Done));
        assert_eq!(batch.run.steps, 6);
        let interrupted = error(Errno::INTR);
        let timed_out = error(Errno::TIMEDOUT);
        for (index, &result) in batch.results[..5].iter().enumerate() {
            let usual = if index == 2 { timed_out } else { 0 };
            assert!(
                [usual, interrupted].contains(&result),
                "entry {index} gave {result}"
            );
        }
        assert_eq!(batch.results[5], i64::from(std::process::id()));
    }
}

/// How many signals must have been handled.
const STORM: u64 = 10;

/// Waits in as many batches as that, and more until there were signals enough.
fn wait_often(lab: &mut Lab, rounds: u32) {
    let mut waits = Waits::new();
    let mut round = 0;
    while round < rounds || signal::handled() <= STORM {
        round += 1;
        waits.run(lab);
    }
}

fn storm_on_one_thread_without_sa_restart(lab: &mut Lab) {
    signal::count(Signal::USR1, 0);
    let sender = sender(Duration::from_micros(300));
    wait_often(lab, 300);
    calm(sender);
}

fn storm_on_one_thread_with_sa_restart(lab: &mut Lab) {
    signal::count(Signal::USR1, libc::SA_RESTART);
    let sender = sender(Duration::from_micros(300));
    wait_often(lab, 300);
    calm(sender);
}

fn storm_on_three_threads(lab: &mut Lab) {
    // A signal to the process wakes one thread, but others may have been told
    // to look, and find nothing: they must not show a restart code either.
    signal::count(Signal::USR1, libc::SA_RESTART);
    let sender = sender(Duration::from_micros(300));
    let options = lab.options.clone();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| wait_often(&mut Lab::new(&options), 150));
        }
    });
    calm(sender);
}

fn bytes_of_a_stream_are_neither_lost_nor_doubled(lab: &mut Lab) {
    // The process writes its bytes one at a time to a pipe that is mostly
    // full, and is interrupted all the time. What arrives must be complete.
    const LEN: usize = 4000;
    let (reader, writer) = rustix::pipe::pipe().expect("pipe");
    rustix::pipe::fcntl_setpipe_size(&writer, 4096).expect("F_SETPIPE_SZ");
    let full = vec![b'.'; 4096];
    rustix::io::write(&writer, &full).expect("write");
    let mut writer = Some(writer);
    let check = fork(|| {
        // What is read ends with the last writer.
        writer.take();
        let mut seen = Vec::new();
        let mut bytes = [0; 16];
        loop {
            let count = rustix::io::read(&reader, &mut bytes).expect("read");
            if count == 0 {
                break;
            }
            seen.extend_from_slice(&bytes[..count]);
            std::thread::sleep(Duration::from_micros(50));
        }
        assert!(seen.len() >= 4096 + LEN, "{} bytes arrived", seen.len());
        let mut expected = full.clone();
        expected.extend((0..seen.len() - 4096).map(pattern));
        assert!(
            seen == expected,
            "the bytes that arrived are not those that were sent"
        );
    });
    signal::count(Signal::USR1, 0);
    let sender = sender(Duration::from_micros(200));
    let number = writer.as_ref().expect("this is the writer").as_raw_fd();
    let mut sent = 0;
    while sent < LEN || signal::handled() <= STORM {
        let bytes: Vec<u8> = (sent..sent + 50).map(pattern).collect();
        let entries = bytes.iter().map(|byte| {
            let byte = address_of(std::slice::from_ref(byte));
            // A write that was interrupted had no effect: it is made again.
            sys(Sysno::write, [imm(number), at(byte), imm(1)]).jumps(-1, 0, 0)
        });
        let mut batch = Batch::new(entries.collect::<Vec<_>>()).with_fuel(1 << 30);
        assert_eq!(lab.run(&mut batch), Ok(Status::Done));
        assert!(batch.results.iter().all(|&result| result == 1));
        sent += bytes.len();
    }
    // It writes, too, as far as the kernel knows.
    calm(sender);
    drop(writer);
    crate::process::wait_for(check);
}

fn pattern(index: usize) -> u8 {
    (index % 251).to_le_bytes()[0]
}
