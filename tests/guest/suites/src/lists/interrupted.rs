//! Signals in the middle of a list.

use std::os::fd::{AsRawFd as _, OwnedFd};

use rustix::io::Errno;
use rustix::process::{Pid, Signal};
use sysbatch::abi::{Entry, Resume, Status};
use syscalls::Sysno;

use super::Listed;
use crate::harness::cases;
use crate::lab::{Lab, UNWRITTEN, address_of, address_of_mut, at, imm, set, sys};
use crate::process::{fork, until_it_has_run, until_state, wait_for};
use crate::signal;

cases! {
    kernel call_that_restarts_in_a_list;
    kernel call_that_fails_in_a_list;
    kernel sleep_that_goes_on_in_a_list_that_was_stopped;
    kernel handler_runs_before_the_next_batch;
    kernel list_gets_on_under_a_storm;
}

/// Enters the list. Another process sends `SIGUSR1` once it waits, and calls `then`
/// when it has been handled.
fn interrupt(listed: &mut Listed, flags: i32, then: impl FnOnce(Pid)) -> Result<(), Errno> {
    let (reader, writer) = rustix::pipe::pipe().expect("pipe");
    signal::count(Signal::USR1, flags);
    signal::report_to(&writer);
    let waiting = rustix::process::getpid();
    let child = fork(|| {
        until_state(waiting, 'S');
        signal::send(waiting, Signal::USR1);
        let mut byte = [0];
        assert_eq!(rustix::io::read(&reader, &mut byte), Ok(1));
        then(waiting);
    });
    let entered = listed.enter();
    assert_eq!(signal::handled(), 1);
    wait_for(child);
    entered
}

fn read(from: &OwnedFd, into: &mut [u8]) -> Entry {
    let len = into.len();
    sys(
        Sysno::read,
        [imm(from.as_raw_fd()), at(address_of_mut(into)), imm(len)],
    )
}

/// What was run before is not run again.
fn call_that_restarts_in_a_list(_: &mut Lab) {
    let (reader, writer) = rustix::pipe::pipe().expect("pipe");
    let mut bytes = [0; 8];
    let mut listed = Listed::of([
        vec![sys(Sysno::getpid, [])],
        vec![read(&reader, &mut bytes)],
        vec![set(3)],
    ]);
    let entered = interrupt(&mut listed, libc::SA_RESTART, |waiting| {
        until_state(waiting, 'S');
        rustix::io::write(&writer, b"late").expect("write");
    });
    assert_eq!(entered, Ok(()));
    assert_eq!(listed.list.next, 3);
    assert_eq!(listed.statuses(), [Status::Done; 3]);
    assert_eq!(listed.results(), [std::process::id().into(), 4, 3]);
    assert!(listed.batches.iter().all(|batch| batch.run.steps == 1));
}

fn call_that_fails_in_a_list(_: &mut Lab) {
    let (reader, _writer) = rustix::pipe::pipe().expect("pipe");
    let mut bytes = [0; 8];
    let mut listed = Listed::of([
        vec![set(1)],
        vec![set(2), read(&reader, &mut bytes)],
        vec![set(3)],
    ]);
    assert_eq!(interrupt(&mut listed, 0, |_| {}), Err(Errno::INTR));
    assert_eq!(listed.list.next, 1, "it is that batch's");
    assert_eq!(
        listed.statuses(),
        [Status::Done, Status::Interrupted, Status::None]
    );
    let run = &listed.batches[1].run;
    assert_eq!((run.pc, run.steps, run.fuel), (1, 1, 1));
    // Its caller does what G3 says, and the list goes on.
    listed.list.next = 2;
    assert_eq!(listed.enter(), Ok(()));
    assert_eq!(listed.results(), [1, 2, 3]);
}

/// A stop is no handler: what sleeps goes on with the time that remains.
fn sleep_that_goes_on_in_a_list_that_was_stopped(_: &mut Lab) {
    let time = [0_u64, 300_000_000];
    let sleep = [at(address_of(&time)), imm(0)];
    let mut listed = Listed::of([
        vec![set(1)],
        vec![sys(Sysno::nanosleep, sleep)],
        vec![set(3)],
    ]);
    let waiting = rustix::process::getpid();
    let child = fork(|| {
        until_state(waiting, 'S');
        signal::send(waiting, Signal::STOP);
        until_state(waiting, 'T');
        signal::send(waiting, Signal::CONT);
    });
    assert_eq!(listed.enter(), Ok(()));
    wait_for(child);
    assert_eq!(listed.results(), [1, 0, 3]);
    assert_eq!(listed.batches[1].run.resume, Resume::Fresh.raw());
    assert_eq!(listed.batches[1].run.steps, 1);
}

fn handler_runs_before_the_next_batch(_: &mut Lab) {
    signal::count(Signal::USR1, 0);
    let handled = sysbatch_reference::Operand::Memory(signal::handled_address());
    let own = imm(std::process::id());
    let see = sysbatch_reference::built_in(sysbatch::abi::BuiltIn::Set, &[handled]);
    let kill = sys(Sysno::kill, [own, imm(libc::SIGUSR1)]);
    let mut listed = Listed::of([vec![see], vec![kill], vec![see], vec![kill]]);
    assert_eq!(listed.enter(), Ok(()));
    assert_eq!(listed.results(), [0, 0, 1, 0]);
    assert_eq!(signal::handled(), 2);
    assert_eq!(listed.list.next, 4);
}

/// Each entry of the device makes a step at least, and none is made twice.
fn list_gets_on_under_a_storm(_: &mut Lab) {
    signal::count(Signal::USR1, 0);
    let mut counter = [0_u64];
    let add = sysbatch_reference::built_in(
        sysbatch::abi::BuiltIn::UserMemoryAdd,
        &[at(address_of_mut(&mut counter)), imm(1)],
    );
    let program = |_| vec![add, sys(Sysno::getpid, []), add];
    let mut listed = Listed::of((0..20_000).map(program));
    let target = rustix::process::getpid();
    let child = fork(|| {
        loop {
            signal::send(target, Signal::USR1);
        }
    });
    until_it_has_run(child);
    let mut enters = 0;
    while listed.list.next < listed.list.len {
        assert_eq!(listed.enter(), Ok(()));
        enters += 1;
    }
    signal::send(child, Signal::KILL);
    crate::process::ended(child);
    assert_eq!(enters, 1, "it is restarted by itself");
    assert_eq!(counter, [40_000]);
    assert!(listed.batches.iter().all(|batch| batch.run.steps == 3));
    assert!(
        listed
            .batches
            .iter()
            .all(|batch| batch.results[1] != UNWRITTEN)
    );
    assert!(signal::handled() > 0);
}
