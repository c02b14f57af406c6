// SPDX-License-Identifier: GPL-2.0-only
//! The kernel's table of system calls, and calls that are made at once.

use super::c;
use crate::first_try::Open;
use crate::registers::Registers;

/// The size of the kernel's table of system calls.
#[cfg_attr(test, expect(unused_unsafe, reason = "the stand-in is Rust"))]
#[inline(always)]
fn nr_syscalls() -> u32 {
    // SAFETY: a constant of the shim's.
    unsafe { c::SYSBATCH_NR_SYSCALLS }
}

/// A size that the kernel's table does not exceed: `dispatch.c` asserts it.
pub(super) const NUMBERS: usize = 1024;
const _: () = assert!(sysbatch_abi::NUMBER_COUNT == 1024);

/// The number of a system call that the kernel may have: one below the size of
/// its table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Implemented(u32);

impl Implemented {
    /// The number, unless it is beyond the table.
    #[inline(always)]
    pub(crate) fn new(number: u32) -> Option<Self> {
        (number < nr_syscalls()).then_some(Self(number))
    }
}

/// Whether a call with this number is made at once, without a second look.
#[inline(always)]
pub(crate) fn is_made_at_once(Implemented(number): Implemented) -> bool {
    let index = usize::try_from(number).unwrap_or(0);
    // SAFETY: an `Implemented` is below the size of the kernel's table, which is a
    // constant of the shim's and at most `NUMBERS`.
    unsafe { c::made_at_once(index) }
}

/// The same of any number. Those that are not the kernel's are no calls, so that it
/// does not matter what is said of them, but that all are said to need a look while
/// the module is switched off.
#[inline(always)]
pub(crate) fn may_be_made_at_once(number: u32) -> bool {
    let index = usize::try_from(number).unwrap_or(0) % NUMBERS;
    // SAFETY: `index` is below `NUMBERS`.
    unsafe { c::made_at_once(index) }
}

/// Says whether it is.
pub(crate) fn set_made_at_once(number: u32, is_made: bool) {
    if let Ok(index) = usize::try_from(number)
        && index < NUMBERS
    {
        // SAFETY: `index` is below `NUMBERS`.
        unsafe { c::set_made_at_once(index, is_made) }
    }
}

/// Makes a system call with the arguments in the registers.
#[inline(always)]
pub(crate) fn dispatch(number: Implemented, registers: Registers) -> i64 {
    // SAFETY: the call gets only user values, as from the system call
    // instruction, and a number inside the kernel's table. The registers are
    // those of the current task, saved by `sysbatch_run_saved()`, which
    // restores them.
    unsafe { c::sysbatch_dispatch(registers.as_ptr(), number.0) }
}

/// Makes a system call with the arguments in the registers, and does not wait where a
/// signal would interrupt it.
pub(crate) fn dispatch_unless_waiting(number: Implemented, registers: Registers) -> i64 {
    // SAFETY: as for `dispatch`.
    unsafe { c::sysbatch_dispatch_unless_waiting(registers.as_ptr(), number.0) }
}

/// Opens a file if its name is in the cache; overwrites the scratch bytes.
pub(crate) fn open_cached(open: Open, registers: Registers, scratch: u64) -> i64 {
    let Open {
        directory,
        path,
        flags,
    } = open;
    let directory = directory.cast_signed();
    // SAFETY: the registers are as for `dispatch`; path and scratch are user addresses
    // for the shim.
    unsafe { c::sysbatch_open_cached(registers.as_ptr(), directory, path, flags, scratch) }
}
