// SPDX-License-Identifier: GPL-2.0-only
//! First tries on a scripted task.

extern crate std;

use std::vec;

use sysbatch_abi::{FLAG_FIRST_TRY, Format, PuntReason, Status};

use crate::scripted::Batch;
use crate::shim::double::{SIGNAL, with_task};

const GETPPID: u64 = 110;
const READ: u64 = 0;
const FORK: u64 = 57;
const WRITE: u64 = 1;
const OPEN: u64 = 2;
const CLOSE: u64 = 3;
const STAT: u64 = 4;
const PREAD64: u64 = 17;
const NANOSLEEP: u64 = 35;
const RECVFROM: u64 = 45;
const EPOLL_WAIT: u64 = 232;
const OPENAT: u64 = 257;

/// What a look shows: `struct sysbatch_file` in `shim.h`.
const FOUND: u64 = 1 << 4;
const READABLE: u64 = FOUND | 1 << 5;
const WRITABLE: u64 = FOUND | 1 << 6;
const NEVER_BLOCKS: u64 = 1 << 7;
const DIRECT: u64 = 1 << 8;
const LAST: u64 = FOUND | 1 << 9;
const LINKED: u64 = 1 << 10;
const FLUSHES: u64 = 1 << 11;
const CACHED: u64 = 1 << 12;
const LINGERS: u64 = 1 << 13;
const ANYTHING: u64 = 1 << 14;
const OWNED: u64 = 1 << 15;
const OVERLAID: u64 = 1 << 16;
const PIPE: u64 = 1;
const CHARACTER: u64 = 2;
const DIRECTORY: u64 = 4;
const REGULAR: u64 = 8;
const SOCKET: u64 = 12;
const UNIX_STREAM: u64 = SOCKET | 1 << 16 | 1 << 24;
const UNIX_DATAGRAM: u64 = SOCKET | 1 << 16 | 2 << 24;
const TCP: u64 = SOCKET | 2 << 16 | 1 << 24 | 6 << 32;
const UDP: u64 = SOCKET | 2 << 16 | 2 << 24 | 17 << 32;

const EXT4: u64 = 0xEF53;
const NFS: u64 = 0x6969;
const TMPFS: u64 = 0x0102_1994;
const PROC: u64 = 0x9FA0;
const PIPEFS: u64 = 0x5049_5045;
const SOCKFS: u64 = 0x534F_434B;
const ANONYMOUS: u64 = 0x0904_1934;

/// Calls with their arguments, as a first try.
fn first_try(calls: &[(u64, &[u64])]) -> Batch {
    let mut batch = Batch::of_calls(calls);
    batch.run.flags = FLAG_FIRST_TRY;
    batch
}

#[track_caller]
fn assert_would_wait_at(batch: &Batch, pc: u64) {
    assert_eq!(batch.run.status, Status::Punt.raw());
    assert_eq!(batch.run.reason, PuntReason::WouldWait.raw());
    assert_eq!((batch.run.pc, batch.run.steps), (pc, pc));
}

#[test]
fn a_syslet_that_says_where_it_runs_is_not_begun() {
    // `SYSLET_ASYNC`, `SYSLET_SYNC`, and a flag that says nothing of that.
    for (flags, steps, is_begun) in [(1, 0, false), (2, 0, false), (1, 1, true), (4, 0, true)] {
        let atom: [u64; 11] = core::array::from_fn(|word| match word {
            0 => flags,
            1 => GETPPID,
            _ => 0,
        });
        with_task(|task| task.results = vec![7]);
        let mut batch = first_try(&[]);
        let pc = atom.as_ptr().expose_provenance() as u64;
        batch.run.format = Format::Syslet.raw();
        (batch.run.pc, batch.run.steps) = (pc, steps);
        assert_eq!(batch.ioctl(), 0);
        let status = if is_begun { Status::Exit } else { Status::Punt };
        let made = u64::from(is_begun);
        assert_eq!(
            (batch.status(), batch.run.pc),
            (Some(status), pc),
            "{flags}"
        );
        assert_eq!(batch.run.steps, steps + made);
        assert_eq!(with_task(|task| task.calls.len() as u64), made);
        with_task(|task| task.calls.clear());
    }
}

#[test]
fn a_call_that_may_wait_stops_it_before() {
    let mut batch = first_try(&[(GETPPID, &[]), (100, &[]), (42, &[])]);
    with_task(|task| task.results = vec![4, 3]);
    assert_eq!(batch.ioctl(), 0);
    assert_would_wait_at(&batch, 2);
    assert_eq!(batch.results, [3, 4, 77]);
    assert_eq!(batch.run.fuel, 98);
    assert_eq!(with_task(|task| task.calls.len()), 2);
}

#[test]
fn numbers_that_are_no_calls_do_not_wait() {
    let mut batch = first_try(&[(1000, &[]), (GETPPID, &[])]);
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
        let mut batch = first_try(&[(FORK, &[])]);
        with_task(|task| (task.watched, task.off) = (watched, off));
        assert_eq!(batch.ioctl(), 0);
        assert_eq!(batch.run.status, Status::Punt.raw());
        assert_eq!(batch.run.reason, reason.raw());
    }
}

#[test]
fn filters_are_asked_about_what_is_made() {
    let mut batch = first_try(&[(GETPPID, &[]), (READ, &[])]);
    with_task(|task| {
        task.has_filters = true;
        task.results = vec![5];
        task.files = vec![(PIPEFS, PIPE | READABLE)];
    });
    assert_eq!(batch.ioctl(), 0);
    assert_would_wait_at(&batch, 1);
    assert_eq!(with_task(|task| task.judged.len()), 1);
}

#[test]
fn what_was_interrupted_is_not_continued() {
    let mut batch = first_try(&[(GETPPID, &[])]);
    batch.run.resume = 1;
    assert_eq!(batch.ioctl(), 0);
    assert_would_wait_at(&batch, 0);
    assert_eq!(batch.run.resume, 1);
    assert_eq!(with_task(|task| task.calls.len()), 0);
}

#[test]
fn a_signal_comes_before_the_next_call() {
    let mut batch = first_try(&[(GETPPID, &[]), (GETPPID, &[])]);
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
        let mut batch = first_try(&[(GETPPID, &[])]);
        (batch.run.flags, batch.run.scratch) = (flags, scratch);
        assert_eq!(batch.ioctl(), -22);
        assert_eq!(batch.run.status, Status::None.raw());
    }
    let mut batch = first_try(&[(GETPPID, &[])]);
    batch.run.scratch = 8;
    with_task(|task| task.results = vec![5]);
    assert_eq!(batch.ioctl(), 0);
    assert_eq!(batch.run.status, Status::Done.raw());
}

#[test]
fn a_32_bit_task_is_refused() {
    let mut batch = first_try(&[(GETPPID, &[])]);
    assert_eq!(batch.compat_ioctl(), -22);
}

/// How a call was made of which a look shows this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Made {
    AsItIs,
    UnlessItWaits,
    Not,
}

#[track_caller]
fn assert_made(call: (u64, &[u64]), look: (u64, u64), made: Made) {
    let mut batch = first_try(&[call]);
    let before = with_task(|task| {
        task.files = vec![look];
        task.results = vec![3];
        (task.calls.len(), task.attempts)
    });
    assert_eq!(batch.ioctl(), 0);
    let after = with_task(|task| (task.calls.len(), task.attempts));
    let found = match (after.0 - before.0, after.1 - before.1) {
        (0, 0) => Made::Not,
        (1, 0) => Made::AsItIs,
        (1, 1) => Made::UnlessItWaits,
        other => panic!("{other:?}"),
    };
    assert_eq!(found, made, "{call:?} with {look:x?}");
    if made == Made::Not {
        assert_would_wait_at(&batch, 0);
    } else {
        assert_eq!(batch.results, [3]);
    }
}

#[test]
fn files_are_read_if_they_are_in_the_cache() {
    let cached = REGULAR | READABLE | CACHED;
    for (look, made) in [
        ((EXT4, cached), Made::AsItIs),
        ((TMPFS, cached), Made::AsItIs),
        ((EXT4, cached & !CACHED), Made::Not),
        ((EXT4, cached | DIRECT), Made::Not),
        ((NFS, cached), Made::Not),
        // It says EBADF.
        ((0, 0), Made::AsItIs),
        ((EXT4, REGULAR | FOUND), Made::AsItIs),
        ((EXT4, DIRECTORY | READABLE), Made::AsItIs),
        ((NFS, DIRECTORY | READABLE), Made::Not),
    ] {
        assert_made((READ, &[5, 6, 7]), look, made);
        assert_made((PREAD64, &[5, 6, 7, 8]), look, made);
    }
    assert_made(
        (READ, &[5]),
        (PROC, REGULAR | READABLE),
        Made::UnlessItWaits,
    );
}

#[test]
fn the_look_is_at_what_is_to_be_read() {
    assert_made((READ, &[5, 6, 7]), (0, 0), Made::AsItIs);
    assert_made((PREAD64, &[5, 6, 7, 8]), (0, 0), Made::AsItIs);
    // A negative offset is an error, and nothing is looked at.
    assert_made(
        (PREAD64, &[5, 6, 7, u64::MAX]),
        (NFS, REGULAR),
        Made::AsItIs,
    );
    let looks = with_task(|task| task.looks.clone());
    assert_eq!(looks, [(5, [2, 0, 7]), (5, [1, 8, 7])]);
}

#[test]
fn what_is_taken_in_one_piece_is_read_unless_it_waits() {
    for (look, made) in [
        ((PIPEFS, PIPE | READABLE), Made::UnlessItWaits),
        ((PIPEFS, PIPE | READABLE | NEVER_BLOCKS), Made::AsItIs),
        (
            (SOCKFS, UNIX_STREAM | READABLE | ANYTHING),
            Made::UnlessItWaits,
        ),
        ((SOCKFS, UNIX_STREAM | READABLE), Made::Not),
        ((SOCKFS, TCP | READABLE | ANYTHING), Made::UnlessItWaits),
        ((SOCKFS, TCP | READABLE | ANYTHING | OWNED), Made::Not),
        ((ANONYMOUS, READABLE | 1 << 32), Made::UnlessItWaits),
        ((ANONYMOUS, READABLE), Made::Not),
        ((TMPFS, CHARACTER | READABLE | 0x105 << 32), Made::AsItIs),
        ((TMPFS, CHARACTER | READABLE | 0x501 << 32), Made::Not),
    ] {
        assert_made((READ, &[5, 6, 7]), look, made);
    }
}

#[test]
fn what_is_sent_in_one_piece_is_written_unless_it_waits() {
    for (len, look, made) in [
        (4096, (PIPEFS, PIPE | WRITABLE), Made::UnlessItWaits),
        (4097, (PIPEFS, PIPE | WRITABLE), Made::Not),
        (4097, (PIPEFS, PIPE | WRITABLE | NEVER_BLOCKS), Made::AsItIs),
        (9, (SOCKFS, UNIX_DATAGRAM | WRITABLE), Made::UnlessItWaits),
        (9, (SOCKFS, UNIX_STREAM | WRITABLE), Made::Not),
        (9, (SOCKFS, UDP | WRITABLE), Made::Not),
        (9, (EXT4, REGULAR | WRITABLE | CACHED), Made::Not),
        (9, (EXT4, REGULAR | READABLE), Made::AsItIs),
    ] {
        assert_made((WRITE, &[5, 6, len]), look, made);
    }
}

#[test]
fn receiving_all_that_was_asked_for_waits() {
    let socket = (SOCKFS, UNIX_STREAM | READABLE | ANYTHING);
    assert_made((RECVFROM, &[5, 6, 7, 0]), socket, Made::UnlessItWaits);
    assert_made((RECVFROM, &[5, 6, 7, 0x100]), socket, Made::Not);
    assert_made((RECVFROM, &[5, 6, 7, 0x140]), socket, Made::AsItIs);
    assert_made(
        (RECVFROM, &[5, 6, 7, 0]),
        (EXT4, REGULAR | READABLE),
        Made::Not,
    );
}

#[test]
fn files_are_closed_if_nothing_is_left_to_be_done() {
    for (look, made) in [
        ((0, 0), Made::AsItIs),
        ((EXT4, REGULAR | LAST | LINKED), Made::AsItIs),
        ((EXT4, REGULAR | LAST), Made::Not),
        ((EXT4, REGULAR | LAST | LINKED | WRITABLE), Made::Not),
        ((EXT4, REGULAR | FOUND | WRITABLE), Made::AsItIs),
        ((EXT4, REGULAR | FOUND | FLUSHES), Made::Not),
        ((EXT4, REGULAR | FOUND | FLUSHES | OVERLAID), Made::AsItIs),
        ((NFS, REGULAR | FOUND | FLUSHES | OVERLAID), Made::Not),
        ((TMPFS, REGULAR | LAST | WRITABLE), Made::AsItIs),
        ((TMPFS, CHARACTER | LAST | LINKED | 0x501 << 32), Made::Not),
        ((NFS, REGULAR | LAST | LINKED), Made::Not),
        ((PIPEFS, PIPE | LAST | WRITABLE), Made::AsItIs),
        ((SOCKFS, TCP | LAST | WRITABLE), Made::AsItIs),
        ((SOCKFS, TCP | LAST | LINGERS), Made::Not),
        ((ANONYMOUS, LAST | 5 << 32), Made::AsItIs),
        ((ANONYMOUS, LAST), Made::Not),
    ] {
        assert_made((CLOSE, &[5]), look, made);
    }
}

#[test]
fn names_are_looked_for_in_the_cache() {
    // A path's look without a file has the error in the place of the number.
    for (look, made) in [
        ((EXT4, REGULAR | FOUND), Made::AsItIs),
        ((NFS, REGULAR | FOUND), Made::Not),
        ((2, 0), Made::AsItIs),
        ((11, 0), Made::Not),
    ] {
        assert_made((STAT, &[5, 6]), look, made);
    }
}

#[test]
fn files_are_opened_with_scratch_only_and_for_reading_only() {
    let mut batch = first_try(&[(OPENAT, &[3, 4, 0o2_000_000])]);
    assert_eq!(batch.ioctl(), 0);
    assert_would_wait_at(&batch, 0);
    batch.run.scratch = 64;
    with_task(|task| task.results = vec![9]);
    assert_eq!(batch.ioctl(), 0);
    assert_eq!(batch.run.status, Status::Done.raw());
    assert_eq!(batch.results, [9]);
    for flags in [1, 2, 0o100, 0o1000, 0o20_200_000] {
        let mut batch = first_try(&[(OPEN, &[4, flags])]);
        batch.run.scratch = 64;
        assert_eq!(batch.ioctl(), 0);
        assert_would_wait_at(&batch, 0);
    }
    let opened = with_task(|task| task.opened.clone());
    assert_eq!(opened, [(3, 4, 0o2_000_000, 64)]);
}

#[test]
fn a_name_that_is_in_no_cache_is_not_opened() {
    for (result, is_made) in [(-11, false), (-4, false), (-512, false), (-2, true)] {
        let mut batch = first_try(&[(OPEN, &[4, 0])]);
        batch.run.scratch = 64;
        with_task(|task| task.results = vec![result]);
        assert_eq!(batch.ioctl(), 0);
        if is_made {
            assert_eq!(batch.results, [result]);
        } else {
            assert_would_wait_at(&batch, 0);
        }
    }
}

#[test]
fn a_call_that_a_signal_would_have_woken_would_wait() {
    for result in [-4, -512, -513, -514, -516] {
        let mut batch = first_try(&[(EPOLL_WAIT, &[5, 6, 7, 1000])]);
        with_task(|task| task.results = vec![result]);
        assert_eq!(batch.ioctl(), 0);
        assert_would_wait_at(&batch, 0);
        assert_eq!(batch.run.resume, 0);
    }
}

#[test]
fn so_would_one_that_a_signal_did_wake() {
    for result in [-4, -512, -513, -514, -516] {
        let mut batch = first_try(&[(NANOSLEEP, &[5, 0])]);
        with_task(|task| {
            task.waits = 0;
            task.results = vec![result];
            task.after_call = vec![SIGNAL];
        });
        assert_eq!(batch.ioctl(), 0);
        assert_would_wait_at(&batch, 0);
        assert_eq!(batch.run.resume, 0);
    }
}
