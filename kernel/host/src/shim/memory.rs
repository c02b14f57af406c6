// SPDX-License-Identifier: GPL-2.0-only
//! The memory of the task: words of it, and the run header.

use core::mem::MaybeUninit;

use sysbatch_abi::{RUN_SIZE, Run, Status, Width};
use sysbatch_engine::{Cursor, Fault};

use super::c;
use super::words::Word;

/// What the shim reads and writes as a run header.
const _: () = assert!(RUN_SIZE == 96 && size_of::<Run>() == RUN_SIZE);

/// Reads a word of the task's memory.
#[expect(
    clippy::multiple_unsafe_ops_per_block,
    reason = "one of the calls is made, and one proof holds for each"
)]
#[inline(always)]
pub(crate) fn load(address: u64, width: Width) -> Result<u64, Fault> {
    // SAFETY: the shim treats `address` as a user address and checks it.
    let Word { value, fault } = unsafe {
        match width {
            Width::One => c::sysbatch_load1(address),
            Width::Two => c::sysbatch_load2(address),
            Width::Four => c::sysbatch_load4(address),
            Width::Eight => c::sysbatch_load8(address),
        }
    };
    if fault == 0 { Ok(value) } else { Err(Fault) }
}

/// Writes the low bytes of a word to the task's memory.
#[expect(
    clippy::multiple_unsafe_ops_per_block,
    reason = "one of the calls is made, and one proof holds for each"
)]
#[inline(always)]
pub(crate) fn store(address: u64, width: Width, value: u64) -> Result<(), Fault> {
    // SAFETY: the shim treats `address` as a user address and checks it; no
    // pointer of the kernel's is passed.
    let failed = unsafe {
        match width {
            Width::One => c::sysbatch_store1(address, value),
            Width::Two => c::sysbatch_store2(address, value),
            Width::Four => c::sysbatch_store4(address, value),
            Width::Eight => c::sysbatch_store8(address, value),
        }
    };
    if failed == 0 { Ok(()) } else { Err(Fault) }
}

/// Reads consecutive words of the task's memory.
#[inline(always)]
pub(crate) fn load_words<const N: usize>(address: u64) -> Result<[u64; N], Fault> {
    let mut words = MaybeUninit::<[u64; N]>::uninit();
    let to = words.as_mut_ptr().cast();
    let failed = match u32::try_from(N) {
        // The size of the front of an atom is a constant for C, too.
        Ok(3) => {
            // SAFETY: `to` has room for three words, which is what the shim
            // writes; `address` is checked as a user address there.
            unsafe { c::sysbatch_load_three(address, to) }
        }
        Ok(count) => {
            // SAFETY: `to` has room for N = `count` words, which is what the
            // shim writes; `address` is checked as a user address there.
            unsafe { c::sysbatch_load_words(address, to, count) }
        }
        Err(_) => return Err(Fault),
    };
    if failed != 0 {
        return Err(Fault);
    }
    // SAFETY: the shim has written all N words, for it returned zero, and any
    // value of a word is a u64.
    Ok(unsafe { words.assume_init() })
}

/// Reads a run header.
#[inline(always)]
pub(crate) fn load_header(address: u64, place: &mut MaybeUninit<Run>) -> Result<&Run, Fault> {
    // SAFETY: there is room for a header, which is what the shim writes;
    // `address` is checked as a user address there.
    let failed = unsafe { c::sysbatch_load_header(address, place.as_mut_ptr()) };
    if failed != 0 {
        return Err(Fault);
    }
    // SAFETY: the shim has written all of it, for it returned zero, and any
    // value of its fields, which are integers without padding, is valid.
    Ok(unsafe { place.assume_init_ref() })
}

/// Writes what a batch changes in its header.
#[inline(always)]
pub(crate) fn store_header(address: u64, cursor: &Cursor, status: Status) -> Result<(), Fault> {
    // SAFETY: `address` is checked as a user address in the shim.
    let failed = unsafe {
        c::sysbatch_store_header(
            address,
            cursor.pc,
            cursor.fuel,
            cursor.steps,
            cursor.value,
            cursor.resume_and_reason(),
            status.raw(),
        )
    };
    if failed == 0 { Ok(()) } else { Err(Fault) }
}
