// SPDX-License-Identifier: GPL-2.0-only
//! The dispatcher: what a call returns is scripted.

use core::ptr::NonNull;

use sysbatch_abi::is_made_at_once;
use sysbatch_engine::Operands;

use super::script::with_task;
use crate::registers::{PtRegs, Registers};

/// Three calls more than were reviewed.
pub(in crate::shim) static SYSBATCH_NR_SYSCALLS: u32 = 476;

pub(in crate::shim) unsafe fn made_at_once(index: usize) -> bool {
    let number = index.try_into().expect("below 1024");
    with_task(|task| !task.looks_at_all && is_made_at_once(number))
}

pub(in crate::shim) unsafe fn set_made_at_once(index: usize, is_made: bool) {
    // The first call, which is made at once when any is.
    if index == 0 {
        with_task(|task| task.looks_at_all = !is_made);
    }
}

pub(in crate::shim) unsafe fn sysbatch_dispatch(registers: *mut PtRegs, number: u32) -> i64 {
    // SAFETY: tests pass registers of their own.
    let registers = unsafe { Registers::new(NonNull::new(registers).unwrap()) };
    let args = core::array::from_fn(|index| registers.get(index));
    with_task(|task| {
        task.calls.push((number, args));
        task.waits |= task.after_call.pop().unwrap_or(0);
        task.results.pop().expect("the test scripts each call")
    })
}

fn attempt(result: i64) -> i64 {
    with_task(|task| task.attempts += 1);
    result
}

pub(in crate::shim) unsafe fn sysbatch_dispatch_unless_waiting(
    registers: *mut PtRegs,
    number: u32,
) -> i64 {
    // SAFETY: as the caller promises.
    let result = unsafe { sysbatch_dispatch(registers, number) };
    attempt(result)
}

pub(in crate::shim) unsafe fn sysbatch_open_cached(
    _: *mut PtRegs,
    directory: i32,
    path: u64,
    flags: u32,
    scratch: u64,
) -> i64 {
    let result = with_task(|task| {
        task.opened.push((directory, path, flags, scratch));
        task.results.pop().expect("the test scripts each call")
    });
    attempt(result)
}
