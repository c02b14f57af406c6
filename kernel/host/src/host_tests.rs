// SPDX-License-Identifier: GPL-2.0-only
//! A batch through the whole of this crate, on a scripted task.

#![expect(unsafe_code, reason = "the ioctl works on registers")]

extern crate std;

use std::vec;
use std::vec::Vec;

use sysbatch_abi::{LIST_REQUEST, RUN_REQUEST, RUN_SIZE, Run, Status};

use crate::entry::sysbatch_host_switch;
use crate::scripted::{Batch, ioctl};
use crate::shim::double::{EXIT_WORK, RESCHEDULE, SIGNAL, TASK_WORK, Verdict, with_task};

/// Some call that is not handed back.
const GETPPID: i32 = 110;

#[test]
fn other_requests_are_refused() {
    for request in [0, RUN_REQUEST - 1, LIST_REQUEST + 1] {
        assert_eq!(ioctl(request, 0), -25);
        with_task(|task| task.has_filters = true);
        assert_eq!(ioctl(request, 0), -25);
        with_task(|task| task.has_filters = false);
    }
}

#[test]
fn calls_reach_the_dispatcher_in_order() {
    let mut batch = Batch::of(&[GETPPID, GETPPID]);
    with_task(|task| task.results = vec![-9, 5]);
    assert_eq!(batch.ioctl(), 0);
    assert_eq!(batch.status(), Some(Status::Done));
    assert_eq!(batch.results, [5, -9]);
    assert_eq!(with_task(|task| task.calls.len()), 2);
    assert_eq!(with_task(|task| task.signal_checks), 0);
}

#[test]
fn a_watched_task_gets_every_call_back() {
    let mut batch = Batch::of(&[-1, GETPPID]);
    with_task(|task| task.watched = true);
    assert_eq!(batch.ioctl(), 0);
    assert_eq!(batch.status(), Some(Status::Punt));
    assert_eq!((batch.run.pc, batch.run.reason), (1, 2));
    assert_eq!(with_task(|task| task.calls.len()), 0);
}

#[test]
fn a_watched_task_does_not_continue_a_call_either() {
    let mut batch = Batch::of(&[GETPPID]);
    batch.run.resume = 1;
    with_task(|task| task.watched = true);
    assert_eq!(batch.ioctl(), 0);
    assert_eq!(batch.status(), Some(Status::Punt));
    assert_eq!(batch.run.resume, 1);
}

#[test]
fn filters_are_asked_about_each_call_in_the_batch() {
    let mut batch = Batch::of(&[-1, GETPPID, GETPPID, 500, GETPPID]);
    with_task(|task| {
        task.has_filters = true;
        task.results = vec![3, -38, 5];
        task.verdicts = vec![
            Verdict::Pass,
            Verdict::Pass,
            Verdict::Result(-18),
            Verdict::Pass,
        ];
    });
    assert_eq!(batch.ioctl(), 0);
    assert_eq!(batch.status(), Some(Status::Done));
    assert_eq!(batch.results, [0, 5, -18, -38, 3]);
    // Of numbers that no call has, too.
    let judged = with_task(|task| task.judged.iter().map(|call| call.0).collect::<Vec<_>>());
    assert_eq!(judged, [110, 110, 500, 110]);
    assert_eq!(with_task(|task| task.calls.len()), 3);
}

#[test]
fn filters_are_not_asked_about_a_call_that_comes_back() {
    let mut batch = Batch::of(&[GETPPID, 57]);
    with_task(|task| {
        task.has_filters = true;
        task.results = vec![5];
    });
    assert_eq!(batch.ioctl(), 0);
    assert_eq!(batch.status(), Some(Status::Punt));
    assert_eq!((batch.run.pc, batch.run.reason), (1, 1));
    assert_eq!(with_task(|task| task.judged.len()), 1);
}

#[test]
fn nor_where_anybody_else_watches() {
    let mut batch = Batch::of(&[GETPPID]);
    with_task(|task| (task.has_filters, task.watched) = (true, true));
    assert_eq!(batch.ioctl(), 0);
    assert_eq!(batch.status(), Some(Status::Punt));
    assert_eq!(batch.run.reason, 2);
    assert_eq!(with_task(|task| task.judged.len()), 0);
}

#[test]
fn nor_before_a_signal() {
    let mut batch = Batch::of(&[GETPPID, GETPPID]);
    with_task(|task| {
        task.has_filters = true;
        task.results = vec![5];
        task.after_call = vec![SIGNAL];
    });
    assert_eq!(batch.ioctl(), -513);
    assert_eq!(batch.status(), Some(Status::Interrupted));
    assert_eq!(with_task(|task| task.judged.len()), 1);
}

#[test]
fn a_call_that_is_continued_is_judged_as_what_it_is() {
    let mut batch = Batch::of(&[GETPPID]);
    batch.run.resume = 1;
    with_task(|task| {
        task.has_filters = true;
        task.results = vec![-4];
    });
    assert_eq!(batch.ioctl(), 0);
    assert_eq!(batch.results, [-4]);
    assert_eq!(with_task(|task| task.judged[0].0), 219);
}

#[test]
fn a_trapped_call_leaves_with_its_number() {
    let mut batch = Batch::of(&[GETPPID, GETPPID]);
    with_task(|task| {
        task.has_filters = true;
        task.results = vec![5];
        task.verdicts = vec![Verdict::Trap, Verdict::Pass];
    });
    assert_eq!(batch.ioctl(), 110);
    assert_eq!(batch.status(), Some(Status::Trapped));
    assert_eq!((batch.run.pc, batch.run.steps, batch.run.resume), (1, 1, 0));
    assert_eq!(batch.results, [5, 77]);
    assert_eq!(with_task(|task| task.calls.len()), 1);
}

#[test]
fn a_call_that_filters_cannot_be_asked_about_comes_back() {
    let mut batch = Batch::of(&[GETPPID]);
    with_task(|task| {
        task.has_filters = true;
        task.verdicts = vec![Verdict::NotMade];
    });
    assert_eq!(batch.ioctl(), 0);
    assert_eq!(batch.status(), Some(Status::Punt));
    assert_eq!(batch.run.reason, 2);
}

#[test]
fn a_filter_that_waits_is_interrupted_as_a_call_is() {
    let mut batch = Batch::of(&[GETPPID]);
    with_task(|task| {
        task.has_filters = true;
        task.results = vec![-512];
        task.after_call = vec![SIGNAL];
    });
    assert_eq!(batch.ioctl(), -512);
    assert_eq!(batch.status(), Some(Status::Interrupted));
}

#[test]
fn a_refused_call_comes_back() {
    let mut batch = Batch::of(&[GETPPID, 57]);
    with_task(|task| task.results = vec![5]);
    assert_eq!(batch.ioctl(), 0);
    assert_eq!(batch.status(), Some(Status::Punt));
    assert_eq!((batch.run.pc, batch.run.reason), (1, 1));
    assert_eq!(batch.results, [5, 77]);
}

#[test]
fn a_call_that_nobody_has_reviewed_comes_back() {
    for number in [337, 423, 473, 475] {
        let mut batch = Batch::of(&[GETPPID, number]);
        with_task(|task| task.results = vec![5]);
        assert_eq!(batch.ioctl(), 0);
        assert_eq!(batch.status(), Some(Status::Punt), "{number}");
        assert_eq!((batch.run.pc, batch.run.reason), (1, 1));
        assert_eq!(batch.results, [5, 77]);
    }
}

#[test]
fn every_call_comes_back_while_the_module_is_off() {
    let switch = |off| {
        with_task(|task| task.off = off);
        sysbatch_host_switch(off);
    };
    for has_filters in [false, true] {
        with_task(|task| {
            task.has_filters = has_filters;
            task.calls.clear();
        });
        let mut batch = Batch::of(&[-1, GETPPID]);
        switch(true);
        assert_eq!(batch.ioctl(), 0);
        assert_eq!(batch.status(), Some(Status::Punt));
        assert_eq!((batch.run.pc, batch.run.reason), (1, 3));
        let mut beyond = Batch::of(&[2000]);
        if has_filters {
            // They would be asked about a number that is no call, too.
            assert_eq!(beyond.ioctl(), 0);
            assert_eq!(beyond.run.reason, 3);
        }
        // So does one that is to be continued, and one that always does.
        batch.run.resume = 1;
        assert_eq!(batch.ioctl(), 0);
        assert_eq!((batch.run.pc, batch.run.reason), (1, 3));
        assert_eq!(batch.run.resume, 1);
        let mut other = Batch::of(&[57]);
        assert_eq!(other.ioctl(), 0);
        assert_eq!(other.run.reason, 3);
        assert_eq!(with_task(|task| task.calls.len()), 0);
        switch(false);
        batch.run.resume = 0;
        with_task(|task| task.results = vec![5]);
        assert_eq!(batch.ioctl(), 0);
        assert_eq!(batch.status(), Some(Status::Done));
        assert_eq!(batch.results[1], 5);
    }
}

#[test]
fn restart_codes_leave_with_the_counter_on_the_call() {
    // The code of the call, that of the ioctl, the resume word.
    for (code, ioctl, resume) in [(512, 512, 0), (513, 513, 0), (514, 514, 0), (516, 514, 1)] {
        let mut batch = Batch::of(&[GETPPID, GETPPID]);
        with_task(|task| {
            task.results = vec![-code, 5];
            task.after_call = vec![SIGNAL, 0];
            task.waits = 0;
            task.signal_checks = 0;
        });
        assert_eq!(batch.ioctl(), -ioctl);
        assert_eq!(batch.status(), Some(Status::Interrupted));
        assert_eq!((batch.run.pc, batch.run.steps, batch.run.fuel), (1, 1, 99));
        assert_eq!(batch.run.resume, resume);
        assert_eq!(batch.results, [5, 77]);
        assert_eq!(with_task(|task| task.signal_checks), 1);
    }
}

#[test]
fn work_on_the_way_out_is_seen_to_before_the_next_call() {
    let mut batch = Batch::of(&[GETPPID, GETPPID]);
    with_task(|task| {
        task.results = vec![5];
        task.after_call = vec![EXIT_WORK];
        task.signal_checks = 0;
    });
    assert_eq!(batch.ioctl(), -513);
    assert_eq!((batch.run.pc, batch.run.steps), (1, 1));
    assert_eq!(with_task(|task| task.signal_checks), 1);
}

#[test]
fn without_a_signal_a_restart_code_is_a_value() {
    for value in [-512, -513, -514, -516] {
        let mut batch = Batch::of(&[GETPPID]);
        with_task(|task| {
            task.results = vec![value];
            task.after_call = vec![EXIT_WORK];
            task.waits = 0;
        });
        assert_eq!(batch.ioctl(), 0);
        assert_eq!(batch.status(), Some(Status::Done));
        assert_eq!(batch.results, [value]);
    }
}

#[test]
fn an_interrupted_call_goes_on_by_restart_syscall() {
    let mut batch = Batch::of(&[GETPPID, GETPPID]);
    batch.run.resume = 1;
    with_task(|task| task.results = vec![6, 5]);
    assert_eq!(batch.ioctl(), 0);
    assert_eq!(batch.results, [5, 6]);
    let numbers: Vec<_> = with_task(|task| task.calls.iter().map(|call| call.0).collect());
    assert_eq!(numbers, [219, 110]);
}

#[test]
fn a_signal_is_seen_to_before_the_next_call() {
    let mut batch = Batch::of(&[GETPPID, GETPPID]);
    with_task(|task| {
        task.results = vec![5];
        task.after_call = vec![SIGNAL];
    });
    assert_eq!(batch.ioctl(), -513);
    assert_eq!(batch.status(), Some(Status::Interrupted));
    assert_eq!((batch.run.pc, batch.run.steps), (1, 1));
    assert_eq!(batch.results, [5, 77]);
}

#[test]
fn a_batch_gets_on_whatever_waits_when_it_is_entered() {
    for resume in [0, 1] {
        let mut batch = Batch::of(&[GETPPID, GETPPID]);
        batch.run.resume = resume;
        with_task(|task| {
            task.waits = SIGNAL;
            task.results = vec![6, 5];
        });
        assert_eq!(batch.ioctl(), -513);
        assert_eq!(batch.status(), Some(Status::Interrupted));
        assert_eq!((batch.run.pc, batch.run.steps, batch.run.fuel), (1, 1, 99));
        assert_eq!((batch.run.resume, batch.results[0]), (0, 5));
        // It is there again, and the batch gets on all the same.
        assert_eq!(batch.ioctl(), 0);
        assert_eq!(batch.status(), Some(Status::Done));
        assert_eq!(batch.results, [5, 6]);
        with_task(|task| task.waits = 0);
    }
}

#[test]
fn a_batch_that_is_over_is_over_whatever_is_pending() {
    let mut batch = Batch::of(&[GETPPID]);
    with_task(|task| {
        task.results = vec![5];
        task.after_call = vec![SIGNAL];
    });
    assert_eq!(batch.ioctl(), 0);
    assert_eq!(batch.status(), Some(Status::Done));
}

#[test]
fn task_work_and_rescheduling_do_not_leave_the_batch() {
    let mut batch = Batch::of(&[GETPPID, GETPPID]);
    with_task(|task| {
        task.results = vec![6, 5];
        task.after_call = vec![0, RESCHEDULE | TASK_WORK];
    });
    assert_eq!(batch.ioctl(), 0);
    assert_eq!(batch.results, [5, 6]);
    assert_eq!(
        with_task(|task| (task.task_works, task.reschedules)),
        (1, 1)
    );
    // Task work took a flag that says more: the way to user space gets it back.
    assert_eq!(with_task(|task| task.announcements), 1);
}

#[test]
fn only_task_work_is_announced_again() {
    let mut batch = Batch::of(&[GETPPID, GETPPID]);
    with_task(|task| {
        task.results = vec![6, 5];
        task.after_call = vec![0, RESCHEDULE];
    });
    assert_eq!(batch.ioctl(), 0);
    assert_eq!(with_task(|task| task.announcements), 0);
}

#[test]
fn what_is_announced_with_task_work_leaves_the_batch() {
    let mut batch = Batch::of(&[GETPPID, GETPPID]);
    with_task(|task| {
        task.results = vec![5];
        task.after_call = vec![TASK_WORK | EXIT_WORK];
        task.clears_exit_work = true;
    });
    assert_eq!(batch.ioctl(), -513);
    assert_eq!((batch.run.pc, batch.run.steps), (1, 1));
    assert_eq!(with_task(|task| task.announcements), 1);
}

#[test]
fn a_signal_that_task_work_raises_is_seen() {
    let mut batch = Batch::of(&[GETPPID, GETPPID]);
    with_task(|task| {
        task.results = vec![5];
        task.after_call = vec![TASK_WORK];
        task.after_task_work = SIGNAL;
    });
    assert_eq!(batch.ioctl(), -513);
    assert_eq!(batch.run.pc, 1);
}

#[test]
fn a_number_beyond_the_table_is_no_call() {
    // Also on the way of a call that may have to be handed back.
    for number in [476, 1000, 512 + 57, 1024 + 57, i32::MAX] {
        for waiting in [false, true] {
            let mut batch = Batch::of(&[number, number]);
            if waiting {
                with_task(|task| task.waits = RESCHEDULE);
            }
            assert_eq!(batch.ioctl(), 0, "{number}");
            assert_eq!(batch.results, [-38, -38], "{number}");
            assert_eq!(with_task(|task| task.calls.len()), 0);
            with_task(|task| task.waits = 0);
        }
    }
}

#[test]
fn an_entry_that_begins_like_an_error_is_invalid() {
    for (nr, modes, dst) in [(-1, u16::MAX, u16::MAX), (-14, u16::MAX, u16::MAX)] {
        let mut batch = Batch::of(&[GETPPID, GETPPID]);
        let wrong = &mut batch.program[1];
        (wrong.nr, wrong.modes, wrong.dst) = (nr, modes, dst);
        with_task(|task| task.results = vec![5]);
        assert_eq!(batch.ioctl(), -22);
        assert_eq!(batch.status(), Some(Status::Refused));
        assert_eq!((batch.run.pc, batch.run.steps), (1, 1));
        assert_eq!(batch.results, [5, 77]);
    }
}

/// Runs three calls in a format whose entries do not lie in one piece, with
/// `waits` after the first two, and gives the first argument of each call.
fn in_pieces(format: u32, waits: u32) -> Vec<u64> {
    let numbers = [GETPPID as u64; 3];
    let arguments = [11_u64, 12, 13];
    let mut results = [77_i64; 3];
    let address = |word: &u64| (&raw const *word).expose_provenance() as u64;
    let slot = (&raw mut results).expose_provenance() as u64;
    // The pointers of each: one argument, and then none.
    let lists = [0, 1, 2].map(|index| [numbers[index], address(&arguments[index]), 0, 0, 0, 0, 0]);
    let pointers = [0, 1, 2].map(|index| (&raw const lists[index]).expose_provenance() as u64);
    let mut atoms = [[0_u64; 11]; 3];
    for index in [2, 1, 0] {
        let next = match atoms.get(index + 1) {
            Some(next) => (&raw const *next).expose_provenance() as u64,
            None => 0,
        };
        let result = slot + 8 * index as u64;
        atoms[index][..5].copy_from_slice(&[0, numbers[index], result, next, lists[index][1]]);
    }
    let is_syslet = format == 5;
    let mut run = Run {
        size: RUN_SIZE.try_into().unwrap(),
        format,
        program: (&raw const pointers).expose_provenance() as u64,
        len: 3,
        results: slot,
        results_len: 3,
        pc: if is_syslet {
            (&raw const atoms).expose_provenance() as u64
        } else {
            0
        },
        fuel: 100,
        ..Run::default()
    };
    let made = with_task(|task| {
        task.results = vec![7, 6, 5];
        task.after_call = vec![0, waits, waits];
        task.calls.len()
    });
    assert_eq!(
        ioctl(RUN_REQUEST, (&raw mut run).expose_provenance() as u64),
        0
    );
    assert_eq!(run.steps, 3);
    // SAFETY: the array is live, and was written through the address of it.
    assert_eq!(unsafe { (&raw const results).read_volatile() }, [5, 6, 7]);
    with_task(|task| task.calls[made..].iter().map(|call| call.1[0]).collect())
}

#[test]
fn entries_in_pieces_mean_the_same_by_each_way() {
    for format in [4, 5] {
        for waits in [0, RESCHEDULE, TASK_WORK] {
            assert_eq!(in_pieces(format, waits), [11, 12, 13], "{format} {waits}");
        }
    }
}
