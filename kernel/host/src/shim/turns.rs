// SPDX-License-Identifier: GPL-2.0-only
//! One crossing of languages for each sub-call: its result is stored, the next entry
//! is read, and the task is looked at.

use core::mem::MaybeUninit;

use sysbatch_abi::SYSLET_FLAGS;
use sysbatch_engine::{Atom, Fault, Head, Turn};

use super::c;
use super::words::{HeadWords, Word};
use crate::registers::Registers;

/// Reads an entry, with `HEAD` words before its arguments. A fault is told by
/// words that are no entry.
#[expect(
    clippy::multiple_unsafe_ops_per_block,
    reason = "one of the calls is made, and one proof holds for each"
)]
#[inline(always)]
pub(crate) fn read_entry<const HEAD: usize>(entry: u64, registers: Registers) -> Head {
    // SAFETY: `entry` is checked as a user address in the shim, which writes
    // to the registers of arguments alone, valid by the contract of
    // `Registers::new`.
    let words = unsafe {
        if HEAD == 1 {
            c::sysbatch_read_entry1(entry, registers.as_ptr())
        } else {
            c::sysbatch_read_entry2(entry, registers.as_ptr())
        }
    };
    Head::new(words.first, words.second)
}

/// Reads an entry, the first of a batch, and looks at the task.
#[expect(
    clippy::multiple_unsafe_ops_per_block,
    reason = "one of the calls is made, and one proof holds for each"
)]
#[inline(always)]
pub(crate) fn first<const HEAD: usize, const BESIDE_FILTERS: bool>(
    entry: u64,
    registers: Registers,
) -> Head {
    let registers = registers.as_ptr();
    // SAFETY: as for `read_entry`.
    let words = unsafe {
        match (HEAD, BESIDE_FILTERS) {
            (1, false) => c::sysbatch_first1(entry, registers),
            (1, true) => c::sysbatch_first1_beside_observers(entry, registers),
            (_, false) => c::sysbatch_first2(entry, registers),
            (_, true) => c::sysbatch_first2_beside_observers(entry, registers),
        }
    };
    Head::new(words.first, words.second)
}

/// Stores a result, reads the next entry and looks at the task.
#[expect(
    clippy::multiple_unsafe_ops_per_block,
    reason = "one of the calls is made, and one proof holds for each"
)]
#[inline(always)]
pub(crate) fn turn<const HEAD: usize, const BESIDE_FILTERS: bool>(
    slot: u64,
    result: i64,
    entry: u64,
    registers: Registers,
) -> Head {
    let result = result.cast_unsigned();
    let registers = registers.as_ptr();
    // SAFETY: as for `read_entry`; `slot` is checked as a user address, too.
    let words = unsafe {
        match (HEAD, BESIDE_FILTERS) {
            (1, false) => c::sysbatch_turn1(slot, result, entry, registers),
            (1, true) => c::sysbatch_turn1_beside_observers(slot, result, entry, registers),
            (_, false) => c::sysbatch_turn2(slot, result, entry, registers),
            (_, true) => c::sysbatch_turn2_beside_observers(slot, result, entry, registers),
        }
    };
    Head::new(words.first, words.second)
}

/// Makes two words the first two operands.
#[inline(always)]
pub(crate) fn load_operands(addresses: [u64; 2], registers: Registers) -> Result<(), Fault> {
    let [first, second] = addresses;
    // SAFETY: both are checked as user addresses in the shim, which writes to
    // the registers of the first two arguments alone, valid by the contract of
    // `Registers::new`.
    let failed = unsafe { c::sysbatch_load_operands(first, second, registers.as_ptr()) };
    if failed == 0 { Ok(()) } else { Err(Fault) }
}

/// Reads a word, and the operands through the pointers behind it.
#[inline(always)]
pub(crate) fn gather(address: u64, registers: Registers) -> Result<u64, Fault> {
    // SAFETY: each address is checked as a user address in the shim, which
    // writes to the registers of arguments alone, valid by the contract of
    // `Registers::new`.
    let Word { value, fault } = unsafe { c::sysbatch_gather(address, registers.as_ptr()) };
    if fault == 0 { Ok(value) } else { Err(Fault) }
}

/// Stores a result, reads the entry that the word at `entry` points to, and
/// looks at the task.
#[expect(
    clippy::multiple_unsafe_ops_per_block,
    reason = "one of the calls is made, and one proof holds for each"
)]
#[inline(always)]
pub(crate) fn turn_to_pointer<const BESIDE_FILTERS: bool>(
    slot: u64,
    result: i64,
    entry: u64,
    registers: Registers,
) -> Turn<u64> {
    let result = result.cast_unsigned();
    let registers = registers.as_ptr();
    // SAFETY: each address is checked as a user address in the shim, which
    // writes to the registers of arguments alone, valid by the contract of
    // `Registers::new`.
    let word = unsafe {
        if BESIDE_FILTERS {
            c::sysbatch_turn_to_pointer_beside_observers(slot, result, entry, registers)
        } else {
            c::sysbatch_turn_to_pointer(slot, result, entry, registers)
        }
    };
    match word.fault {
        0 => Turn::Read(word.value),
        1 => Turn::NotStored,
        _ => Turn::Stored,
    }
}

/// Stores a result, reads an atom and looks at the task.
#[expect(
    clippy::multiple_unsafe_ops_per_block,
    reason = "one of the calls is made, and one proof holds for each"
)]
#[inline(always)]
pub(crate) fn turn_to_atom<const BESIDE_FILTERS: bool>(
    slot: u64,
    result: i64,
    entry: u64,
    registers: Registers,
) -> Turn<Atom> {
    let registers = registers.as_ptr();
    let result = result.cast_unsigned();
    let mut rest = MaybeUninit::<[u64; 2]>::uninit();
    let to = rest.as_mut_ptr().cast();
    // SAFETY: as above; `to` has room for the two words that the shim writes.
    let words = unsafe {
        if BESIDE_FILTERS {
            c::sysbatch_turn_to_atom_beside_observers(slot, result, entry, registers, to)
        } else {
            c::sysbatch_turn_to_atom(slot, result, entry, registers, to)
        }
    };
    let HeadWords { first, second } = words;
    if second & !SYSLET_FLAGS != 0 {
        // Flags that do not exist are found once more by the long way; if all
        // of both words is ones, the result is stored once more, too.
        return if first == u64::MAX && second == u64::MAX {
            Turn::NotStored
        } else {
            Turn::Stored
        };
    }
    // SAFETY: both were written, for there is an atom.
    let [result, next] = unsafe { rest.assume_init() };
    Turn::Read(Atom {
        flags: second,
        number: first,
        result,
        next,
    })
}
