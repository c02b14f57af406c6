// SPDX-License-Identifier: GPL-2.0-only
//! Calls that are made with leave of those who observe the task.

use core::ffi::c_void;
use core::ptr::NonNull;

use super::c;
use super::words::JudgedWords;
use crate::registers::Registers;

/// The guard of an ioctl of a task that is observed, which is the shim's affair.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guard(NonNull<c_void>);

impl Guard {
    /// # Safety
    /// It is the one that `sysbatch_observed_ioctl()` in `observe.c` made for this ioctl,
    /// and neither the value nor a copy is used after that.
    pub(crate) const unsafe fn new(guard: NonNull<c_void>) -> Self {
        Self(guard)
    }
}

/// What became of a call that observers see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judged {
    /// It was made, or they said what it returns.
    Returned(i64),
    /// They have it trapped: a signal waits, and its handler is to see the
    /// registers of the call.
    Trapped,
    /// They were not asked, or a tracer has to be.
    NotMade,
    /// It would wait, or may, and was to be made only if it did not. Nothing of it has
    /// happened.
    WouldWait,
}

/// Asks the filters of the task about a call with the arguments in the
/// registers, makes it if it may be made, and tells audit of it.
#[inline(always)]
pub(crate) fn judge(number: u32, registers: Registers, guard: Guard) -> Judged {
    // SAFETY: the call gets only user values, as from the system call
    // instruction, and the shim looks at the number. The registers are those of
    // the current task, saved by `sysbatch_ioctl()`; the guard is that of the
    // running ioctl, by the contract of `Guard::new`.
    let judged = unsafe { c::sysbatch_judge(registers.as_ptr(), number, guard.0.as_ptr()) };
    judged.verdict()
}

/// Makes a call of a 32-bit task, whose observers, if there is a guard, it asks for
/// leave. The result has 32 bits, sign-extended.
pub(crate) fn compat_call(
    number: u32,
    args: &[u64; 6],
    registers: Registers,
    guard: Option<Guard>,
) -> Judged {
    let guard = guard.map_or(core::ptr::null_mut(), |guard| guard.0.as_ptr());
    // SAFETY: the call gets only user values, as from the system call instruction,
    // of which the shim takes the lower halves, and it looks at the number. The
    // registers are those of the current task, saved by `sysbatch_compat_ioctl()`;
    // the guard is that of the running ioctl, by the contract of `Guard::new`, or
    // null.
    let judged =
        unsafe { c::sysbatch_compat_call(registers.as_ptr(), number, args.as_ptr(), guard) };
    judged.verdict()
}

/// Whether the kernel may have a call of 32-bit tasks with this number: one below
/// the size of its table.
#[cfg_attr(test, expect(unused_unsafe, reason = "the stand-in is Rust"))]
pub(crate) fn is_compat_call(number: u32) -> bool {
    // SAFETY: a constant of the shim's.
    number < unsafe { c::SYSBATCH_COMPAT_NR_SYSCALLS }
}

impl JudgedWords {
    /// What they mean.
    #[inline(always)]
    const fn verdict(self) -> Judged {
        match self.outcome {
            0 => Judged::Returned(self.result),
            1 => Judged::Trapped,
            _ => Judged::NotMade,
        }
    }
}
