// SPDX-License-Identifier: GPL-2.0-only
//! From one entry to the next, with the look at the task.

use super::super::words::{HeadWords, Word};
use super::memory::{
    read_words, sysbatch_gather, sysbatch_load_three, sysbatch_load8, sysbatch_store8,
};
use super::task::{is_clear, is_clear_beside_observers};
use crate::registers::PtRegs;

/// The report that there is more to do, as in the shim.
const STORED: HeadWords = HeadWords {
    first: (-14_i64).cast_unsigned(),
    second: 0,
};

/// As the shim: the entry, and then the look.
fn first<const N: usize>(entry: u64, registers: *mut PtRegs, is_clear: bool) -> HeadWords {
    let words = read_words::<N>(entry, registers);
    if is_clear { words } else { STORED }
}

macro_rules! turns {
    ($($first:ident $turn:ident $words:literal $is_clear:ident),*) => {$(
        pub(in crate::shim) unsafe fn $first(entry: u64, registers: *mut PtRegs) -> HeadWords {
            first::<$words>(entry, registers, $is_clear())
        }

        pub(in crate::shim) unsafe fn $turn(
            slot: u64,
            result: u64,
            entry: u64,
            registers: *mut PtRegs,
        ) -> HeadWords {
            // SAFETY: tests pass addresses of live slots only.
            unsafe { sysbatch_store8(slot, result) };
            first::<$words>(entry, registers, $is_clear())
        }
    )*};
}
turns!(
    sysbatch_first1 sysbatch_turn1 7 is_clear,
    sysbatch_first2 sysbatch_turn2 8 is_clear,
    sysbatch_first1_beside_observers sysbatch_turn1_beside_observers 7 is_clear_beside_observers,
    sysbatch_first2_beside_observers sysbatch_turn2_beside_observers 8 is_clear_beside_observers
);

/// As the shim, with the look at the task.
fn turn_to_pointer(
    slot: u64,
    result: u64,
    entry: u64,
    registers: *mut PtRegs,
    is_clear: bool,
) -> Word {
    // SAFETY: tests pass addresses of live slots only.
    unsafe { sysbatch_store8(slot, result) };
    // SAFETY: and those of live pointers to live arrays.
    let array = unsafe { sysbatch_load8(entry) }.value;
    // SAFETY: as above.
    let word = unsafe { sysbatch_gather(array, registers) };
    let fault = if is_clear { 0 } else { -14 };
    Word { fault, ..word }
}

/// As the shim, with the look at the task.
fn turn_to_atom(
    slot: u64,
    result: u64,
    entry: u64,
    registers: *mut PtRegs,
    result_and_next: *mut u64,
    is_clear: bool,
) -> HeadWords {
    if slot != 0 {
        // SAFETY: tests pass addresses of live slots only.
        unsafe { sysbatch_store8(slot, result) };
    }
    let mut front = [0; 3];
    // SAFETY: tests pass addresses of live atoms only.
    unsafe { sysbatch_load_three(entry, front.as_mut_ptr()) };
    let [flags, number, result] = front;
    // SAFETY: as above.
    let next = unsafe { sysbatch_gather(entry + 24, registers) }.value;
    // SAFETY: the caller has two words.
    unsafe { result_and_next.cast::<[u64; 2]>().write([result, next]) };
    let more = HeadWords {
        first: 0,
        second: STORED.first,
    };
    if is_clear {
        HeadWords {
            first: number,
            second: flags,
        }
    } else {
        more
    }
}

macro_rules! turns_to {
    ($($pointer:ident $atom:ident $is_clear:ident),*) => {$(
        pub(in crate::shim) unsafe fn $pointer(
            slot: u64,
            result: u64,
            entry: u64,
            registers: *mut PtRegs,
        ) -> Word {
            turn_to_pointer(slot, result, entry, registers, $is_clear())
        }

        pub(in crate::shim) unsafe fn $atom(
            slot: u64,
            result: u64,
            entry: u64,
            registers: *mut PtRegs,
            result_and_next: *mut u64,
        ) -> HeadWords {
            turn_to_atom(slot, result, entry, registers, result_and_next, $is_clear())
        }
    )*};
}
turns_to!(
    sysbatch_turn_to_pointer sysbatch_turn_to_atom is_clear,
    sysbatch_turn_to_pointer_beside_observers sysbatch_turn_to_atom_beside_observers
        is_clear_beside_observers
);
