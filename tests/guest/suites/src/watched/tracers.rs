//! `ptrace(2)`: a tracer that stops at system calls sees each sub-call, as it
//! sees those of a program that makes them one by one.
#![expect(unsafe_code, reason = "ptrace")]

use core::mem::MaybeUninit;
use core::ptr;

use rustix::process::{Pid, Signal};
use sysbatch::abi::{BuiltIn, Entry, Status};
use sysbatch_reference::{EntryExt as _, built_in};
use syscalls::Sysno;

use super::assert_handed_back;
use crate::arch::{set_tracee_argument, set_tracee_number, set_tracee_result};
use crate::harness::cases;
use crate::lab::{Batch, Lab, imm, result, set, sys};
use crate::process::{ended, fork, stopped_or_ended, until_it_has_run, wait_for};
use crate::signal;

cases! {
    both tracer_sees_every_sub_call;
    both tracer_sees_the_sub_calls_of_a_loop;
    both tracer_may_change_a_result;
    both tracer_may_change_number_and_arguments;
    both tracer_that_comes_later_sees_the_next_sub_call;
    both tracer_that_leaves_is_gone;
}

/// A call that a tracer saw: number, first three arguments, result.
type Seen = (u64, [u64; 3], i64);

/// `ptrace(2)` of a child.
pub(crate) fn ptrace(request: u32, pid: Pid, address: usize, data: usize) -> i64 {
    // SAFETY: the tracee is a child that the case made for this; addresses are
    // those of `get_info`.
    unsafe { libc::ptrace(request, pid.as_raw_nonzero().get(), address, data) }
}

/// `PTRACE_GET_SYSCALL_INFO` of a stopped tracee.
pub(crate) fn info(pid: Pid) -> libc::ptrace_syscall_info {
    // SAFETY: all zeroes is a valid value.
    let mut info: libc::ptrace_syscall_info = unsafe { MaybeUninit::zeroed().assume_init() };
    let size = size_of_val(&info);
    let result = ptrace(
        libc::PTRACE_GET_SYSCALL_INFO,
        pid,
        size,
        (&raw mut info).expose_provenance(),
    );
    assert!(result > 0, "PTRACE_GET_SYSCALL_INFO");
    info
}

/// Traces a child that has stopped itself, to its end. `edit` is asked for
/// another result of each call.
fn trace(pid: Pid, edit: impl Fn(&Seen) -> Option<i64>) -> Vec<Seen> {
    let stopped = stopped_or_ended(pid);
    assert_eq!(stopped.stopping_signal(), Some(Signal::STOP.as_raw()));
    let options = libc::PTRACE_O_TRACESYSGOOD | libc::PTRACE_O_EXITKILL;
    let options = usize::try_from(options).expect("flags");
    assert_eq!(ptrace(libc::PTRACE_SETOPTIONS, pid, 0, options), 0);
    let mut calls = Vec::new();
    let mut entered = None;
    loop {
        assert_eq!(ptrace(libc::PTRACE_SYSCALL, pid, 0, 0), 0);
        let status = stopped_or_ended(pid);
        if status.exited() || status.signaled() {
            assert_eq!(status.exit_status(), Some(0), "the tracee: {status:?}");
            return calls;
        }
        // Stops for system calls have bit 7 set (PTRACE_O_TRACESYSGOOD).
        if status.stopping_signal() != Some(libc::SIGTRAP | 0x80) {
            continue;
        }
        let info = info(pid);
        match info.op {
            libc::PTRACE_SYSCALL_INFO_ENTRY => {
                // SAFETY: the kernel says that this variant is filled in.
                let entry = unsafe { info.u.entry };
                assert_eq!(entered, None, "each entry has its exit");
                entered = Some((entry.nr, [entry.args[0], entry.args[1], entry.args[2]]));
            }
            libc::PTRACE_SYSCALL_INFO_EXIT => {
                // SAFETY: as above.
                let exit = unsafe { info.u.exit };
                let (number, args) = entered.take().expect("each exit has its entry");
                let mut seen = (number, args, exit.sval);
                if let Some(other) = edit(&seen) {
                    set_result(pid, other);
                    seen.2 = other;
                }
                calls.push(seen);
            }
            other => panic!("an unknown stop: {other}"),
        }
    }
}

fn set_result(pid: Pid, result: i64) {
    let value = usize::try_from(result).expect("a positive result");
    set_tracee_result(pid, value);
}

/// A child that lets itself be traced, and then runs a batch and checks it.
fn tracee(lab: &mut Lab, mut batch: Batch, check: impl FnOnce(&Batch)) -> Pid {
    fork(|| {
        let me = rustix::process::getpid();
        assert_eq!(ptrace(libc::PTRACE_TRACEME, me, 0, 0), 0);
        signal::send(me, Signal::STOP);
        // By pointer: checked memory would be full of calls of its own.
        assert_eq!(lab.run_direct(&mut batch), Ok(Status::Done));
        check(&batch);
    })
}

/// The calls between two marks, `lseek` on no descriptor, without the
/// crossing that finds out about the tracer.
fn between_marks(calls: &[Seen]) -> Vec<Seen> {
    let is_mark = |call: &&Seen| call.0 == number(Sysno::lseek) && call.1[1] == 0x5EED;
    assert_eq!(
        calls.iter().filter(is_mark).count(),
        2,
        "both marks are seen: {calls:?}"
    );
    let inside = calls.iter().skip_while(|call| !is_mark(call)).skip(1);
    inside.take_while(|call| !is_mark(call)).copied().collect()
}

fn mark() -> Entry {
    sys(Sysno::lseek, [imm(-1), imm(0x5EED), imm(0)])
}

fn number(call: Sysno) -> u64 {
    u64::try_from(call.id()).expect("a call number")
}

fn tracer_sees_every_sub_call(lab: &mut Lab) {
    let batch = Batch::new([
        set(1),
        mark(),
        sys(Sysno::umask, [imm(0o27)]),
        built_in(BuiltIn::Add, &[result(2), imm(1)]),
        sys(Sysno::dup3, [imm(-1), imm(77), imm(libc::O_CLOEXEC)]),
        sys(Sysno::umask, [imm(0o22)]),
        // A number that no kernel knows.
        Entry {
            nr: 0x1FFF,
            ..sys(Sysno::getpid, [imm(5)])
        },
        mark(),
    ]);
    let pid = tracee(lab, batch, |_| {});
    let calls = between_marks(&trace(pid, |_| None));
    let numbers: Vec<u64> = calls.iter().map(|call| call.0).collect();
    let umask = number(Sysno::umask);
    assert_eq!(numbers, [umask, number(Sysno::dup3), umask, 0x1FFF]);
    assert_eq!(calls[0].1[0], 0o27);
    let flags = u64::from(libc::O_CLOEXEC.cast_unsigned());
    assert_eq!((calls[1].1, calls[1].2), ([u64::MAX, 77, flags], -9));
    assert_eq!((calls[2].1[0], calls[2].2), (0o22, 0o27));
    assert_eq!((calls[3].1[0], calls[3].2), (5, -38));
}

fn tracer_sees_the_sub_calls_of_a_loop(lab: &mut Lab) {
    let again = built_in(BuiltIn::Sub, &[result(0), imm(1)])
        .to_slot(0)
        .jumps(0, 0, -2);
    let batch = Batch::new([
        set(25),
        mark(),
        sys(Sysno::umask, [result(0)]),
        again,
        mark(),
    ])
    .with_fuel(100);
    let pid = tracee(lab, batch, |_| {});
    let calls = between_marks(&trace(pid, |_| None));
    let arguments: Vec<u64> = calls.iter().map(|call| call.1[0]).collect();
    assert_eq!(arguments, (1..=25).rev().collect::<Vec<_>>());
}

fn tracer_may_change_a_result(lab: &mut Lab) {
    let batch = Batch::new([set(1), mark(), sys(Sysno::umask, [imm(0o27)]), mark()]);
    let pid = tracee(lab, batch, |batch| assert_eq!(batch.results[2], 4711));
    let umask = number(Sysno::umask);
    let calls = trace(pid, |call| {
        (call.0 == umask && call.1[0] == 0o27).then_some(4711)
    });
    assert_eq!(between_marks(&calls).len(), 1);
}

fn tracer_may_change_number_and_arguments(lab: &mut Lab) {
    let batch = Batch::new([
        set(1),
        sys(Sysno::umask, [imm(0o27)]),
        sys(Sysno::umask, [imm(0o22)]),
        sys(Sysno::getpid, []),
    ]);
    let pid = tracee(lab, batch, |batch| {
        let me = i64::from(std::process::id());
        // The first became `getpid`, the second had another mask.
        assert_eq!(batch.results[1], me);
        assert_eq!((batch.results[2], batch.results[3]), (0o22, me));
        let mode = rustix::fs::Mode::from_raw_mode(0o22);
        assert_eq!(rustix::process::umask(mode).as_raw_mode(), 0o77);
    });
    assert!(stopped_or_ended(pid).stopped());
    let options = libc::PTRACE_O_TRACESYSGOOD | libc::PTRACE_O_EXITKILL;
    let options = usize::try_from(options).expect("flags");
    assert_eq!(ptrace(libc::PTRACE_SETOPTIONS, pid, 0, options), 0);
    let umask = number(Sysno::umask);
    loop {
        assert_eq!(ptrace(libc::PTRACE_SYSCALL, pid, 0, 0), 0);
        let status = stopped_or_ended(pid);
        if status.exited() || status.signaled() {
            assert_eq!(status.exit_status(), Some(0), "the tracee: {status:?}");
            return;
        }
        if status.stopping_signal() != Some(libc::SIGTRAP | 0x80) {
            continue;
        }
        let info = info(pid);
        if info.op != libc::PTRACE_SYSCALL_INFO_ENTRY {
            continue;
        }
        // SAFETY: the kernel says that this variant is filled in.
        let entry = unsafe { info.u.entry };
        match (entry.nr == umask, entry.args[0]) {
            (true, 0o27) => {
                set_tracee_number(pid, Sysno::getpid);
            }
            (true, 0o22) => {
                set_tracee_argument(pid, 0o77);
            }
            _ => {}
        }
    }
}

fn tracer_that_comes_later_sees_the_next_sub_call(lab: &mut Lab) {
    // The tracee loops in one batch for ever.
    let child = fork(|| {
        let endless = sys(Sysno::umask, [imm(0o22)]).jumps(-1, -1, -1);
        let mut batch = Batch::new([set(1), endless]).with_fuel(u64::MAX);
        let status = lab.run_direct(&mut batch);
        panic!("an endless batch came back with {status:?}");
    });
    until_it_has_run(child);
    let options = usize::try_from(libc::PTRACE_O_TRACESYSGOOD).expect("flags");
    assert_eq!(ptrace(libc::PTRACE_SEIZE, child, 0, options), 0);
    assert_eq!(ptrace(libc::PTRACE_INTERRUPT, child, 0, 0), 0);
    stopped_or_ended(child);
    let mut seen = 0;
    for _ in 0..40 {
        assert_eq!(ptrace(libc::PTRACE_SYSCALL, child, 0, 0), 0);
        let status = stopped_or_ended(child);
        assert!(status.stopped(), "{status:?}");
        let info = info(child);
        if info.op == libc::PTRACE_SYSCALL_INFO_ENTRY {
            // SAFETY: the kernel says that this variant is filled in.
            let entry = unsafe { info.u.entry };
            seen += u32::from(entry.nr == number(Sysno::umask) && entry.args[0] == 0o22);
        }
    }
    assert!(seen >= 15, "the sub-calls are seen: {seen}");
    signal::send(child, Signal::KILL);
    ended(child);
}

fn tracer_that_leaves_is_gone(lab: &mut Lab) {
    let (reader, writer) = rustix::pipe::pipe().expect("pipe");
    let child = fork(|| {
        let me = rustix::process::getpid();
        assert_eq!(ptrace(libc::PTRACE_TRACEME, me, 0, 0), 0);
        let mut batch = Batch::new([set(1), sys(Sysno::getppid, []), sys(Sysno::getpid, [])]);
        assert_handed_back(lab, &batch);
        signal::send(me, Signal::STOP);
        // Detached: all of it runs in the kernel again.
        let before = lab.backend.crossings();
        assert_eq!(lab.run(&mut batch), Ok(Status::Done));
        let crossings = lab.backend.crossings() - before;
        assert_eq!(crossings, if lab.is_kernel() { 1 } else { 2 });
        rustix::io::write(&writer, b"x").expect("write");
    });
    stopped_or_ended(child);
    assert_eq!(
        ptrace(libc::PTRACE_DETACH, child, ptr::null::<u8>().addr(), 0),
        0
    );
    wait_for(child);
    let mut byte = [0; 1];
    assert_eq!(rustix::io::read(&reader, &mut byte), Ok(1));
}
