// SPDX-License-Identifier: GPL-2.0-only
//! Calls that filters are asked about, and those of 32-bit programs.

use core::ffi::c_void;
use core::ptr::NonNull;

use sysbatch_engine::Operands;

use super::super::words::JudgedWords;
use super::calls::sysbatch_dispatch;
use super::script::{Verdict, with_task};
use crate::registers::{PtRegs, Registers};

pub(in crate::shim) unsafe fn sysbatch_judge(
    registers: *mut PtRegs,
    number: u32,
    _: *mut c_void,
) -> JudgedWords {
    // SAFETY: tests pass registers of their own.
    let operands = unsafe { Registers::new(NonNull::new(registers).unwrap()) };
    let args = core::array::from_fn(|index| operands.get(index));
    let verdict = with_task(|task| {
        task.judged.push((number, args));
        task.verdicts.pop().unwrap_or(Verdict::Pass)
    });
    let (result, outcome) = match verdict {
        // SAFETY: as above.
        Verdict::Pass => (unsafe { sysbatch_dispatch(registers, number) }, 0),
        Verdict::Result(result) => (result, 0),
        Verdict::Trap => {
            // SAFETY: tests pass registers of their own; the last is orig_ax.
            let registers = unsafe { registers.cast::<[u64; 16]>().as_mut() };
            registers.unwrap()[15] = number.into();
            (0, 1)
        }
        Verdict::NotMade => (0, 2),
    };
    JudgedWords { result, outcome }
}

/// Three calls more than were reviewed.
pub(in crate::shim) static SYSBATCH_COMPAT_NR_SYSCALLS: u32 = 476;

/// As the shim: the lower halves, and a result of 32 bits.
pub(in crate::shim) unsafe fn sysbatch_compat_call(
    registers: *mut PtRegs,
    number: u32,
    args: *const u64,
    guard: *mut c_void,
) -> JudgedWords {
    // SAFETY: tests pass registers of their own.
    let mut operands = unsafe { Registers::new(NonNull::new(registers).unwrap()) };
    // SAFETY: the caller has six arguments.
    let args = unsafe { args.cast::<[u64; 6]>().read() };
    for (index, arg) in args.into_iter().enumerate() {
        operands.set(index, arg & u64::from(u32::MAX));
    }
    let mut judged = if !guard.is_null() {
        // SAFETY: as the caller promises.
        unsafe { sysbatch_judge(registers, number, guard) }
    } else if number < SYSBATCH_COMPAT_NR_SYSCALLS {
        JudgedWords {
            // SAFETY: as the caller promises.
            result: unsafe { sysbatch_dispatch(registers, number) },
            outcome: 0,
        }
    } else {
        JudgedWords {
            result: -38,
            outcome: 0,
        }
    };
    judged.result = i64::from(judged.result as i32);
    judged
}
