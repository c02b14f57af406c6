//! Syscall user dispatch (`Documentation/admin-guide/syscall-user-dispatch.rst`):
//! a task's calls go to a handler of its own while a byte says so.
#![expect(unsafe_code, reason = "prctl, and a handler that changes registers")]

use core::ffi::{c_int, c_void};
use core::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use rustix::process::Signal;
use sysbatch::abi::{BuiltIn, Status, Width};
use sysbatch_reference::built_in;
use syscalls::Sysno;

use super::assert_handed_back;
use crate::arch::Registers;
use crate::harness::cases;
use crate::lab::{Batch, Lab, at, imm, set, sys, to_u64};

cases! {
    both dispatch_handler_gets_the_sub_call;
    both dispatch_switched_on_in_the_batch;
}

const PR_SET_SYSCALL_USER_DISPATCH: c_int = 59;
const PR_SYS_DISPATCH_ON: c_int = 1;
const ALLOW: u8 = 0;
const BLOCK: u8 = 1;

/// Whether calls go to the handler.
static SELECTOR: AtomicU8 = AtomicU8::new(ALLOW);
/// The number of the call that did.
static DISPATCHED: AtomicU64 = AtomicU64::new(0);

extern "C" fn dispatched(_: c_int, _: *mut libc::siginfo_t, context: *mut c_void) {
    // First: what the handler calls itself, its return included, is allowed.
    SELECTOR.store(ALLOW, Ordering::SeqCst);
    // SAFETY: it is what the kernel passes to this handler.
    let mut registers = unsafe { Registers::of(context) };
    DISPATCHED.store(registers.number().cast_unsigned(), Ordering::SeqCst);
    registers.set_result(4712);
}

fn selector() -> u64 {
    to_u64(SELECTOR.as_ptr().expose_provenance())
}

/// A built-in that sends the calls after it to the handler.
fn block() -> sysbatch::abi::Entry {
    let operands = [at(selector()), imm(0), imm(BLOCK)];
    built_in(BuiltIn::Store(Width::One), &operands)
}

fn check(batch: &Batch, call: usize) {
    assert_eq!(
        batch.results[call], 4712,
        "the handler's value is the result"
    );
    let number = u64::try_from(Sysno::getppid.id()).expect("a number");
    assert_eq!(DISPATCHED.load(Ordering::SeqCst), number);
    let pid = i64::from(std::process::id());
    assert_eq!(batch.results[call + 1], pid, "the handler switched it off");
}

fn dispatch_handler_gets_the_sub_call(lab: &mut Lab) {
    crate::signal::handle(Signal::SYS, 0, dispatched);
    // SAFETY: the selector is a static byte.
    let result = unsafe {
        libc::prctl(
            PR_SET_SYSCALL_USER_DISPATCH,
            PR_SYS_DISPATCH_ON,
            0,
            0,
            SELECTOR.as_ptr(),
        )
    };
    assert_eq!(result, 0, "prctl");
    let mut batch = Batch::new([
        set(1),
        sys(Sysno::getpid, []),
        block(),
        sys(Sysno::getppid, []),
        sys(Sysno::getpid, []),
    ]);
    assert_handed_back(lab, &batch);
    // By pointer: calls for checked memory would go to the handler, too.
    assert_eq!(lab.run_direct(&mut batch), Ok(Status::Done));
    check(&batch, 3);
}

fn dispatch_switched_on_in_the_batch(lab: &mut Lab) {
    crate::signal::handle(Signal::SYS, 0, dispatched);
    let on = [
        imm(PR_SET_SYSCALL_USER_DISPATCH),
        imm(PR_SYS_DISPATCH_ON),
        imm(0),
        imm(0),
        at(selector()),
    ];
    let mut batch = Batch::new([
        set(1),
        sys(Sysno::prctl, on),
        block(),
        sys(Sysno::getppid, []),
        sys(Sysno::getpid, []),
    ]);
    assert_eq!(lab.run_direct(&mut batch), Ok(Status::Done));
    assert_eq!(batch.results[1], 0);
    check(&batch, 3);
}
