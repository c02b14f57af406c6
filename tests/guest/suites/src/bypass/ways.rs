//! By another way into the kernel: io_uring.
#![expect(unsafe_code, reason = "rings are shared with the kernel")]

use core::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};

use syscalls::Sysno;

use super::{Goal, MADE, MODE, attempt_with, done};
use crate::arch::MKDIR;
use crate::harness::cases;
use crate::lab::{Batch, Lab, address_of, address_of_mut, at, imm, sys};
use crate::watched::filter::{Instruction, fail_with, filters_of};

cases! {
    kernel ring_made_in_the_batch;
}

/// What forbids both to make directories and to set a ring up, as containers do:
/// operations of a ring are seen by no filter.
fn no_rings(_: &Goal) -> Vec<Instruction> {
    let calls = [MKDIR, Sysno::mkdirat, Sysno::io_uring_setup];
    filters_of(&calls, fail_with(super::REFUSED))
}

/// Has a ring make the directory.
fn submit(lab: &mut Lab, goal: &Goal, ring: &OwnedFd, parameters: &[u32; 30]) {
    let map = |offset: i64, len: usize| {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_SHARED | libc::MAP_POPULATE;
        let fd = ring.as_raw_fd();
        // SAFETY: a new mapping where there is none.
        let mapped =
            unsafe { libc::mmap(core::ptr::null_mut(), len, protection, flags, fd, offset) };
        assert_ne!(mapped, libc::MAP_FAILED, "mmap");
        mapped.cast::<u8>()
    };
    // Offsets are those of `struct io_uring_params`, in words.
    let [tail, array] = [11, 16].map(|word| usize::try_from(parameters[word]).expect("64-bit"));
    let queue = map(0, 4096);
    let entries = map(0x1000_0000, 4096);
    /// `IORING_OP_MKDIRAT`.
    const MKDIRAT: u64 = 37;
    let name = address_of(MADE.to_bytes_with_nul());
    let operation = MKDIRAT | goal.closed() << 32;
    let words = [
        operation,
        0,
        name,
        u64::from(MODE.unsigned_abs()),
        0,
        0,
        0,
        0,
    ];
    // SAFETY: the first of the submission queue's entries, of 64 bytes.
    unsafe { entries.cast::<[u64; 8]>().write(words) };
    let word = |offset: usize| {
        assert!(offset + 4 <= 4096);
        // SAFETY: within the first page of the ring.
        let place = unsafe { queue.add(offset) };
        // SAFETY: aligned, and what the kernel does with it is atomic as well.
        unsafe { AtomicU32::from_ptr(place.cast()) }
    };
    word(array).store(0, SeqCst);
    word(tail).store(1, SeqCst);
    // One to submit, one to wait for: IORING_ENTER_GETEVENTS.
    let enter = [
        imm(ring.as_raw_fd()),
        imm(1),
        imm(1),
        imm(1),
        imm(0),
        imm(0),
    ];
    let mut batch = Batch::new([sys(Sysno::io_uring_enter, enter)]);
    done(lab, &mut batch);
    assert_eq!(batch.results, [1]);
}

fn ring_made_in_the_batch(lab: &mut Lab) {
    attempt_with(lab, no_rings, &|lab, goal, guard| {
        guard.install();
        let mut parameters = [0_u32; 30];
        let setup = [imm(1), at(address_of_mut(&mut parameters))];
        let mut batch = Batch::new([sys(Sysno::io_uring_setup, setup)]);
        done(lab, &mut batch);
        if guard.is_on() {
            assert_eq!(batch.results, [guard.result()]);
        } else {
            let ring = i32::try_from(batch.results[0]).expect("a descriptor");
            assert!(ring >= 0, "{ring}");
            // SAFETY: the descriptor is new and nobody else's.
            let ring = unsafe { OwnedFd::from_raw_fd(ring) };
            submit(lab, goal, &ring, &parameters);
        }
    });
}
