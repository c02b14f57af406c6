//! A 64-bit program: by `SYSCALL`, and by `INT 0x80`, which makes its call a 32-bit
//! one.

use core::sync::atomic::{AtomicU64, Ordering};
use std::fs::File;
use std::os::fd::AsRawFd as _;

use rustix::process::{Signal, getpid};
use sysbatch::abi::{DEVICE_PATH, Entry, RUN_REQUEST, Run, Status};
use sysbatch_reference::{Operand, call as entry};
use syscalls::Sysno;

use super::gate::{Instruction, Registers, after_syscall, call};
use super::low::Low;
use crate::harness::cases;
use crate::lab::{Batch, Lab, UNWRITTEN, address_of_mut, imm, set, sys, to_u64};
use crate::process::{fork, until_state, wait_for};

cases! {
    kernel syscall_keeps_all_registers;
    kernel syscall_keeps_them_when_restarted;
    kernel syscall_keeps_them_when_a_handler_runs;
    kernel syscall_fails_without_restart;
    kernel single_steps_are_those_of_a_64_bit_call;
    kernel int80_of_a_64_bit_program_makes_32_bit_calls;
    kernel int80_of_a_64_bit_program_is_restarted;
    kernel one_batch_by_both_ways;
    kernel x32_ioctl_is_refused;
}

/// The numbers of 32-bit calls.
mod i386 {
    pub(super) const IOCTL: u64 = 54;
    pub(super) const READ: u32 = 3;
    pub(super) const GETPID: u32 = 20;
    pub(super) const MMAP2: u32 = 192;
}

/// CF, PF, AF, ZF, SF, IF, DF and OF, and the bit that is always set.
const FLAGS: u64 = 0xED7;
/// The trap flag.
const TRAP: u64 = 0x100;

/// A value that a register has which is no argument: something in every byte.
const fn odd(byte: u64) -> u64 {
    byte << 56 | 0x0011_1111_1111_1100 | byte
}

/// The registers of an ioctl that runs a batch by `SYSCALL`.
fn by_syscall(device: &File, header: u64) -> Registers {
    Registers {
        rax: to_u64(libc::SYS_ioctl.try_into().expect("a number")),
        rdi: device.as_raw_fd().try_into().expect("a descriptor"),
        rsi: RUN_REQUEST.into(),
        rdx: header,
        rbx: odd(0xB1),
        rcx: odd(0xC1),
        rbp: odd(0xB9),
        r8: odd(0x08),
        r9: odd(0x09),
        r10: odd(0x10),
        r11: odd(0x11),
        r12: odd(0x12),
        r13: odd(0x13),
        r14: odd(0x14),
        r15: odd(0x15),
        flags: FLAGS,
        rsp_moved: 0,
    }
}

/// The same by `INT 0x80`. What is above the arguments' 32 bits must not matter, and
/// stay.
fn by_int80(device: &File, header: u64) -> Registers {
    let above = 0xDEAD_4EAD_0000_0000;
    let plain = by_syscall(device, header);
    Registers {
        rax: i386::IOCTL | above,
        rbx: plain.rdi | above,
        rcx: plain.rsi | above,
        rdx: header | above,
        rsi: odd(0x51),
        rdi: odd(0xD1),
        ..plain
    }
}

/// What the registers of a `SYSCALL` have to be after it.
fn after_syscall_of(before: Registers, rax: u64) -> Registers {
    Registers {
        rax,
        // As the instruction leaves them (SYSRET in the processor's manual).
        rcx: after_syscall(),
        r11: before.flags,
        ..before
    }
}

fn device() -> File {
    File::options()
        .read(true)
        .write(true)
        .open(DEVICE_PATH)
        .expect("the device opens")
}

/// A batch whose calls have something in all registers of arguments.
fn busy_batch(calls: impl IntoIterator<Item = Entry>) -> Batch {
    let odd = [imm(1), imm(2), imm(3), imm(4), imm(5), imm(6)];
    let mut entries = vec![sys(Sysno::mmap, odd), set(7)];
    entries.extend(calls);
    entries.push(sys(Sysno::mmap, odd));
    Batch::new(entries)
}

fn header(batch: &mut Batch) -> u64 {
    batch.prepare();
    address_of_mut(std::slice::from_mut(&mut batch.run))
}

/// Enters by `SYSCALL`, and checks all registers.
#[track_caller]
fn enter(device: &File, batch: &mut Batch) -> u64 {
    let before = by_syscall(device, header(batch));
    // SAFETY: the ioctl runs a batch of the case's, which has one thread.
    let after = unsafe { call(Instruction::Syscall, &before) };
    assert_eq!(after, after_syscall_of(before, after.rax));
    after.rax
}

fn syscall_keeps_all_registers(_: &mut Lab) {
    let device = device();
    let mut batch = busy_batch([]);
    assert_eq!(enter(&device, &mut batch), 0);
    assert_eq!(batch.status(), Some(Status::Done));
    assert_eq!(batch.results, [-22, 7, -22]);
    // Also where the batch is not over.
    let mut batch = busy_batch([sys(Sysno::fork, [])]);
    assert_eq!(enter(&device, &mut batch), 0);
    assert_eq!(batch.status(), Some(Status::Punt));
    let mut batch = busy_batch([]).with_fuel(1);
    assert_eq!(enter(&device, &mut batch), 0);
    assert_eq!(batch.status(), Some(Status::OutOfFuel));
    batch.run.scratch = 1;
    assert_eq!(enter(&device, &mut batch), 22_u64.wrapping_neg());
}

/// What a handler found in the registers of the call that it interrupted.
#[derive(Debug, Default)]
struct Found {
    calls: AtomicU64,
    registers: [AtomicU64; 8],
}

/// In the order of `Found::registers`.
const FOUND: [i32; 8] = [
    libc::REG_RDI,
    libc::REG_RSI,
    libc::REG_RDX,
    libc::REG_R10,
    libc::REG_R8,
    libc::REG_R9,
    libc::REG_RAX,
    libc::REG_RIP,
];

static FOUND_BY_HANDLER: Found = Found {
    calls: AtomicU64::new(0),
    registers: [const { AtomicU64::new(0) }; 8],
};

extern "C" fn note(_: i32, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let context = context.cast::<libc::ucontext_t>();
    for (place, register) in FOUND_BY_HANDLER.registers.iter().zip(FOUND) {
        let register = usize::try_from(register).expect("an index");
        // SAFETY: the kernel passes a handler with SA_SIGINFO the context.
        let value = unsafe { (*context).uc_mcontext.gregs[register] };
        place.store(value.cast_unsigned(), Ordering::Relaxed);
    }
    FOUND_BY_HANDLER.calls.fetch_add(1, Ordering::Relaxed);
}

/// Has `note` handle a signal.
fn handle(signal: Signal, flags: i32) {
    // SAFETY: all zeroes is a valid value.
    let mut action: libc::sigaction = unsafe { core::mem::zeroed() };
    action.sa_sigaction = (note as *const ()).expose_provenance();
    action.sa_flags = flags | libc::SA_SIGINFO;
    let number = signal.as_raw();
    // SAFETY: the handler stores to atomics alone.
    let result = unsafe { libc::sigaction(number, &action, core::ptr::null_mut()) };
    assert_eq!(result, 0);
}

/// The handler ran once, and found the arguments of the ioctl.
fn check_found(before: &Registers, rax: u64, rip: u64) {
    let found = &FOUND_BY_HANDLER;
    assert_eq!(found.calls.load(Ordering::Relaxed), 1);
    let registers: [u64; 8] =
        core::array::from_fn(|index| found.registers[index].load(Ordering::Relaxed));
    let expected = [
        before.rdi, before.rsi, before.rdx, before.r10, before.r8, before.r9, rax, rip,
    ];
    assert_eq!(registers, expected);
}

/// Runs `enter` on a batch that reads from a pipe while a child sends a signal, and
/// then something to read.
fn interrupted(read: u32, enter: impl FnOnce(&File, Entry)) {
    let device = device();
    let parent = getpid();
    let (reader, writer) = rustix::pipe::pipe().expect("pipe");
    let buffer = Low::new(0_u64);
    let read = entry(
        read,
        &[
            imm(reader.as_raw_fd()),
            Operand::Immediate(buffer.address()),
            imm(1),
        ],
    );
    let child = fork(|| {
        until_state(parent, 'S');
        rustix::process::kill_process(parent, Signal::USR1).expect("kill");
        // At the call that is restarted, or at the wait for this process.
        std::thread::sleep(std::time::Duration::from_millis(20));
        until_state(parent, 'S');
        rustix::io::write(&writer, b"x").expect("write");
    });
    enter(&device, read);
    wait_for(child);
}

fn syscall_keeps_them_when_restarted(_: &mut Lab) {
    handle(Signal::USR1, libc::SA_RESTART);
    interrupted(0, |device, read| {
        let mut batch = busy_batch([read]);
        let before = by_syscall(device, header(&mut batch));
        assert_eq!(enter(device, &mut batch), 0);
        assert_eq!(batch.results, [-22, 7, 1, -22]);
        check_found(&before, before.rax, Instruction::Syscall.address());
    });
}

fn syscall_fails_without_restart(_: &mut Lab) {
    handle(Signal::USR1, 0);
    interrupted(0, |device, read| {
        let mut batch = busy_batch([read]);
        let before = by_syscall(device, header(&mut batch));
        let interrupted = 4_u64.wrapping_neg();
        assert_eq!(enter(device, &mut batch), interrupted);
        assert_eq!(batch.status(), Some(Status::Interrupted));
        assert_eq!(batch.run.pc, 2);
        check_found(&before, interrupted, after_syscall());
    });
}

fn syscall_keeps_them_when_a_handler_runs(_: &mut Lab) {
    let device = device();
    handle(Signal::USR1, 0);
    let pid = imm(getpid().as_raw_nonzero().get());
    let mut batch = busy_batch([sys(Sysno::kill, [pid, imm(libc::SIGUSR1)])]);
    let before = by_syscall(&device, header(&mut batch));
    assert_eq!(enter(&device, &mut batch), 0);
    assert_eq!(batch.results, [-22, 7, 0, -22]);
    check_found(&before, before.rax, Instruction::Syscall.address());
}

fn single_steps_are_those_of_a_64_bit_call(_: &mut Lab) {
    let device = device();
    handle(Signal::TRAP, 0);
    let mut batch = busy_batch([]);
    let steps = |number: i64, header: u64| {
        FOUND_BY_HANDLER.calls.store(0, Ordering::Relaxed);
        let before = Registers {
            rax: number.cast_unsigned(),
            flags: FLAGS | TRAP,
            ..by_syscall(&device, header)
        };
        // SAFETY: either call does no harm, and the case has one thread.
        let after = unsafe { call(Instruction::Syscall, &before) };
        assert_eq!(after, after_syscall_of(before, after.rax));
        FOUND_BY_HANDLER.calls.load(Ordering::Relaxed)
    };
    let alone = steps(libc::SYS_getpid, 0);
    let batched = steps(libc::SYS_ioctl, header(&mut batch));
    assert!(alone > 4, "{alone}");
    assert_eq!(batched, alone);
    assert_eq!(batch.results, [-22, 7, -22]);
}

/// Enters the batch by `INT 0x80`, with its header where 32 bits reach it, and checks
/// all registers. The program and the results may be anywhere.
#[track_caller]
fn enter_by_int80(device: &File, batch: &mut Batch) -> u64 {
    batch.prepare();
    let low = Low::<Run>::new(batch.run);
    let before = by_int80(device, low.address());
    // SAFETY: as for `enter`.
    let after = unsafe { call(Instruction::Int80, &before) };
    batch.run = low.get();
    let rax = after.rax;
    assert_eq!(after, Registers { rax, ..before });
    rax
}

fn int80_of_a_64_bit_program_makes_32_bit_calls(_: &mut Lab) {
    let device = device();
    let mut batch = Batch::new([
        entry(i386::GETPID, &[]),
        set(7),
        entry(
            i386::MMAP2,
            &[imm(1), imm(2), imm(3), imm(4), imm(5), imm(6)],
        ),
        entry(i386::GETPID, &[]),
        // fork(2): this list is the 32-bit one, too.
        entry(2, &[]),
    ]);
    assert!(address_of_mut(&mut batch.entries) >> 32 != 0);
    assert_eq!(enter_by_int80(&device, &mut batch), 0);
    assert_eq!(batch.status(), Some(Status::Punt));
    let pid = i64::from(getpid().as_raw_nonzero().get());
    assert_eq!(batch.results, [pid, 7, -9, pid, UNWRITTEN]);
    // A pointer is cut off to 32 bits, whatever lies there.
    let word = Low::new([0_u8; 390]);
    let mut batch = Batch::new([
        // uname(2)
        entry(122, &[Operand::Immediate(word.address() | 5 << 32)]),
        entry(122, &[Operand::Immediate(1 << 47)]),
    ]);
    assert_eq!(enter_by_int80(&device, &mut batch), 0);
    assert_eq!(batch.results, [0, -14]);
    assert!(word.get().starts_with(b"Linux"));
}

fn int80_of_a_64_bit_program_is_restarted(_: &mut Lab) {
    handle(Signal::USR1, libc::SA_RESTART);
    interrupted(i386::READ, |device, read| {
        let mut batch = Batch::new([read, entry(i386::GETPID, &[])]);
        assert_eq!(enter_by_int80(device, &mut batch), 0);
        let pid = i64::from(getpid().as_raw_nonzero().get());
        assert_eq!(batch.results, [1, pid]);
        assert_eq!(FOUND_BY_HANDLER.calls.load(Ordering::Relaxed), 1);
        let rip = FOUND_BY_HANDLER.registers[7].load(Ordering::Relaxed);
        assert_eq!(rip, Instruction::Int80.address());
    });
}

fn one_batch_by_both_ways(_: &mut Lab) {
    let device = device();
    let pid = i64::from(getpid().as_raw_nonzero().get());
    // The numbers are those of the way by which an entry is reached.
    let mut batch = Batch::new([
        entry(i386::GETPID, &[]),
        sys(Sysno::getpid, []),
        entry(i386::GETPID, &[]),
    ])
    .with_fuel(1);
    assert_eq!(enter_by_int80(&device, &mut batch), 0);
    batch.run.fuel = 1;
    assert_eq!(enter(&device, &mut batch), 0);
    batch.run.fuel = 1;
    assert_eq!(enter_by_int80(&device, &mut batch), 0);
    assert_eq!(batch.status(), Some(Status::Done));
    assert_eq!(batch.results, [pid, pid, pid]);
}

fn x32_ioctl_is_refused(_: &mut Lab) {
    let device = device();
    let mut batch = Batch::new([sys(Sysno::getpid, [])]);
    batch.prepare();
    let low = Low::<Run>::new(batch.run);
    let before = Registers {
        // Number 514, marked as an x32 call's.
        rax: 0x4000_0202,
        ..by_syscall(&device, low.address())
    };
    // SAFETY: as for `enter`.
    let after = unsafe { call(Instruction::Syscall, &before) };
    // What a kernel without x32 says, or the device.
    let refusals = [38_u64, 25].map(u64::wrapping_neg);
    assert!(refusals.contains(&after.rax), "{:#x}", after.rax);
    low.set(Run::default());
    assert_eq!(batch.results, [UNWRITTEN]);
}
