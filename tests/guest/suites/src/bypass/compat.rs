//! By the way of 32-bit tasks into the kernel, which a 64-bit one of x86-64 has, too.
#![expect(unsafe_code, reason = "int 0x80, and memory that 32 bits reach")]

use std::os::fd::AsRawFd as _;

use sysbatch::abi::RUN_REQUEST;
use sysbatch_reference::encode;
use syscalls::Sysno;

use super::{Goal, attempt_with};
use crate::arch::{AUDIT_ARCHITECTURE, MKDIR_OF_32_BITS};
use crate::harness::cases;
use crate::lab::{Batch, Lab, to_u64};
use crate::watched::filter::{
    Instruction, JUMP_IF_EQUAL, LOAD_WORD, RETURN, fail_with, instruction,
};

cases! {
    kernel batch_by_the_32_bit_way;
    kernel batch_by_the_32_bit_way_with_its_own_number;
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
    let [mkdir, mkdirat] = MKDIR_OF_32_BITS.map(i32::cast_unsigned);
    let refuse = instruction(RETURN, 0, 0, fail_with(super::REFUSED));
    let allow = instruction(RETURN, 0, 0, libc::SECCOMP_RET_ALLOW);
    let mut program = vec![
        // The architecture is at offset 4.
        instruction(LOAD_WORD, 0, 0, 4),
        instruction(JUMP_IF_EQUAL, 5, 0, AUDIT_ARCHITECTURE),
        instruction(LOAD_WORD, 0, 0, 0),
        instruction(JUMP_IF_EQUAL, 1, 0, mkdir),
        instruction(JUMP_IF_EQUAL, 0, 1, mkdirat),
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
