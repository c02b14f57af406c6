//! The area of `rseq(2)`, which tells a task on which processor it runs.
#![expect(unsafe_code, reason = "the area is the C library's")]

use rustix::io::Errno;
use sysbatch::abi::{BuiltIn, Status, Width};
use sysbatch_reference::built_in;
use syscalls::Sysno;

use crate::arch::{RSEQ_SIGNATURE, thread_pointer};
use crate::harness::cases;
use crate::lab::{Batch, Lab, address_of, address_of_mut, at, imm, sys};
use crate::process::{fork, wait_for};

cases! {
    both area_follows_a_change_of_processor;
    both long_area_follows_a_change_of_processor;
}

unsafe extern "C" {
    /// Where the area is, from the thread pointer (glibc's `rseq.h`).
    static __rseq_offset: isize;
    static __rseq_size: u32;
}

/// Where in it `cpu_id` is.
const CPU_ID: u64 = 4;

/// How long it was at first, in bytes.
const SHORT: u32 = 32;
/// Longer than what any kernel has to say in it.
const LONG: u32 = 64;

/// Of `rseq(2)`.
const UNREGISTER: u32 = 1;

/// An area of this program's own.
#[repr(C, align(64))]
struct Area([u64; 8]);

/// The address of this thread's area.
fn area() -> u64 {
    // SAFETY: constants of the C library's.
    let (offset, size) = unsafe { (__rseq_offset, __rseq_size) };
    assert!(size > 0, "the C library has registered it");
    thread_pointer().wrapping_add_signed(i64::try_from(offset).expect("64-bit"))
}

/// `rseq(2)`.
fn register(area: u64, len: u32, flags: u32) -> Result<(), Errno> {
    // SAFETY: the area is the C library's, or one that stays until the process ends.
    let result = unsafe { libc::syscall(libc::SYS_rseq, area, len, flags, RSEQ_SIGNATURE) };
    if result == 0 {
        return Ok(());
    }
    let error = std::io::Error::last_os_error();
    Err(Errno::from_io_error(&error).expect("a system call's"))
}

fn area_follows_a_change_of_processor(lab: &mut Lab) {
    follows(lab, area());
}

/// Later kernels bring a short area up to date whenever its task has run again, and a
/// longer one only if it has to say something else.
fn long_area_follows_a_change_of_processor(lab: &mut Lab) {
    wait_for(fork(|| {
        // How long the C library's is it does not tell.
        let mut lens = SHORT..=4096;
        assert!(lens.any(|len| register(area(), len, UNREGISTER).is_ok()));
        let own = address_of_mut(&mut Box::leak(Box::new(Area([0; 8]))).0);
        // Linux 6.1 has no other length.
        if let Err(error) = register(own, LONG, 0) {
            assert_eq!(error, Errno::INVAL);
            register(own, SHORT, 0).expect("rseq");
        }
        follows(lab, own);
    }));
}

fn follows(lab: &mut Lab, area: u64) {
    let masks = [1_u64, 2];
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
