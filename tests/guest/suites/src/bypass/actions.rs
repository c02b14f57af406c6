//! By what becomes of a call that the filter did not allow.
#![expect(unsafe_code, reason = "handlers change registers")]

use core::ffi::{c_int, c_void};
use core::sync::atomic::{AtomicU64, Ordering::SeqCst};

use rustix::process::Signal;
use sysbatch::abi::Status;
use syscalls::Sysno;

use super::{Goal, attempt, attempt_with, done, fatal_attempt, no_directories};
use crate::arch::{MKDIR, Registers, sysbatch_test_mkdir, sysbatch_test_mkdir_end};
use crate::harness::cases;
use crate::lab::{Batch, Lab, address_of, at, error, imm, set, sys};
use crate::signal;
use crate::watched::filter::{
    Instruction, JUMP_IF_EQUAL, LOAD_WORD, RETURN, filter, install, instruction, program,
};

cases! {
    both call_that_ends_the_process;
    both call_that_ends_the_thread;
    both call_that_is_trapped_without_a_handler;
    both call_that_is_trapped_and_given_a_result;
    both trap_handler_goes_back_to_the_call;
    both trap_handler_puts_the_number_in_the_place_of_a_result;
    both call_that_is_said_to_have_succeeded;
    both call_for_a_supervisor_that_is_not_there;
    both weaker_filter_on_top;
    both filter_taken_off_in_the_batch;
    both strict_mode_with_the_device_open;
    both filter_that_allows_one_place_in_the_code;
}

fn is_fatal(lab: &mut Lab, action: u32) {
    fatal_attempt(
        lab,
        &no_directories(action),
        Signal::SYS,
        &|lab, goal, guard| {
            guard.install();
            let mut batch = Batch::new([set(1), goal.mkdir(), set(2)]);
            let status = lab.run(&mut batch);
            assert!(!guard.is_on(), "it came back with {status:?}");
        },
    );
}

fn call_that_ends_the_process(lab: &mut Lab) {
    is_fatal(lab, libc::SECCOMP_RET_KILL_PROCESS);
}

fn call_that_ends_the_thread(lab: &mut Lab) {
    is_fatal(lab, libc::SECCOMP_RET_KILL_THREAD);
}

fn call_that_is_trapped_without_a_handler(lab: &mut Lab) {
    is_fatal(lab, libc::SECCOMP_RET_TRAP);
}

/// How often a handler has run.
static RUNS: AtomicU64 = AtomicU64::new(0);

extern "C" fn gives_zero(_: c_int, _: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: it is what the kernel passes to this handler.
    let mut registers = unsafe { Registers::of(context) };
    registers.set_result(0);
    RUNS.fetch_add(1, SeqCst);
}

extern "C" fn gives_the_number(_: c_int, _: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: it is what the kernel passes to this handler.
    let mut registers = unsafe { Registers::of(context) };
    registers.set_result(MKDIR.id().into());
    RUNS.fetch_add(1, SeqCst);
}

extern "C" fn goes_back(_: c_int, _: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: it is what the kernel passes to this handler.
    let mut registers = unsafe { Registers::of(context) };
    if RUNS.fetch_add(1, SeqCst) == 0 {
        // Number and arguments are those of the call.
        registers.go_back();
    } else {
        registers.set_result(0);
    }
}

/// The call is trapped, with this handler, so often.
fn trapped(lab: &mut Lab, handler: signal::Handler, result: i64, times: u64) {
    let make = |_: &Goal| no_directories(libc::SECCOMP_RET_TRAP);
    attempt_with(lab, make, &|lab, goal, guard| {
        signal::handle(Signal::SYS, 0, handler);
        guard.install();
        let mut batch = Batch::new([set(1), goal.mkdir(), set(2)]);
        done(lab, &mut batch);
        assert_eq!(batch.results, [1, guard.or(0, result), 2]);
        assert_eq!(RUNS.load(SeqCst), guard.or(0, times));
    });
}

fn call_that_is_trapped_and_given_a_result(lab: &mut Lab) {
    trapped(lab, gives_zero, 0, 1);
}

fn trap_handler_goes_back_to_the_call(lab: &mut Lab) {
    trapped(lab, goes_back, 0, 2);
}

fn trap_handler_puts_the_number_in_the_place_of_a_result(lab: &mut Lab) {
    trapped(lab, gives_the_number, MKDIR.id().into(), 1);
}

fn call_that_is_said_to_have_succeeded(lab: &mut Lab) {
    let make = |_: &Goal| no_directories(libc::SECCOMP_RET_ERRNO);
    attempt_with(lab, make, &|lab, goal, guard| {
        guard.install();
        let mut batch = Batch::new([set(1), goal.mkdir()]);
        done(lab, &mut batch);
        assert_eq!(batch.results, [1, 0]);
    });
}

fn call_for_a_supervisor_that_is_not_there(lab: &mut Lab) {
    let make = |_: &Goal| no_directories(libc::SECCOMP_RET_USER_NOTIF);
    attempt_with(lab, make, &|lab, goal, guard| {
        guard.install();
        let mut batch = Batch::new([set(1), goal.mkdir()]);
        done(lab, &mut batch);
        let nobody = error(rustix::io::Errno::NOSYS);
        assert_eq!(batch.results, [1, guard.or(0, nobody)]);
    });
}

fn weaker_filter_on_top(lab: &mut Lab) {
    attempt(lab, &|lab, goal, guard| {
        guard.install();
        for action in [libc::SECCOMP_RET_ALLOW, libc::SECCOMP_RET_LOG] {
            install(&filter(MKDIR, action));
        }
        let mut batch = Batch::new([set(1), goal.mkdir()]);
        done(lab, &mut batch);
        assert_eq!(batch.results, [1, guard.result()]);
    });
}

fn filter_taken_off_in_the_batch(lab: &mut Lab) {
    attempt(lab, &|lab, goal, guard| {
        guard.install();
        // By every way that might: mode 0, no flags, and another filter.
        let weak = filter(MKDIR, libc::SECCOMP_RET_ALLOW);
        let weak = program(&weak);
        let no_new_privileges = [
            imm(libc::PR_SET_NO_NEW_PRIVS),
            imm(0),
            imm(0),
            imm(0),
            imm(0),
        ];
        let set_mode = |mode| sys(Sysno::prctl, [imm(libc::PR_SET_SECCOMP), imm(mode), imm(0)]);
        let mut batch = Batch::new([
            set_mode(0),
            set_mode(3),
            sys(Sysno::prctl, no_new_privileges),
            sys(Sysno::seccomp, [imm(1), imm(0), at(address_of(&weak))]),
            sys(Sysno::seccomp, [imm(-1), imm(0), imm(0)]),
            goal.mkdir(),
        ]);
        done(lab, &mut batch);
        assert_eq!(batch.results[5], guard.result());
    });
}

fn strict_mode_with_the_device_open(lab: &mut Lab) {
    fatal_attempt(lab, &[], Signal::KILL, &|lab, goal, guard| {
        let mut batch = Batch::new([goal.mkdir()]);
        batch.prepare();
        if guard.is_on() {
            // SAFETY: arguments are no addresses.
            let result =
                unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_STRICT, 0, 0, 0) };
            assert_eq!(result, 0);
        }
        let status = lab.run_direct(&mut batch);
        assert_eq!((guard.is_on(), status), (false, Ok(Status::Done)));
    });
}

/// A filter that allows `mkdir` if the next instruction is this one.
fn at_one_place() -> Vec<Instruction> {
    let place = crate::lab::to_u64((&raw const sysbatch_test_mkdir_end).addr());
    let half = |bits: u64| u32::try_from(bits & 0xFFFF_FFFF).expect("32 bits");
    let [load, compare, refuse, allow] = filter(MKDIR, super::fail_with(super::REFUSED));
    let is = |offset, value, otherwise| {
        [
            instruction(LOAD_WORD, 0, 0, offset),
            instruction(JUMP_IF_EQUAL, 0, otherwise, value),
        ]
    };
    let [low, low_is] = is(8, half(place), 3);
    let [high, high_is] = is(12, half(place >> 32), 1);
    let compare = Instruction { jf: 6, ..compare };
    let allow_here = instruction(RETURN, 0, 0, libc::SECCOMP_RET_ALLOW);
    vec![
        load, compare, low, low_is, high, high_is, allow_here, refuse, allow,
    ]
}

fn filter_that_allows_one_place_in_the_code(lab: &mut Lab) {
    attempt_with(lab, |_| at_one_place(), &|lab, goal, guard| {
        guard.install();
        let mut batch = Batch::new([set(1), goal.mkdir()]);
        done(lab, &mut batch);
        assert_eq!(batch.results, [1, guard.result()]);
        // From that place it is allowed.
        let elsewhere = goal.scratch.file("open/made");
        // SAFETY: it is a path.
        let made = unsafe { sysbatch_test_mkdir(elsewhere.as_ptr(), 0o700) };
        assert_eq!(made, 0);
    });
}
