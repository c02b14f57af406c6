//! By another way into the kernel: the 32-bit one, or io_uring.
#![expect(
    unsafe_code,
    reason = "int 0x80, and rings that are shared with the kernel"
)]

use core::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};

use sysbatch::abi::RUN_REQUEST;
use sysbatch_reference::encode;
use syscalls::Sysno;

use super::{Goal, MADE, MODE, attempt_with, done};
use crate::harness::cases;
use crate::lab::{Batch, Lab, address_of, address_of_mut, at, imm, sys, to_u64};
use crate::watched::filter::{
    Instruction, JUMP_IF_EQUAL, LOAD_WORD, RETURN, fail_with, filters_of, instruction,
};

cases! {
    kernel batch_by_the_32_bit_way;
    kernel batch_by_the_32_bit_way_with_its_own_number;
    kernel ring_made_in_the_batch;
}

/// A page below 4 GiB, with a batch in it.
struct Low {
    header: u64,
}

/// Where things lie in it.
const PROGRAM: usize = 128;
const RESULT: usize = 512;
const PATH: usize = 1024;

impl Low {
    /// A batch of a call with the arguments of `mkdir`, under this number.
    fn new(goal: &Goal, number: i32) -> Self {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_32BIT;
        // SAFETY: a new mapping where there is none.
        let page = unsafe { libc::mmap(core::ptr::null_mut(), 4096, protection, flags, -1, 0) };
        assert_ne!(page, libc::MAP_FAILED, "mmap");
        let address = to_u64(page.expose_provenance());
        let mut entry = goal.mkdir();
        entry.nr = number;
        entry.args[0] = address + to_u64(PATH);
        let mut batch = Batch::new([entry]);
        batch.run.program = address + to_u64(PROGRAM);
        batch.run.results = address + to_u64(RESULT);
        let header = sysbatch_reference::header_words(&batch.run);
        let header: Vec<u8> = header.iter().flat_map(|word| word.to_le_bytes()).collect();
        for (offset, bytes) in [
            (0, &header[..]),
            (PROGRAM, &encode(&entry)),
            (PATH, goal.path.to_bytes_with_nul()),
        ] {
            assert!(offset + bytes.len() <= 4096);
            // SAFETY: within the page, as was looked at.
            let to = unsafe { page.cast::<u8>().add(offset) };
            // SAFETY: as above, and nothing refers into it.
            unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len()) };
        }
        Self { header: address }
    }
}

/// `ioctl(2)` as a 32-bit task makes it.
fn ioctl_32(device: i32, header: u64) -> i64 {
    let mut result = 54_i64;
    // SAFETY: int 0x80 with the 32-bit number of ioctl: descriptor, request and a
    // header that is the case's own. r8 to r11 may be cleared by it.
    unsafe {
        core::arch::asm!(
            "push rbx", "mov ebx, {fd:e}", "int 0x80", "pop rbx",
            fd = in(reg) device,
            inout("rax") result,
            in("rcx") u64::from(RUN_REQUEST),
            in("rdx") header,
            out("r8") _, out("r9") _, out("r10") _, out("r11") _,
        );
    }
    result
}

/// A filter that forbids to make directories to both kinds of tasks, by their own
/// numbers, and allows everything else.
fn by_architecture(_: &Goal) -> Vec<Instruction> {
    /// `AUDIT_ARCH_X86_64` of `linux/audit.h`.
    const X86_64: u32 = 0xC000_003E;
    /// `mkdir` and `mkdirat` of 32-bit tasks.
    const MKDIR: u32 = 39;
    const MKDIRAT: u32 = 296;
    let refuse = instruction(RETURN, 0, 0, fail_with(super::REFUSED));
    let allow = instruction(RETURN, 0, 0, libc::SECCOMP_RET_ALLOW);
    let mut program = vec![
        // The architecture is at offset 4.
        instruction(LOAD_WORD, 0, 0, 4),
        instruction(JUMP_IF_EQUAL, 5, 0, X86_64),
        instruction(LOAD_WORD, 0, 0, 0),
        instruction(JUMP_IF_EQUAL, 1, 0, MKDIR),
        instruction(JUMP_IF_EQUAL, 0, 1, MKDIRAT),
        refuse,
        allow,
    ];
    program.extend(super::refusing());
    program
}

/// Runs the batch of a call with this number by the 32-bit way. Whether the device
/// takes it, and whose number it is then, is not of interest here.
fn by_32_bits(lab: &mut Lab, number: i32) {
    attempt_with(lab, by_architecture, &|lab, goal, guard| {
        let device = lab.backend.device().expect("in the kernel").as_raw_fd();
        // Without the filter by the usual way, under the usual number.
        let number = guard.or(Sysno::mkdir.id(), number);
        let low = Low::new(goal, number);
        guard.install();
        if guard.is_on() {
            ioctl_32(device, low.header);
        } else {
            assert_eq!(lab.enter_at(low.header), Ok(()));
        }
    });
}

fn batch_by_the_32_bit_way(lab: &mut Lab) {
    by_32_bits(lab, Sysno::mkdir.id());
}

fn batch_by_the_32_bit_way_with_its_own_number(lab: &mut Lab) {
    by_32_bits(lab, 39);
}

/// What forbids both to make directories and to set a ring up, as containers do:
/// operations of a ring are seen by no filter.
fn no_rings(_: &Goal) -> Vec<Instruction> {
    let calls = [Sysno::mkdir, Sysno::mkdirat, Sysno::io_uring_setup];
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
