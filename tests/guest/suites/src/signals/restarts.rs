//! Sub-calls that a signal interrupts: restarted, or `-EINTR`, by the usual
//! rules (`signal(7)`).

use std::os::fd::{AsRawFd as _, OwnedFd};

use rustix::io::Errno;
use rustix::process::{Pid, Signal};
use sysbatch::abi::{Entry, Status};
use syscalls::Sysno;

use crate::arch::poll;
use crate::harness::cases;
use crate::lab::{Batch, Lab, address_of, address_of_mut, at, error, imm, set, sys};
use crate::process::{fork, until_state, wait_for};
use crate::signal;

cases! {
    both read_restarts_by_itself_with_sa_restart;
    both read_fails_without_sa_restart_and_the_batch_goes_on;
    both read_of_the_last_entry_fails_without_sa_restart;
    both wait_restarts_by_itself_with_sa_restart;
    both nanosleep_is_never_restarted_after_a_handler;
    both poll_is_never_restarted_after_a_handler;
    both futex_wait_with_timeout_fails_after_a_handler;
    both pause_ends_with_a_handler;
}

/// Runs a batch that waits. Another process sends `SIGUSR1` once it does, and
/// calls `then` when it has been handled.
fn interrupt(lab: &mut Lab, batch: &mut Batch, flags: i32, then: impl FnOnce(Pid)) {
    let (reader, writer) = rustix::pipe::pipe().expect("pipe");
    signal::count(Signal::USR1, flags);
    signal::report_to(&writer);
    let waiting = rustix::process::getpid();
    let child = fork(|| {
        until_state(waiting, 'S');
        signal::send(waiting, Signal::USR1);
        let mut byte = [0];
        assert_eq!(
            rustix::io::read(&reader, &mut byte),
            Ok(1),
            "the handler reports"
        );
        then(waiting);
    });
    assert_eq!(lab.run(batch), Ok(Status::Done));
    assert_eq!(signal::handled(), 1);
    assert_eq!(batch.run.resume, 0);
    wait_for(child);
}

fn read(from: &OwnedFd, into: &mut [u8]) -> Entry {
    let len = into.len();
    sys(
        Sysno::read,
        [imm(from.as_raw_fd()), at(address_of_mut(into)), imm(len)],
    )
}

fn read_restarts_by_itself_with_sa_restart(lab: &mut Lab) {
    let (reader, writer) = rustix::pipe::pipe().expect("pipe");
    let mut bytes = [0; 8];
    let mut batch = Batch::new([set(1), read(&reader, &mut bytes), set(3)]);
    interrupt(lab, &mut batch, libc::SA_RESTART, |waiting| {
        until_state(waiting, 'S');
        rustix::io::write(&writer, b"late").expect("write");
    });
    assert_eq!(batch.results, [1, 4, 3]);
    assert_eq!(&bytes[..4], b"late");
    assert_eq!((batch.run.steps, batch.run.fuel), (3, 0));
}

fn read_fails_without_sa_restart_and_the_batch_goes_on(lab: &mut Lab) {
    let (reader, writer) = rustix::pipe::pipe().expect("pipe");
    let mut bytes = [0; 8];
    let again = read(&reader, &mut bytes);
    let mut batch = Batch::new([set(1), read(&reader, &mut bytes), again, set(3)]);
    interrupt(lab, &mut batch, 0, |waiting| {
        until_state(waiting, 'S');
        rustix::io::write(&writer, b"late").expect("write");
    });
    assert_eq!(batch.results, [1, error(Errno::INTR), 4, 3]);
    assert_eq!((batch.run.steps, batch.run.fuel), (4, 0));
}

fn read_of_the_last_entry_fails_without_sa_restart(lab: &mut Lab) {
    let (reader, _writer) = rustix::pipe::pipe().expect("pipe");
    let mut bytes = [0; 8];
    let mut batch = Batch::new([set(1), read(&reader, &mut bytes)]);
    interrupt(lab, &mut batch, 0, |_| {});
    assert_eq!(batch.results, [1, error(Errno::INTR)]);
    assert_eq!((batch.run.pc, batch.run.steps, batch.run.fuel), (2, 2, 0));
}

fn wait_restarts_by_itself_with_sa_restart(lab: &mut Lab) {
    let (reader, writer) = rustix::pipe::pipe().expect("pipe");
    let child = fork(|| {
        let mut byte = [0];
        assert_eq!(rustix::io::read(&reader, &mut byte), Ok(1));
    });
    let pid = child.as_raw_nonzero().get();
    let wait = sys(Sysno::wait4, [imm(pid), imm(0), imm(0), imm(0)]);
    let mut batch = Batch::new([wait]);
    interrupt(lab, &mut batch, libc::SA_RESTART, |waiting| {
        until_state(waiting, 'S');
        rustix::io::write(&writer, b"x").expect("write");
    });
    assert_eq!(batch.results, [i64::from(pid)]);
}

/// Runs a wait that ends with `-EINTR` whatever the handler's flags are.
fn ends(lab: &mut Lab, flags: i32, wait: Entry) {
    let mut batch = Batch::new([set(1), wait, set(3)]);
    interrupt(lab, &mut batch, flags, |_| {});
    assert_eq!(batch.results, [1, error(Errno::INTR), 3]);
}

fn nanosleep_is_never_restarted_after_a_handler(lab: &mut Lab) {
    let long = [1000_u64, 0];
    let mut left = [0_u64; 2];
    let sleep = [at(address_of(&long)), at(address_of_mut(&mut left))];
    ends(lab, libc::SA_RESTART, sys(Sysno::nanosleep, sleep));
    assert!(
        left[0] < 1000 && left != [0, 0],
        "the time that remains is told: {left:?}"
    );
}

fn poll_is_never_restarted_after_a_handler(lab: &mut Lab) {
    ends(lab, libc::SA_RESTART, poll(imm(0), imm(0), 1_000_000));
}

fn futex_wait_with_timeout_fails_after_a_handler(lab: &mut Lab) {
    let mut word = [0_u32];
    let long = [1000_u64, 0];
    let wait = [
        at(address_of_mut(&mut word)),
        imm(libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG),
        imm(0),
        at(address_of(&long)),
    ];
    ends(lab, 0, sys(Sysno::futex, wait));
}

fn pause_ends_with_a_handler(lab: &mut Lab) {
    ends(lab, libc::SA_RESTART, crate::arch::pause());
}
