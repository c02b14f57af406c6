// SPDX-License-Identifier: GPL-2.0-only
//! A list through the whole of this crate, on a scripted task.

#![expect(unsafe_code, reason = "the ioctl works on registers")]

extern crate std;

use core::ptr::NonNull;
use std::vec;
use std::vec::Vec;

use sysbatch_abi::{
    DST_OWN_INDEX, Entry, FLAG_FIRST_TRY, LIST_REQUEST, List, RUN_SIZE, Run, Status,
};

use crate::entry::{sysbatch_host_compat_ioctl, sysbatch_host_observed_ioctl};
use crate::registers::PtRegs;
use crate::scripted::{address, ioctl};
use crate::shim::double::{RESCHEDULE, SIGNAL, TASK_WORK, with_task};

/// Some call that is not handed back, and one that is.
const GETPPID: i32 = 110;
const FORK: i32 = 57;

/// Batches, each with its entry, its slot and its header, and a list of them.
struct Lists {
    programs: Vec<Entry>,
    results: Vec<i64>,
    runs: Vec<Run>,
    headers: Vec<u64>,
    list: List,
}

impl Lists {
    /// Batches of one call each.
    fn of(numbers: &[i32]) -> Self {
        let entry = |&nr: &i32| Entry {
            nr,
            dst: DST_OWN_INDEX,
            ..Entry::default()
        };
        let mut programs: Vec<_> = numbers.iter().map(entry).collect();
        let mut results = vec![77; numbers.len()];
        let place = |(entry, slot)| Run {
            size: RUN_SIZE.try_into().unwrap(),
            format: 1,
            program: address(entry),
            len: 1,
            results: address(slot),
            results_len: 1,
            fuel: 100,
            ..Run::default()
        };
        let mut runs: Vec<_> = programs.iter_mut().zip(&mut results).map(place).collect();
        let headers: Vec<_> = runs.iter_mut().map(address).collect();
        Self {
            programs,
            results,
            runs,
            headers,
            list: List {
                size: 32,
                len: numbers.len() as u64,
                ..List::default()
            },
        }
    }

    fn ioctl(&mut self) -> i64 {
        self.list.headers = self.headers.as_mut_ptr().expose_provenance() as u64;
        let list = address(&mut self.list);
        ioctl(LIST_REQUEST, list)
    }

    fn statuses(&self) -> Vec<Status> {
        let status = |run: &Run| Status::from_raw(run.status).unwrap();
        self.runs.iter().map(status).collect()
    }
}

#[test]
fn each_batch_is_run_in_its_turn() {
    let mut lists = Lists::of(&[GETPPID, GETPPID, GETPPID]);
    with_task(|task| task.results = vec![-9, 6, 5]);
    assert_eq!(lists.ioctl(), 0);
    assert_eq!(lists.list.next, 3);
    assert_eq!(lists.statuses(), [Status::Done; 3]);
    assert_eq!(lists.results, [5, 6, -9]);
    assert_eq!(with_task(|task| task.signal_checks), 0);
    // There is nothing left.
    assert_eq!(lists.ioctl(), 0);
    assert_eq!(with_task(|task| task.calls.len()), 3);
}

#[test]
fn it_begins_where_next_says() {
    let mut lists = Lists::of(&[GETPPID, GETPPID]);
    lists.list.next = 1;
    with_task(|task| task.results = vec![5]);
    assert_eq!(lists.ioctl(), 0);
    assert_eq!(lists.statuses(), [Status::None, Status::Done]);
    assert_eq!(lists.results, [77, 5]);
}

#[test]
fn what_is_handed_back_or_out_of_fuel_says_so_and_the_next_is_run() {
    let mut lists = Lists::of(&[FORK, GETPPID, GETPPID]);
    lists.runs[1].fuel = 0;
    with_task(|task| task.results = vec![5]);
    assert_eq!(lists.ioctl(), 0);
    assert_eq!(
        lists.statuses(),
        [Status::Punt, Status::OutOfFuel, Status::Done]
    );
    assert_eq!(lists.list.next, 3);
}

#[test]
fn each_batch_has_flags_of_its_own() {
    const CONNECT: i32 = 42;
    let mut lists = Lists::of(&[CONNECT, GETPPID, CONNECT]);
    lists.runs[0].flags = FLAG_FIRST_TRY;
    lists.runs[1].flags = FLAG_FIRST_TRY;
    with_task(|task| task.results = vec![6, 5]);
    assert_eq!(lists.ioctl(), 0);
    assert_eq!(lists.statuses(), [Status::Punt, Status::Done, Status::Done]);
    assert_eq!(lists.runs[0].reason, 4);
    assert_eq!(lists.results, [77, 5, 6]);
}

#[test]
fn an_error_ends_it_behind_the_batch_that_has_it() {
    // A header that is refused, one that is not aligned, and an entry.
    let mut lists = Lists::of(&[GETPPID; 5]);
    lists.runs[0].format = 99;
    lists.headers[2] += 4;
    lists.programs[3].modes = u16::MAX;
    with_task(|task| task.results = vec![6, 5]);
    for next in [1, 3, 4] {
        assert_eq!(lists.ioctl(), -22);
        assert_eq!(lists.list.next, next);
    }
    assert_eq!(lists.ioctl(), 0);
    assert_eq!(lists.list.next, 5);
    assert_eq!(
        lists.statuses(),
        [
            Status::None,
            Status::Done,
            Status::None,
            Status::Refused,
            Status::Done
        ]
    );
    assert_eq!(lists.results, [77, 5, 77, 77, 6]);
}

#[test]
fn an_interrupted_call_leaves_next_on_its_batch() {
    for (code, ioctl, resume) in [(512, 512, 0), (513, 513, 0), (514, 514, 0), (516, 514, 1)] {
        let mut lists = Lists::of(&[GETPPID, GETPPID, GETPPID]);
        with_task(|task| {
            task.results = vec![-code, 5];
            task.after_call = vec![SIGNAL, 0];
            task.waits = 0;
            task.signal_checks = 0;
        });
        assert_eq!(lists.ioctl(), -ioctl);
        assert_eq!(lists.list.next, 1);
        assert_eq!(lists.runs[1].resume, resume);
        assert_eq!(
            lists.statuses(),
            [Status::Done, Status::Interrupted, Status::None]
        );
        assert_eq!(with_task(|task| task.signal_checks), 1);
        // The ioctl is made again.
        with_task(|task| (task.waits, task.results) = (0, vec![7, 6]));
        assert_eq!(lists.ioctl(), 0);
        assert_eq!(lists.statuses(), [Status::Done; 3]);
        assert_eq!(lists.results, [5, 6, 7]);
    }
}

#[test]
fn a_signal_between_two_batches_is_handled_before_the_next() {
    let mut lists = Lists::of(&[GETPPID, GETPPID]);
    with_task(|task| {
        task.results = vec![6, 5];
        task.after_call = vec![SIGNAL];
    });
    assert_eq!(lists.ioctl(), -513);
    assert_eq!(lists.list.next, 1);
    assert_eq!(lists.statuses(), [Status::Done, Status::None]);
    assert_eq!(with_task(|task| task.signal_checks), 1);
    // It is there still, and the list gets on all the same.
    assert_eq!(lists.ioctl(), 0);
    assert_eq!(lists.statuses(), [Status::Done; 2]);
}

#[test]
fn a_signal_behind_the_last_is_not_waited_for() {
    let mut lists = Lists::of(&[GETPPID]);
    with_task(|task| {
        task.results = vec![5];
        task.after_call = vec![SIGNAL];
    });
    assert_eq!(lists.ioctl(), 0);
    assert_eq!(with_task(|task| task.signal_checks), 0);
}

#[test]
fn work_between_two_batches_is_done_and_announced() {
    let mut lists = Lists::of(&[GETPPID, GETPPID]);
    with_task(|task| {
        task.results = vec![6, 5];
        task.after_call = vec![0, TASK_WORK | RESCHEDULE];
    });
    assert_eq!(lists.ioctl(), 0);
    assert_eq!(lists.statuses(), [Status::Done; 2]);
    with_task(|task| {
        assert_eq!((task.reschedules, task.task_works), (1, 1));
        assert_eq!(task.announcements, 1);
    });
}

#[test]
fn a_list_that_is_none_is_refused_and_left_as_it_is() {
    let good = Lists::of(&[GETPPID]).list;
    let wrong = [
        List { size: 31, ..good },
        List { flags: 1, ..good },
        List { next: 2, ..good },
        List {
            len: u64::MAX - 1,
            next: u64::MAX,
            ..good
        },
    ];
    for list in wrong {
        let mut lists = Lists::of(&[GETPPID]);
        lists.list = list;
        assert_eq!(lists.ioctl(), -22);
        assert_eq!(lists.list.next, list.next);
        assert_eq!(lists.statuses(), [Status::None]);
    }
    let mut lists = Lists::of(&[GETPPID]);
    lists.list.size = 4097;
    assert_eq!(lists.ioctl(), -7);
    let place = address(&mut lists.list);
    assert_eq!(ioctl(LIST_REQUEST, place + 4), -22);
    lists.list.size = 32;
    lists.list.headers = 4;
    assert_eq!(ioctl(LIST_REQUEST, place), -22);
    assert_eq!(with_task(|task| task.calls.len()), 0);
}

#[test]
fn a_place_that_would_wrap_around_is_a_fault_of_that_batch() {
    for next in [1 << 61, u64::MAX - 1, (u64::MAX - 8) / 8] {
        let mut lists = Lists::of(&[GETPPID]);
        (lists.list.next, lists.list.len) = (next, u64::MAX);
        assert_eq!(lists.ioctl(), -14);
        assert_eq!(lists.list.next, next + 1);
    }
}

#[test]
fn observed_and_32_bit_tasks_have_none() {
    let mut lists = Lists::of(&[GETPPID]);
    let list = address(&mut lists.list);
    let mut registers = PtRegs::default();
    let registers = NonNull::from(&mut registers);
    let guard = NonNull::dangling();
    // SAFETY: as in `ioctl`; nobody looks at what the guard points to.
    let result = unsafe { sysbatch_host_observed_ioctl(LIST_REQUEST, list, registers, guard) };
    assert_eq!(result, -95);
    for guard in [None, Some(guard)] {
        // SAFETY: as above.
        let result = unsafe { sysbatch_host_compat_ioctl(LIST_REQUEST, list, registers, guard) };
        assert_eq!(result, -95);
    }
    assert_eq!(lists.statuses(), [Status::None]);
}
