// SPDX-License-Identifier: GPL-2.0-only
//! First tries on a scripted task.

#![expect(unsafe_code, reason = "the ioctl works on registers")]

extern crate std;

use core::ptr::NonNull;
use std::vec;
use std::vec::Vec;

use sysbatch_abi::{
    DST_OWN_INDEX, Entry, FLAG_FIRST_TRY, PuntReason, RUN_REQUEST, RUN_SIZE, Run, Status,
};

use crate::entry::{sysbatch_host_compat_ioctl, sysbatch_host_ioctl, sysbatch_host_observed_ioctl};
use crate::registers::PtRegs;
use crate::shim::double::{SIGNAL, with_task};

const GETPPID: u64 = 110;
const READ: u64 = 0;
const FORK: u64 = 57;

struct Batch {
    program: Vec<Entry>,
    results: Vec<i64>,
    run: Run,
}

impl Batch {
    /// Calls with their arguments, as a first try.
    fn of(calls: &[(u64, &[u64])]) -> Self {
        let entry = |&(number, args): &(u64, &[u64])| {
            let mut entry = Entry {
                nr: number as i32,
                dst: DST_OWN_INDEX,
                ..Entry::default()
            };
            entry.args[..args.len()].copy_from_slice(args);
            entry
        };
        let program: Vec<_> = calls.iter().map(entry).collect();
        let results = vec![77; program.len()];
        let run = Run {
            size: RUN_SIZE as u32,
            format: 1,
            flags: FLAG_FIRST_TRY,
            len: program.len() as u64,
            results_len: program.len() as u64,
            fuel: 100,
            ..Run::default()
        };
        Self {
            program,
            results,
            run,
        }
    }

    fn address(&mut self) -> u64 {
        self.run.program = self.program.as_mut_ptr().expose_provenance() as u64;
        self.run.results = self.results.as_mut_ptr().expose_provenance() as u64;
        (&raw mut self.run).expose_provenance() as u64
    }

    fn ioctl(&mut self) -> i64 {
        let address = self.address();
        let mut registers = PtRegs::default();
        let registers = NonNull::from_mut(&mut registers);
        if with_task(|task| task.has_filters) {
            let guard = NonNull::dangling();
            // SAFETY: nobody else uses the registers, and nobody looks at what the
            // guard points to; the addresses are those of the batch.
            return unsafe { sysbatch_host_observed_ioctl(RUN_REQUEST, address, registers, guard) };
        }
        // SAFETY: as above.
        unsafe { sysbatch_host_ioctl(RUN_REQUEST, address, registers) }
    }

    #[track_caller]
    fn assert_would_wait_at(&self, pc: u64) {
        assert_eq!(self.run.status, Status::Punt.raw());
        assert_eq!(self.run.reason, PuntReason::WouldWait.raw());
        assert_eq!((self.run.pc, self.run.steps), (pc, pc));
    }
}

#[test]
fn a_call_that_may_wait_stops_it_before() {
    let mut batch = Batch::of(&[(GETPPID, &[]), (100, &[]), (35, &[])]);
    with_task(|task| task.results = vec![4, 3]);
    assert_eq!(batch.ioctl(), 0);
    batch.assert_would_wait_at(2);
    assert_eq!(batch.results, [3, 4, 77]);
    assert_eq!(batch.run.fuel, 98);
    assert_eq!(with_task(|task| task.calls.len()), 2);
}

#[test]
fn numbers_that_are_no_calls_do_not_wait() {
    let mut batch = Batch::of(&[(1000, &[]), (GETPPID, &[])]);
    with_task(|task| task.results = vec![1]);
    assert_eq!(batch.ioctl(), 0);
    assert_eq!(batch.run.status, Status::Done.raw());
    assert_eq!(batch.results, [-38, 1]);
}

#[test]
fn what_is_handed_back_anyway_says_why() {
    for (watched, off, reason) in [
        (false, false, PuntReason::Call),
        (true, false, PuntReason::Watched),
        (false, true, PuntReason::Off),
    ] {
        let mut batch = Batch::of(&[(FORK, &[])]);
        with_task(|task| (task.watched, task.off) = (watched, off));
        assert_eq!(batch.ioctl(), 0);
        assert_eq!(batch.run.status, Status::Punt.raw());
        assert_eq!(batch.run.reason, reason.raw());
    }
}

#[test]
fn filters_are_asked_about_what_is_made() {
    let mut batch = Batch::of(&[(GETPPID, &[]), (READ, &[])]);
    with_task(|task| {
        task.has_filters = true;
        task.results = vec![5];
    });
    assert_eq!(batch.ioctl(), 0);
    batch.assert_would_wait_at(1);
    assert_eq!(with_task(|task| task.judged.len()), 1);
}

#[test]
fn what_was_interrupted_is_not_continued() {
    let mut batch = Batch::of(&[(GETPPID, &[])]);
    batch.run.resume = 1;
    assert_eq!(batch.ioctl(), 0);
    batch.assert_would_wait_at(0);
    assert_eq!(batch.run.resume, 1);
    assert_eq!(with_task(|task| task.calls.len()), 0);
}

#[test]
fn a_signal_comes_before_the_next_call() {
    let mut batch = Batch::of(&[(GETPPID, &[]), (GETPPID, &[])]);
    with_task(|task| {
        task.results = vec![5];
        task.after_call = vec![SIGNAL];
    });
    assert_eq!(batch.ioctl(), -513);
    assert_eq!(batch.run.status, Status::Interrupted.raw());
    assert_eq!(batch.run.pc, 1);
}

#[test]
fn scratch_belongs_to_the_flag_and_is_aligned() {
    for (flags, scratch) in [(FLAG_FIRST_TRY, 4), (0, 8), (FLAG_FIRST_TRY << 1, 0)] {
        let mut batch = Batch::of(&[(GETPPID, &[])]);
        (batch.run.flags, batch.run.scratch) = (flags, scratch);
        assert_eq!(batch.ioctl(), -22);
        assert_eq!(batch.run.status, Status::None.raw());
    }
    let mut batch = Batch::of(&[(GETPPID, &[])]);
    batch.run.scratch = 8;
    with_task(|task| task.results = vec![5]);
    assert_eq!(batch.ioctl(), 0);
    assert_eq!(batch.run.status, Status::Done.raw());
}

#[test]
fn a_32_bit_task_is_refused() {
    let mut batch = Batch::of(&[(GETPPID, &[])]);
    let address = batch.address();
    let mut registers = PtRegs::default();
    // SAFETY: as in `ioctl`.
    let result = unsafe {
        sysbatch_host_compat_ioctl(
            RUN_REQUEST,
            address,
            NonNull::from_mut(&mut registers),
            None,
        )
    };
    assert_eq!(result, -22);
}
