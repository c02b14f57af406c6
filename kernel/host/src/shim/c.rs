// SPDX-License-Identifier: GPL-2.0-only
//! The functions and variables of `../*.c`, as `shim.h` declares them.

use core::ffi::c_void;

use sysbatch_abi::Run;

use super::calls::NUMBERS;
use super::words::{FileWords, HeadWords, JudgedWords, Word};
use crate::registers::PtRegs;

/// Whether a number is made at once.
///
/// # Safety
/// It is below `NUMBERS`.
#[inline(always)]
pub(super) unsafe fn made_at_once(index: usize) -> bool {
    let table = &raw const SYSBATCH_MADE_AT_ONCE;
    // SAFETY: in the table, by the contract.
    let entry = unsafe { table.cast::<bool>().add(index) };
    // SAFETY: the table is the shim's and always there. Its bytes are zero or
    // one, and read, as written, by one access each: like READ_ONCE() of C.
    unsafe { entry.read_volatile() }
}

/// Changes it.
///
/// # Safety
/// The number is below `NUMBERS`.
pub(super) unsafe fn set_made_at_once(index: usize, is_made: bool) {
    let table = &raw mut SYSBATCH_MADE_AT_ONCE;
    // SAFETY: in the table, by the contract.
    let entry = unsafe { table.cast::<bool>().add(index) };
    // SAFETY: as for reading; like WRITE_ONCE() of C.
    unsafe { entry.write_volatile(is_made) }
}

unsafe extern "C" {
    static mut SYSBATCH_MADE_AT_ONCE: [bool; NUMBERS];
    pub(super) fn sysbatch_load1(address: u64) -> Word;
    pub(super) fn sysbatch_load2(address: u64) -> Word;
    pub(super) fn sysbatch_load4(address: u64) -> Word;
    pub(super) fn sysbatch_load8(address: u64) -> Word;
    pub(super) fn sysbatch_store1(address: u64, value: u64) -> i32;
    pub(super) fn sysbatch_store2(address: u64, value: u64) -> i32;
    pub(super) fn sysbatch_store4(address: u64, value: u64) -> i32;
    pub(super) fn sysbatch_store8(address: u64, value: u64) -> i32;
    pub(super) fn sysbatch_load_words(address: u64, words: *mut u64, count: u32) -> i32;
    pub(super) fn sysbatch_load_three(address: u64, words: *mut u64) -> i32;
    pub(super) fn sysbatch_load_header(address: u64, header: *mut Run) -> i32;
    pub(super) fn sysbatch_store_header(
        address: u64,
        pc: u64,
        fuel: u64,
        steps: u64,
        value: i64,
        resume_and_reason: u64,
        status: u32,
    ) -> i32;
    pub(super) fn sysbatch_read_entry1(entry: u64, registers: *mut PtRegs) -> HeadWords;
    pub(super) fn sysbatch_read_entry2(entry: u64, registers: *mut PtRegs) -> HeadWords;
    pub(super) fn sysbatch_first1(entry: u64, registers: *mut PtRegs) -> HeadWords;
    pub(super) fn sysbatch_first2(entry: u64, registers: *mut PtRegs) -> HeadWords;
    pub(super) fn sysbatch_turn1(
        slot: u64,
        result: u64,
        entry: u64,
        registers: *mut PtRegs,
    ) -> HeadWords;
    pub(super) fn sysbatch_turn2(
        slot: u64,
        result: u64,
        entry: u64,
        registers: *mut PtRegs,
    ) -> HeadWords;
    pub(super) fn sysbatch_first1_beside_observers(entry: u64, registers: *mut PtRegs)
    -> HeadWords;
    pub(super) fn sysbatch_first2_beside_observers(entry: u64, registers: *mut PtRegs)
    -> HeadWords;
    pub(super) fn sysbatch_turn1_beside_observers(
        slot: u64,
        result: u64,
        entry: u64,
        registers: *mut PtRegs,
    ) -> HeadWords;
    pub(super) fn sysbatch_turn2_beside_observers(
        slot: u64,
        result: u64,
        entry: u64,
        registers: *mut PtRegs,
    ) -> HeadWords;
    pub(super) fn sysbatch_load_operands(first: u64, second: u64, registers: *mut PtRegs) -> i32;
    pub(super) fn sysbatch_gather(address: u64, registers: *mut PtRegs) -> Word;
    pub(super) fn sysbatch_turn_to_pointer(
        slot: u64,
        result: u64,
        entry: u64,
        registers: *mut PtRegs,
    ) -> Word;
    pub(super) fn sysbatch_turn_to_atom(
        slot: u64,
        result: u64,
        entry: u64,
        registers: *mut PtRegs,
        result_and_next: *mut u64,
    ) -> HeadWords;
    pub(super) fn sysbatch_turn_to_pointer_beside_observers(
        slot: u64,
        result: u64,
        entry: u64,
        registers: *mut PtRegs,
    ) -> Word;
    pub(super) fn sysbatch_turn_to_atom_beside_observers(
        slot: u64,
        result: u64,
        entry: u64,
        registers: *mut PtRegs,
        result_and_next: *mut u64,
    ) -> HeadWords;
    pub(super) static SYSBATCH_NR_SYSCALLS: u32;
    pub(super) fn sysbatch_dispatch(registers: *mut PtRegs, number: u32) -> i64;
    pub(super) fn sysbatch_judge(
        registers: *mut PtRegs,
        number: u32,
        guard: *mut c_void,
    ) -> JudgedWords;
    pub(super) static SYSBATCH_COMPAT_NR_SYSCALLS: u32;
    pub(super) fn sysbatch_compat_call(
        registers: *mut PtRegs,
        number: u32,
        args: *const u64,
        guard: *mut c_void,
    ) -> JudgedWords;
    pub(super) fn sysbatch_look_at_file(fd: u32, what: u32, offset: i64, count: u64) -> FileWords;
    pub(super) fn sysbatch_look_at_path(directory: i32, path: u64, how: u32) -> FileWords;
    pub(super) fn sysbatch_dispatch_unless_waiting(registers: *mut PtRegs, number: u32) -> i64;
    pub(super) fn sysbatch_open_cached(
        registers: *mut PtRegs,
        directory: i32,
        path: u64,
        flags: u32,
        scratch: u64,
    ) -> i64;
    pub(super) fn sysbatch_is_watched() -> i32;
    pub(super) fn sysbatch_is_off() -> i32;

    pub(super) fn sysbatch_is_watched_beside_observers() -> i32;
    pub(super) fn sysbatch_is_clear() -> i32;
    pub(super) fn sysbatch_is_clear_beside_observers() -> i32;
    pub(super) fn sysbatch_pending_work() -> u32;
    pub(super) fn sysbatch_reschedule();
    pub(super) fn sysbatch_run_task_work();
    pub(super) fn sysbatch_announce_work();
    pub(super) fn sysbatch_force_signal_check();
}
