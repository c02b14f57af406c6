//! The device's descriptor, which a program has not asked for, and may close or
//! replace without a thought.

use std::os::fd::{AsFd as _, AsRawFd as _, RawFd};
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::Signal;
use sysbatch::abi::Status;
use sysbatch::{Backend, Kind};
use syscalls::Sysno;

use crate::harness::{Host, cases};
use crate::lab::{Batch, Lab, address_of_mut, at, error, imm, set, sys};
use crate::process::{fork, until_state, wait_for};
use crate::signal;
use crate::watched::filter::{fail_with, filter, install};

cases! {
    kernel device_is_out_of_the_way;
    kernel device_that_was_closed_is_opened_again;
    kernel device_that_was_closed_in_the_batch_is_opened_again;
    kernel device_that_was_replaced_is_opened_again_and_what_replaced_it_left_alone;
    kernel device_that_is_closed_while_a_call_waits;
    kernel device_that_cannot_be_opened_again;
    kernel device_that_was_handed_in_and_closed;
    kernel filter_that_says_it_is_no_device;
}

fn number(lab: &Lab) -> RawFd {
    lab.backend.device().expect("the device").as_raw_fd()
}

fn batch() -> Batch {
    Batch::new([set(1), sys(Sysno::getpid, []), sys(Sysno::close, [imm(-1)])])
}

fn expected() -> [i64; 3] {
    [1, i64::from(std::process::id()), error(Errno::BADF)]
}

#[track_caller]
fn assert_runs(lab: &mut Lab, crossings: u64) {
    let mut batch = batch();
    let before = lab.backend.crossings();
    assert_eq!(lab.run_direct(&mut batch), Ok(Status::Done));
    assert_eq!(batch.results, expected());
    assert_eq!(lab.backend.crossings() - before, crossings);
}

/// The numbers that a program's files get do not tell where its batches run.
fn device_is_out_of_the_way(lab: &mut Lab) {
    assert!(number(lab) > 100, "{}", number(lab));
    let open = || rustix::pipe::pipe().expect("pipe").0.as_raw_fd();
    let with = open();
    let mut user = Lab::on(Host::User, &lab.options);
    let pair = |lab: &mut Lab| {
        let mut pair = [0_i32; 2];
        let mut batch = Batch::new([crate::arch::pipe(at(address_of_mut(&mut pair)))]);
        assert_eq!(lab.run_direct(&mut batch), Ok(Status::Done));
        for number in pair {
            let mut close = Batch::new([sys(Sysno::close, [imm(number)])]);
            assert_eq!(lab.run_direct(&mut close), Ok(Status::Done));
        }
        pair
    };
    assert_eq!(pair(lab), pair(&mut user));
    assert_eq!(pair(lab)[0], with);
}

fn device_that_was_closed_is_opened_again(lab: &mut Lab) {
    for _ in 0..3 {
        close_all(lab);
        // One that fails, and one that does not.
        assert_runs(lab, 2);
        assert_runs(lab, 1);
        assert_eq!(lab.backend.kind(), Kind::Kernel);
        assert!(number(lab) > 100);
    }
}

/// Closes all files but the first three, as daemons do.
fn close_all(lab: &mut Lab) {
    let mut user = Lab::on(Host::User, &lab.options);
    let mut close = Batch::new([sys(Sysno::close_range, [imm(3), imm(u32::MAX), imm(0)])]);
    assert_eq!(user.run_direct(&mut close), Ok(Status::Done));
    assert_eq!(close.results, [0]);
}

fn device_that_was_closed_in_the_batch_is_opened_again(lab: &mut Lab) {
    let close = sys(Sysno::close_range, [imm(3), imm(u32::MAX), imm(0)]);
    let mut batch = Batch::new([close, sys(Sysno::getpid, [])]);
    let before = lab.backend.crossings();
    assert_eq!(lab.run_direct(&mut batch), Ok(Status::Done));
    assert_eq!(batch.results, [0, expected()[1]]);
    assert_eq!(
        lab.backend.crossings() - before,
        1,
        "it goes on where it was"
    );
    assert_runs(lab, 2);
    assert_runs(lab, 1);
}

fn device_that_was_replaced_is_opened_again_and_what_replaced_it_left_alone(lab: &mut Lab) {
    let old = number(lab);
    let (reader, writer) = rustix::pipe::pipe().expect("pipe");
    let mut replace = Batch::new([crate::arch::dup2(imm(writer.as_raw_fd()), imm(old))]);
    assert_eq!(lab.run_direct(&mut replace), Ok(Status::Done));
    drop(writer);
    assert_runs(lab, 2);
    assert_runs(lab, 1);
    assert_ne!(number(lab), old);
    // It is still the pipe, and nothing was written to it.
    let mut write = Batch::new([sys(
        Sysno::write,
        [imm(old), at(address_of_mut(&mut [b'x'])), imm(1)],
    )]);
    assert_eq!(lab.run_direct(&mut write), Ok(Status::Done));
    assert_eq!(write.results, [1]);
    let mut bytes = [0; 8];
    assert_eq!(rustix::io::read(reader.as_fd(), &mut bytes), Ok(1));
}

/// The ioctl cannot be made again after a signal then, but the batch goes on.
fn device_that_is_closed_while_a_call_waits(lab: &mut Lab) {
    let (reader, writer) = rustix::pipe::pipe().expect("pipe");
    let child = fork(|| {
        signal::count(Signal::USR1, libc::SA_RESTART);
        let old = number(lab);
        let mut byte = [0_u8; 1];
        let mut batch = Batch::new([
            sys(Sysno::close, [imm(old)]),
            sys(
                Sysno::read,
                [
                    imm(reader.as_raw_fd()),
                    at(address_of_mut(&mut byte)),
                    imm(1),
                ],
            ),
            sys(Sysno::getpid, []),
        ]);
        assert_eq!(lab.run_direct(&mut batch), Ok(Status::Done));
        assert_eq!(batch.results, [0, 1, expected()[1]]);
        assert_eq!((byte, batch.run.steps), ([b'x'], 3));
    });
    for _ in 0..3 {
        until_state(child, 'S');
        rustix::process::kill_process(child, Signal::USR1).expect("kill");
        std::thread::sleep(Duration::from_millis(20));
    }
    rustix::io::write(&writer, b"x").expect("write");
    wait_for(child);
}

fn device_that_cannot_be_opened_again(lab: &mut Lab) {
    rustix::process::chroot("/proc").expect("root may change it");
    close_all(lab);
    // The one that fails, and a call of each entry.
    assert_runs(lab, 3);
    assert_eq!(lab.backend.kind(), Kind::User);
    assert!(lab.backend.device().is_none());
    assert_runs(lab, 2);
}

fn device_that_was_handed_in_and_closed(lab: &mut Lab) {
    let own = rustix::io::dup(lab.backend.device().expect("the device")).expect("dup");
    lab.backend = Backend::from_device(own).expect("the device");
    assert_runs(lab, 1);
    close_all(lab);
    assert_runs(lab, 3);
    assert_eq!(lab.backend.kind(), Kind::User);
}

fn filter_that_says_it_is_no_device(lab: &mut Lab) {
    let old = number(lab);
    install(&filter(Sysno::ioctl, fail_with(Errno::NOTTY)));
    for _ in 0..3 {
        assert_runs(lab, 3);
        assert_eq!(number(lab), old);
    }
}
