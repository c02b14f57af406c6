// SPDX-License-Identifier: GPL-2.0-only
//! Access to user memory: that of the test.

use core::ptr::NonNull;

use sysbatch_abi::Run;
use sysbatch_engine::Operands;

use super::super::words::{HeadWords, Word};
use crate::registers::{PtRegs, Registers};

macro_rules! accesses {
    ($($load:ident $store:ident $type:ty),*) => {$(
        pub(in crate::shim) unsafe fn $load(address: u64) -> Word {
            let from = core::ptr::with_exposed_provenance::<$type>(address as usize);
            // SAFETY: tests pass addresses of live variables only.
            let value = unsafe { from.read_unaligned() };
            Word { value: u64::from(value), fault: 0 }
        }

        pub(in crate::shim) unsafe fn $store(address: u64, value: u64) -> i32 {
            let to = core::ptr::with_exposed_provenance_mut::<$type>(address as usize);
            // SAFETY: tests pass addresses of live variables only.
            unsafe { to.write_unaligned(value as $type) };
            0
        }
    )*};
}
accesses!(
    sysbatch_load1 sysbatch_store1 u8,
    sysbatch_load2 sysbatch_store2 u16,
    sysbatch_load4 sysbatch_store4 u32,
    sysbatch_load8 sysbatch_store8 u64
);

pub(in crate::shim) unsafe fn sysbatch_load_words(
    address: u64,
    words: *mut u64,
    count: u32,
) -> i32 {
    let from = core::ptr::with_exposed_provenance::<u64>(address as usize);
    // SAFETY: tests pass addresses of live arrays only, and the caller room
    // for `count` words.
    unsafe { words.copy_from(from, count as usize) };
    0
}

pub(in crate::shim) unsafe fn sysbatch_load_three(address: u64, words: *mut u64) -> i32 {
    // SAFETY: as the caller promises, for three words.
    unsafe { sysbatch_load_words(address, words, 3) }
}

pub(in crate::shim) unsafe fn sysbatch_load_header(address: u64, header: *mut Run) -> i32 {
    // SAFETY: as the caller promises, for the words of a header.
    unsafe { sysbatch_load_words(address, header.cast(), 12) }
}

pub(in crate::shim) unsafe fn sysbatch_store_header(
    address: u64,
    pc: u64,
    fuel: u64,
    steps: u64,
    value: i64,
    resume_and_reason: u64,
    status: u32,
) -> i32 {
    let header = core::ptr::with_exposed_provenance_mut::<Run>(address as usize);
    // SAFETY: tests pass the address of a live header.
    let mut run = unsafe { header.read() };
    (run.pc, run.fuel, run.steps, run.value) = (pc, fuel, steps, value);
    (run.resume, run.reason) = (resume_and_reason as u32, (resume_and_reason >> 32) as u32);
    run.status = status;
    // SAFETY: as above.
    unsafe { header.write(run) };
    0
}

/// Reads the `N` words of an entry, the last six to the registers.
pub(super) fn read_words<const N: usize>(entry: u64, registers: *mut PtRegs) -> HeadWords {
    let from = core::ptr::with_exposed_provenance::<[u64; N]>(entry as usize);
    // SAFETY: tests pass addresses of live entries only.
    let words = unsafe { from.read() };
    // SAFETY: tests pass registers of their own.
    let mut registers = unsafe { Registers::new(NonNull::new(registers).unwrap()) };
    for (index, word) in words[N - 6..].iter().enumerate() {
        registers.set(index, *word);
    }
    HeadWords {
        first: words[0],
        second: if N == 8 { words[1] } else { 0 },
    }
}

pub(in crate::shim) unsafe fn sysbatch_read_entry1(
    entry: u64,
    registers: *mut PtRegs,
) -> HeadWords {
    read_words::<7>(entry, registers)
}

pub(in crate::shim) unsafe fn sysbatch_read_entry2(
    entry: u64,
    registers: *mut PtRegs,
) -> HeadWords {
    read_words::<8>(entry, registers)
}

pub(in crate::shim) unsafe fn sysbatch_load_operands(
    first: u64,
    second: u64,
    registers: *mut PtRegs,
) -> i32 {
    // SAFETY: tests pass registers of their own.
    let mut registers = unsafe { Registers::new(NonNull::new(registers).unwrap()) };
    for (index, address) in [first, second].into_iter().enumerate() {
        // SAFETY: tests pass addresses of live variables only.
        registers.set(index, unsafe { sysbatch_load8(address) }.value);
    }
    0
}

pub(in crate::shim) unsafe fn sysbatch_gather(address: u64, registers: *mut PtRegs) -> Word {
    // SAFETY: tests pass registers of their own.
    let mut registers = unsafe { Registers::new(NonNull::new(registers).unwrap()) };
    let mut ended = false;
    for index in 0..6 {
        let place = address + 8 * (index as u64 + 1);
        // SAFETY: tests pass live arrays with room for six pointers.
        let pointer = unsafe { sysbatch_load8(place) }.value;
        ended |= pointer == 0;
        // Any live word will do where there is no argument.
        let place = if ended { address } else { pointer };
        // SAFETY: tests pass pointers to live words only.
        let word = unsafe { sysbatch_load8(place) }.value;
        registers.set(index, if ended { 0 } else { word });
    }
    // SAFETY: tests pass addresses of live arrays only.
    unsafe { sysbatch_load8(address) }
}
