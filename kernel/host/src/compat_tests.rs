// SPDX-License-Identifier: GPL-2.0-only
//! A batch of a 32-bit task through the whole of this crate, on a scripted task.

extern crate std;

use std::vec;

use sysbatch_abi::{JUMP_EXIT, RUN_REQUEST, Status};

use super::seen;
use crate::scripted::{Batch, address, compat_ioctl};
use crate::shim::double::{SIGNAL, TASK_WORK, Verdict, with_task};

/// Numbers of 32-bit calls. That of `getpid` is, for a 64-bit task, one that is made
/// at once, and that of `fork` one that is made, too.
const GETPID: i32 = 20;
const FORK: i32 = 2;
const NANOSLEEP: i32 = 162;

#[test]
fn calls_have_their_own_numbers_and_32_bits_of_each_argument() {
    let mut batch = Batch::of(&[GETPID, GETPID]);
    batch.program[1].args = [u64::MAX, 1 << 32 | 5, 0, 0, 0, 6];
    with_task(|task| task.results = vec![0xF7F0_0000, 5]);
    assert_eq!(batch.compat_ioctl(), 0);
    assert_eq!(batch.status(), Some(Status::Done));
    assert_eq!(batch.results, [5, 0xF7F0_0000]);
    let calls = with_task(|task| task.calls.clone());
    assert_eq!(calls[1], (20, [u64::from(u32::MAX), 5, 0, 0, 0, 6]));
}

#[test]
fn what_was_handed_back_is_by_their_numbers() {
    for number in [FORK, 0, 11, 120, 252, 473, 390] {
        let mut batch = Batch::of(&[number]);
        assert_eq!(batch.compat_ioctl(), 0);
        assert_eq!(batch.status(), Some(Status::Punt), "{number}");
        assert_eq!(batch.run.reason, 1);
    }
    // Beyond the table there are no calls.
    let mut batch = Batch::of(&[476]);
    assert_eq!(batch.compat_ioctl(), 0);
    assert_eq!(batch.results, [-38]);
}

#[test]
fn other_formats_have_no_such_call() {
    // The number, and six arguments.
    let program = [[u64::from(FORK.cast_unsigned()), 0, 0, 0, 0, 0, 0], [57; 7]];
    let mut batch = Batch::of(&[GETPID, GETPID]);
    batch.run.format = 2;
    batch.run.flags = 1;
    with_task(|task| task.results = vec![5]);
    batch.address();
    batch.run.program = program.as_ptr().expose_provenance() as u64;
    assert_eq!(compat_ioctl(RUN_REQUEST, address(&mut batch.run)), 0);
    assert_eq!(batch.status(), Some(Status::Done));
    // 57 is, for a 64-bit task, the number of `fork`.
    assert_eq!(batch.results, [-38, 5]);
}

#[test]
fn errors_are_negative_and_nothing_else_is() {
    for (result, expected) in [
        (-2, -2),
        (-4095, -4095),
        (-4096, 0xFFFF_F000),
        (0x7FFF_FFFF, 0x7FFF_FFFF),
        (-0x8000_0000, 0x8000_0000),
    ] {
        assert_eq!(seen(result), expected);
    }
    let mut batch = Batch::of(&[GETPID, GETPID]);
    batch.program[0].on_neg = JUMP_EXIT;
    // As a system call may return it that has 32 bits in mind.
    with_task(|task| task.results = vec![0xFFFF_FFF2]);
    assert_eq!(batch.compat_ioctl(), 0);
    assert_eq!(batch.status(), Some(Status::Exit));
    assert_eq!(batch.results, [-14, 77]);
}

#[test]
fn a_call_is_continued_by_the_number_that_it_has_here() {
    let mut batch = Batch::of(&[NANOSLEEP]);
    with_task(|task| {
        task.results = vec![-516];
        task.after_call = vec![SIGNAL];
    });
    assert_eq!(batch.compat_ioctl(), -514);
    assert_eq!(batch.status(), Some(Status::Interrupted));
    assert_eq!(batch.run.resume, 1);
    with_task(|task| {
        task.waits = 0;
        task.results = vec![0];
    });
    assert_eq!(batch.compat_ioctl(), 0);
    assert_eq!(batch.results, [0]);
    assert_eq!(with_task(|task| task.calls[1].0), 0);
}

#[test]
fn a_signal_between_two_steps_is_seen_to() {
    let mut batch = Batch::of(&[GETPID, GETPID]);
    with_task(|task| {
        task.results = vec![5];
        task.after_call = vec![SIGNAL];
    });
    assert_eq!(batch.compat_ioctl(), -513);
    assert_eq!((batch.run.pc, batch.run.resume), (1, 0));
    assert_eq!(with_task(|task| task.signal_checks), 1);
}

#[test]
fn task_work_is_done_between_two_steps() {
    let mut batch = Batch::of(&[GETPID, GETPID]);
    with_task(|task| {
        task.results = vec![6, 5];
        task.after_call = vec![TASK_WORK];
    });
    assert_eq!(batch.compat_ioctl(), 0);
    assert_eq!(batch.results, [5, 6]);
    assert_eq!(
        with_task(|task| (task.task_works, task.announcements)),
        (1, 1)
    );
}

#[test]
fn a_watched_task_gets_every_call_back() {
    for off in [false, true] {
        let mut batch = Batch::of(&[-1, GETPID]);
        with_task(|task| (task.watched, task.off) = (!off, off));
        assert_eq!(batch.compat_ioctl(), 0);
        assert_eq!(batch.status(), Some(Status::Punt));
        let reason = if off { 3 } else { 2 };
        assert_eq!((batch.run.pc, batch.run.reason), (1, reason));
    }
}

#[test]
fn filters_are_asked_about_each_call() {
    let mut batch = Batch::of(&[GETPID, GETPID, 500, GETPID]);
    with_task(|task| {
        task.has_filters = true;
        task.results = vec![-38, 5];
        task.verdicts = vec![
            Verdict::Trap,
            Verdict::Pass,
            Verdict::Result(-1),
            Verdict::Pass,
        ];
    });
    assert_eq!(batch.compat_ioctl(), i64::from(GETPID));
    assert_eq!(batch.status(), Some(Status::Trapped));
    assert_eq!(batch.run.pc, 3);
    assert_eq!(batch.results, [5, -1, -38, 77]);
}
