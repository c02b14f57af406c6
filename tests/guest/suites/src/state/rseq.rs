//! The area of `rseq(2)`, which tells a task on which processor it runs.
#![expect(unsafe_code, reason = "the area is the C library's")]

use sysbatch::abi::{BuiltIn, Status, Width};
use sysbatch_reference::built_in;
use syscalls::Sysno;

use crate::arch::thread_pointer;
use crate::harness::cases;
use crate::lab::{Batch, Lab, address_of, at, imm, sys};

cases! {
    both area_follows_a_change_of_processor;
}

unsafe extern "C" {
    /// Where the area is, from the thread pointer (glibc's `rseq.h`).
    static __rseq_offset: isize;
    static __rseq_size: u32;
}

/// Where in it `cpu_id` is.
const CPU_ID: u64 = 4;

/// The address of this thread's area.
fn area() -> u64 {
    // SAFETY: constants of the C library's.
    let (offset, size) = unsafe { (__rseq_offset, __rseq_size) };
    assert!(size > 0, "the C library has registered it");
    thread_pointer().wrapping_add_signed(i64::try_from(offset).expect("64-bit"))
}

fn area_follows_a_change_of_processor(lab: &mut Lab) {
    let masks = [1_u64, 2];
    let area = area();
    let mut entries = Vec::new();
    let mut expected = Vec::new();
    for turn in 0..20_usize {
        let processor = turn % 2;
        let mask = address_of(&masks[processor..]);
        entries.push(sys(Sysno::sched_setaffinity, [imm(0), imm(8), at(mask)]));
        let load = BuiltIn::Load(Width::Four);
        entries.push(built_in(load, &[at(area + CPU_ID)]));
        expected.extend([0, i64::try_from(processor).expect("small")]);
    }
    let mut batch = Batch::new(entries);
    assert_eq!(lab.run_direct(&mut batch), Ok(Status::Done));
    assert_eq!(batch.results, expected);
}
