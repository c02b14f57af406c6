//! The batches of a list, and what becomes of each.

use std::os::fd::AsRawFd as _;

use rustix::io::Errno;
use rustix::process::Signal;
use sysbatch::abi::{Format, LIST_REQUEST, PuntReason, RUN_REQUEST, Status};
use syscalls::Sysno;

use super::{Listed, device, enter};
use crate::harness::cases;
use crate::lab::{Batch, Lab, UNWRITTEN, address_of, at, error, imm, set, sys};
use crate::process::{ended, fork};
use crate::watched::filter::{fail_with, filter, install};

cases! {
    kernel batches_are_run_in_one_crossing;
    kernel list_begins_where_next_says;
    kernel long_list;
    kernel batch_of_each_format_in_a_list;
    kernel batch_that_is_handed_back_in_a_list;
    kernel batch_without_fuel_in_a_list;
    kernel batch_that_is_refused_in_a_list;
    kernel file_closed_in_one_batch_is_gone_in_the_next;
    kernel batch_uses_what_another_has_left;
    kernel device_closed_in_a_list;
    kernel list_in_a_batch_is_handed_back;
    kernel same_batch_twice_in_a_list;
    kernel filtered_task_has_no_lists;
    kernel filter_set_in_a_list_holds_for_the_next_batch;
    kernel batch_that_ends_the_process_in_a_list;
}

fn pid() -> i64 {
    std::process::id().into()
}

fn batches_are_run_in_one_crossing(_: &mut Lab) {
    let mut listed = Listed::of([
        vec![sys(Sysno::getpid, [])],
        vec![set(5)],
        vec![sys(Sysno::getppid, [])],
    ]);
    assert_eq!(listed.enter(), Ok(()));
    assert_eq!(listed.list.next, 3);
    assert_eq!(listed.statuses(), [Status::Done; 3]);
    let parent = rustix::process::getppid().map_or(0, |pid| pid.as_raw_nonzero().get());
    assert_eq!(listed.results(), [pid(), 5, parent.into()]);
    for batch in &listed.batches {
        assert_eq!((batch.run.pc, batch.run.steps, batch.run.fuel), (1, 1, 0));
    }
}

fn list_begins_where_next_says(_: &mut Lab) {
    let mut listed = Listed::of([vec![set(1)], vec![set(2)], vec![set(3)]]);
    listed.list.next = 2;
    assert_eq!(listed.enter(), Ok(()));
    assert_eq!(listed.results(), [UNWRITTEN, UNWRITTEN, 3]);
    assert_eq!(listed.enter(), Ok(()), "there is nothing left");
    listed.list.next = 0;
    listed.list.len = 2;
    assert_eq!(listed.enter(), Ok(()));
    assert_eq!(listed.results(), [1, 2, 3]);
    assert_eq!(listed.list.next, 2);
}

fn long_list(_: &mut Lab) {
    let program = |_| vec![sys(Sysno::getpid, [])];
    let mut listed = Listed::of((0..10_000).map(program));
    assert_eq!(listed.enter(), Ok(()));
    assert!(listed.results().iter().all(|&result| result == pid()));
}

fn batch_of_each_format_in_a_list(_: &mut Lab) {
    let getpid = u64::try_from(Sysno::getpid.id()).expect("a number");
    let arguments = [getpid, 0];
    let array = [address_of(&arguments)];
    let words = [getpid, 0, 0, 0, 0, 0, 0];
    let mut slot = [UNWRITTEN];
    let result = crate::lab::address_of_mut(&mut slot);
    let atom = [0, getpid, result, 0, 0, 0, 0, 0, 0, 0, 0];
    let mut listed = Listed::of([vec![set(1)], vec![set(1)], vec![set(1)]]);
    let formats = [
        (Format::Supersyscall, address_of(&words)),
        (Format::Pointers, address_of(&array)),
        (Format::Syslet, 0),
    ];
    for (batch, (format, program)) in listed.batches.iter_mut().zip(formats) {
        batch.run.format = format.raw();
        batch.run.program = program;
    }
    listed.batches[2].run.pc = address_of(&atom);
    assert_eq!(listed.enter(), Ok(()));
    assert_eq!(
        listed.statuses(),
        [Status::Done, Status::Done, Status::Exit]
    );
    assert_eq!(listed.results(), [pid(), pid(), UNWRITTEN]);
    assert_eq!(slot, [pid()]);
}

fn batch_that_is_handed_back_in_a_list(lab: &mut Lab) {
    let call = |number| vec![set(1), sys(number, [imm(0)])];
    let fork = vec![set(1), crate::arch::fork()];
    let mut listed = Listed::of([fork, call(Sysno::close), call(Sysno::exit)]);
    listed.batches[1].entries[1] = sys(Sysno::getpid, []);
    assert_eq!(listed.enter(), Ok(()));
    assert_eq!(
        listed.statuses(),
        [Status::Punt, Status::Done, Status::Punt]
    );
    assert_eq!(listed.list.next, 3);
    for batch in [&listed.batches[0], &listed.batches[2]] {
        assert_eq!(batch.run.reason, PuntReason::Call.raw());
        assert_eq!((batch.run.pc, batch.run.steps), (1, 1));
    }
    // It goes on by itself.
    assert_eq!(lab.enter(&mut listed.batches[0]), Ok(Status::Punt));
}

fn batch_without_fuel_in_a_list(_: &mut Lab) {
    let mut listed = Listed::of([vec![set(1), set(2)], vec![set(3)]]);
    listed.batches[0].run.fuel = 1;
    assert_eq!(listed.enter(), Ok(()));
    assert_eq!(listed.statuses(), [Status::OutOfFuel, Status::Done]);
    assert_eq!(listed.results(), [1, 3]);
    listed.batches[0].run.fuel = 1;
    listed.list.next = 0;
    assert_eq!(listed.enter(), Ok(()));
    assert_eq!(listed.batches[0].results, [1, 2]);
}

/// The list returns what the ioctl of the batch would have, and stands behind it.
fn batch_that_is_refused_in_a_list(lab: &mut Lab) {
    let mut listed = Listed::of([
        vec![set(1)],
        vec![set(2)],
        vec![set(3)],
        vec![set(4)],
        vec![set(5)],
    ]);
    listed.batches[1].run.format = 77;
    listed.batches[2].entries[0].flags = 2;
    listed.batches[3].run.results = 8;
    for (error, next, status) in [
        (Errno::INVAL, 2, Status::None),
        (Errno::INVAL, 3, Status::Refused),
        (Errno::FAULT, 4, Status::Unstored),
    ] {
        assert_eq!(listed.enter(), Err(error));
        assert_eq!(listed.list.next, next);
        let batch = &mut listed.batches[usize::try_from(next - 1).expect("small")];
        assert_eq!(batch.status(), Some(status));
        // As by itself, once more.
        batch.run.fuel = 1;
        let header = crate::lab::address_of_mut(std::slice::from_mut(&mut batch.run));
        assert_eq!(lab.enter_at(header), Err(error));
    }
    assert_eq!(listed.enter(), Ok(()));
    assert_eq!(listed.results(), [1, UNWRITTEN, UNWRITTEN, UNWRITTEN, 5]);
}

fn file_closed_in_one_batch_is_gone_in_the_next(_: &mut Lab) {
    let (reader, writer) = rustix::pipe::pipe().expect("pipe");
    let number = writer.as_raw_fd();
    let mut bytes = [0_u8; 8];
    let into = crate::lab::address_of_mut(&mut bytes);
    let mut listed = Listed::of([
        vec![sys(Sysno::close, [imm(number)])],
        // The last writer has gone, and so it is the end.
        vec![sys(
            Sysno::read,
            [imm(reader.as_raw_fd()), at(into), imm(8)],
        )],
        vec![sys(Sysno::fcntl, [imm(number), imm(libc::F_GETFD)])],
    ]);
    assert_eq!(listed.enter(), Ok(()));
    assert_eq!(listed.results(), [0, 0, error(Errno::BADF)]);
    // The batch has closed it.
    let _ = std::os::fd::IntoRawFd::into_raw_fd(writer);
}

fn batch_uses_what_another_has_left(_: &mut Lab) {
    let mut listed = Listed::of([vec![sys(Sysno::getpid, [])], vec![set(0)]]);
    let slot = crate::lab::address_of_mut(&mut listed.batches[0].results);
    let memory = sysbatch_reference::Operand::Memory(slot);
    listed.batches[1].entries[0] = sys(Sysno::getpgid, [memory]);
    assert_eq!(listed.enter(), Ok(()));
    let group = rustix::process::getpgrp().as_raw_nonzero().get();
    assert_eq!(listed.results(), [pid(), group.into()]);
}

/// The module stays as long as the list runs.
fn device_closed_in_a_list(_: &mut Lab) {
    let mut listed = Listed::of([vec![set(1)], vec![set(2)], vec![set(3)]]);
    let own = device();
    listed.batches[0].entries[0] = sys(Sysno::close, [imm(own.as_raw_fd())]);
    listed.batches[1].entries[0] = sys(Sysno::close, [imm(own.as_raw_fd())]);
    let list = listed.address();
    assert_eq!(enter(own.as_raw_fd(), list), Ok(()));
    assert_eq!(listed.results(), [0, error(Errno::BADF), 3]);
    assert_eq!(listed.list.next, 3);
    let _ = std::os::fd::IntoRawFd::into_raw_fd(own);
}

fn list_in_a_batch_is_handed_back(lab: &mut Lab) {
    let mut inner = Listed::of([vec![set(7)], vec![sys(Sysno::getpid, [])]]);
    let list = inner.address();
    let fd = imm(inner.device.as_raw_fd());
    let call = sys(Sysno::ioctl, [fd, imm(LIST_REQUEST), at(list)]);
    let mut batch = Batch::new([set(1), call, set(3)]);
    assert_eq!(lab.enter(&mut batch), Ok(Status::Punt));
    assert_eq!(
        (batch.run.pc, batch.run.reason),
        (1, PuntReason::Call.raw())
    );
    assert_eq!(inner.results(), [UNWRITTEN; 2]);
    // The library makes it.
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert_eq!(batch.results, [1, 0, 3]);
    assert_eq!(inner.results(), [7, pid()]);
    // A batch in a batch of a list is, too.
    let mut outer = Listed::of([vec![sys(Sysno::ioctl, [fd, imm(RUN_REQUEST), imm(0)])]]);
    assert_eq!(outer.enter(), Ok(()));
    assert_eq!(outer.statuses(), [Status::Punt]);
}

fn same_batch_twice_in_a_list(_: &mut Lab) {
    let mut listed = Listed::of([vec![set(1), set(2)], vec![set(3)]]);
    listed.batches[0].run.fuel = 1;
    listed.headers[1] = listed.headers[0];
    assert_eq!(listed.enter(), Ok(()));
    // It was over fuel the first time, and is the second.
    assert_eq!(listed.statuses(), [Status::OutOfFuel, Status::None]);
    assert_eq!(listed.batches[0].run.pc, 1);
}

fn filtered_task_has_no_lists(_: &mut Lab) {
    let mut listed = Listed::of([vec![set(1)]]);
    install(&filter(Sysno::getppid, fail_with(Errno::PERM)));
    assert_eq!(listed.enter(), Err(Errno::OPNOTSUPP));
    assert_eq!(listed.statuses(), [Status::None]);
    assert_eq!(listed.list.next, 0);
}

/// It cannot be set inside: the call comes back, and so does all that follows once
/// another thread has set one for all.
fn filter_set_in_a_list_holds_for_the_next_batch(_: &mut Lab) {
    let mut listed = Listed::of([vec![sys(Sysno::getppid, [])], vec![sys(Sysno::getppid, [])]]);
    let (reader, writer) = rustix::pipe::pipe().expect("pipe");
    let mut byte = [0_u8];
    let into = crate::lab::address_of_mut(&mut byte);
    listed.batches[0].entries[0] = sys(Sysno::read, [imm(reader.as_raw_fd()), at(into), imm(1)]);
    let other = std::thread::spawn(move || {
        crate::process::until_state(rustix::process::getpid(), 'S');
        crate::watched::filter::install_for_all(&filter(Sysno::getppid, fail_with(Errno::PERM)));
        rustix::io::write(&writer, b"x").expect("write");
    });
    assert_eq!(listed.enter(), Ok(()));
    other.join().expect("the other thread");
    assert_eq!(listed.statuses(), [Status::Done, Status::Punt]);
    assert_eq!(
        listed.batches[1].run.reason,
        PuntReason::Watched.raw(),
        "nothing is made that the filter was not asked about"
    );
}

fn batch_that_ends_the_process_in_a_list(_: &mut Lab) {
    let child = fork(|| {
        let own = imm(std::process::id());
        let mut listed = Listed::of([
            vec![sys(Sysno::kill, [own, imm(libc::SIGKILL)])],
            vec![sys(Sysno::kill, [own, imm(libc::SIGKILL)])],
        ]);
        let _ = listed.enter();
        panic!("it goes on");
    });
    let killed = Some(Signal::KILL.as_raw());
    assert_eq!(ended(child).terminating_signal(), killed);
}
