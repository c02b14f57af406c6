//! aarch64: numbers are the generic ones, of calls in their most general form.
#![expect(unsafe_code, reason = "registers, and the stack pointer set by hand")]

use core::arch::{asm, global_asm, naked_asm};
use core::ffi::{c_char, c_void};

use rustix::process::Pid;
use sysbatch::abi::Entry;
use sysbatch_reference::Operand;
use syscalls::Sysno;

use crate::lab::{address_of, at, imm, sys};
use crate::watched::tracers::ptrace;

/// `AUDIT_ARCH_AARCH64` of `linux/audit.h`.
pub(crate) const AUDIT_ARCHITECTURE: u32 = 0xC000_00B7;

/// `mkdir` and `mkdirat` of 32-bit tasks.
pub(crate) const MKDIR_OF_32_BITS: [i32; 2] = [39, 323];

/// The call that opens a file by its path.
pub(crate) const OPEN: Sysno = Sysno::openat;

/// The call that makes a directory by its path.
pub(crate) const MKDIR: Sysno = Sysno::mkdirat;

/// Its arguments.
pub(crate) const fn mkdir_arguments(path: u64, mode: u64) -> [u64; 3] {
    #[expect(clippy::as_conversions, reason = "in a constant")]
    let here = (libc::AT_FDCWD as i64).cast_unsigned();
    [here, path, mode]
}

/// The working directory.
fn here() -> Operand {
    imm(libc::AT_FDCWD)
}

/// `access(2)`.
pub(crate) fn access(path: Operand, mode: Operand) -> Entry {
    sys(Sysno::faccessat, [here(), path, mode])
}

/// `dup2(2)` of two descriptors that are not the same.
pub(crate) fn dup2(from: Operand, to: Operand) -> Entry {
    sys(Sysno::dup3, [from, to, imm(0)])
}

/// `epoll_wait(2)`.
pub(crate) fn epoll_wait(fd: Operand, events: Operand, count: Operand, timeout: Operand) -> Entry {
    let no_mask = [imm(0), imm(0)];
    let [mask, size] = no_mask;
    sys(Sysno::epoll_pwait, [fd, events, count, timeout, mask, size])
}

/// `fork(2)`.
pub(crate) fn fork() -> Entry {
    let zero = imm(0);
    sys(Sysno::clone, [imm(libc::SIGCHLD), zero, zero, zero, zero])
}

/// `lstat(2)`.
pub(crate) fn lstat(path: Operand, status: Operand) -> Entry {
    newfstatat(here(), path, status, imm(libc::AT_SYMLINK_NOFOLLOW))
}

/// `mkdir(2)`.
pub(crate) fn mkdir(path: Operand, mode: Operand) -> Entry {
    sys(MKDIR, [here(), path, mode])
}

/// `newfstatat(2)`.
pub(crate) fn newfstatat(
    directory: Operand,
    path: Operand,
    status: Operand,
    flags: Operand,
) -> Entry {
    sys(Sysno::fstatat, [directory, path, status, flags])
}

/// `open(2)`.
pub(crate) fn open(path: Operand, flags: Operand, mode: Operand) -> Entry {
    sys(Sysno::openat, [here(), path, flags, mode])
}

/// `pause(2)`.
pub(crate) fn pause() -> Entry {
    sys(Sysno::ppoll, [imm(0); 5])
}

/// `pipe(2)`.
pub(crate) fn pipe(pair: Operand) -> Entry {
    sys(Sysno::pipe2, [pair, imm(0)])
}

/// `poll(2)`, with a timeout in milliseconds.
pub(crate) fn poll(polled: Operand, count: Operand, timeout: i32) -> Entry {
    let moment = u64::try_from(timeout).map_or(imm(0), |timeout| {
        let time = [timeout / 1000, timeout % 1000 * 1_000_000];
        at(address_of(Box::leak(Box::new(time))))
    });
    sys(Sysno::ppoll, [polled, count, moment, imm(0), imm(0)])
}

/// `readlink(2)`.
pub(crate) fn readlink(path: Operand, buffer: Operand, size: Operand) -> Entry {
    sys(Sysno::readlinkat, [here(), path, buffer, size])
}

/// `select(2)`.
pub(crate) fn select(
    count: Operand,
    read: Operand,
    write: Operand,
    except: Operand,
    timeout: Operand,
) -> Entry {
    sys(
        Sysno::pselect6,
        [count, read, write, except, timeout, imm(0)],
    )
}

/// `stat(2)`.
pub(crate) fn stat(path: Operand, status: Operand) -> Entry {
    newfstatat(here(), path, status, imm(0))
}

/// `unlink(2)`.
pub(crate) fn unlink(path: Operand) -> Entry {
    sys(Sysno::unlinkat, [here(), path, imm(0)])
}

/// `vfork(2)`.
pub(crate) fn vfork() -> Entry {
    let flags = libc::CLONE_VFORK | libc::CLONE_VM | libc::SIGCHLD;
    let zero = imm(0);
    sys(Sysno::clone, [imm(flags), zero, zero, zero, zero])
}

/// The size of the instruction that makes a call, in bytes.
const CALL_SIZE: u64 = 4;

/// The registers of code that a signal has interrupted.
pub(crate) struct Registers(&'static mut libc::mcontext_t);

impl Registers {
    /// Those of the context that a handler has been given.
    ///
    /// # Safety
    /// It must be that, and used for this alone while the value is there.
    pub(crate) unsafe fn of(context: *mut c_void) -> Self {
        let context: *mut libc::ucontext_t = context.cast();
        // SAFETY: it is the handler's alone while it runs, by the contract.
        Self(unsafe { &mut (*context).uc_mcontext })
    }

    /// The number of the call that was trapped.
    pub(crate) fn number(&self) -> i64 {
        self.0.regs[8].cast_signed()
    }

    /// Its arguments.
    pub(crate) fn arguments(&self) -> [u64; 6] {
        let (arguments, _) = self.0.regs.split_first_chunk().expect("31 of them");
        *arguments
    }

    /// Where the code goes on.
    pub(crate) fn goes_on(&self) -> u64 {
        self.0.pc
    }

    /// Gives the call this result.
    pub(crate) fn set_result(&mut self, result: i64) {
        self.0.regs[0] = result.cast_unsigned();
    }

    /// Has the call made again.
    pub(crate) fn go_back(&mut self) {
        self.0.pc -= CALL_SIZE;
    }
}

/// What a trapped call returns if the handler leaves the registers as they are.
pub(crate) const fn left_alone(_number: i64, first_argument: i64) -> i64 {
    first_argument
}

/// `NT_PRSTATUS` and `NT_ARM_SYSTEM_CALL` of `linux/elf.h`.
const GENERAL: usize = 1;
const SYSTEM_CALL: usize = 0x404;

/// Reads or writes a set of registers of a tracee.
fn set(pid: Pid, request: libc::c_uint, kind: usize, registers: &mut [u8]) {
    let mut vector = libc::iovec {
        iov_base: registers.as_mut_ptr().cast(),
        iov_len: registers.len(),
    };
    let vector = (&raw mut vector).expose_provenance();
    assert_eq!(ptrace(request, pid, kind, vector), 0);
}

fn set_first_register(pid: Pid, value: usize) {
    let mut registers = [0_u8; size_of::<libc::user_regs_struct>()];
    set(pid, libc::PTRACE_GETREGSET, GENERAL, &mut registers);
    registers[..8].copy_from_slice(&value.to_ne_bytes());
    set(pid, libc::PTRACE_SETREGSET, GENERAL, &mut registers);
}

/// Has a tracee that is stopped at a call make another one.
pub(crate) fn set_tracee_number(pid: Pid, call: Sysno) {
    let mut number = call.id().to_ne_bytes();
    set(pid, libc::PTRACE_SETREGSET, SYSTEM_CALL, &mut number);
}

/// Gives the call that a tracee is stopped at another first argument.
pub(crate) fn set_tracee_argument(pid: Pid, value: usize) {
    set_first_register(pid, value);
}

/// Gives the call that a tracee is stopped behind another result.
pub(crate) fn set_tracee_result(pid: Pid, value: usize) {
    set_first_register(pid, value);
}

/// What the C library registers areas of `rseq(2)` with (glibc's `bits/rseq.h`).
pub(crate) const RSEQ_SIGNATURE: u32 = 0xD428_BC00;

/// The thread pointer.
pub(crate) fn thread_pointer() -> u64 {
    let pointer: u64;
    // SAFETY: reads a register.
    unsafe { asm!("mrs {}, tpidr_el0", out(reg) pointer, options(nostack, nomem)) };
    pointer
}

global_asm!(
    // mkdirat(2) in the working directory, by an instruction of its own.
    ".globl sysbatch_test_mkdir",
    ".globl sysbatch_test_mkdir_end",
    "sysbatch_test_mkdir:",
    "mov x2, x1",
    "mov x1, x0",
    "mov x0, #-100",
    "mov x8, #34",
    "svc #0",
    "sysbatch_test_mkdir_end:",
    "ret",
);

unsafe extern "C" {
    pub(crate) safe static sysbatch_test_mkdir_end: u8;
    pub(crate) fn sysbatch_test_mkdir(path: *const c_char, mode: u64) -> i64;
}

/// Saves what a called function must preserve, and the stack pointer in `frame`; calls
/// the function and returns 0.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn enter(
    function: extern "C" fn(*mut c_void),
    argument: *mut c_void,
    frame: *mut u64,
) -> u64 {
    naked_asm!(
        "stp x29, x30, [sp, #-160]!",
        "stp x19, x20, [sp, #16]",
        "stp x21, x22, [sp, #32]",
        "stp x23, x24, [sp, #48]",
        "stp x25, x26, [sp, #64]",
        "stp x27, x28, [sp, #80]",
        "stp d8, d9, [sp, #96]",
        "stp d10, d11, [sp, #112]",
        "stp d12, d13, [sp, #128]",
        "stp d14, d15, [sp, #144]",
        "mov x9, sp",
        "str x9, [x2]",
        "mov x9, x0",
        "mov x0, x1",
        "blr x9",
        "mov x0, xzr",
        "ldp x29, x30, [sp], #160",
        "ret",
    )
}

/// Takes back the stack pointer and what was saved, and returns 1 from [`enter`].
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn leave(frame: u64) -> ! {
    naked_asm!(
        "mov sp, x0",
        "mov x0, #1",
        "ldp x19, x20, [sp, #16]",
        "ldp x21, x22, [sp, #32]",
        "ldp x23, x24, [sp, #48]",
        "ldp x25, x26, [sp, #64]",
        "ldp x27, x28, [sp, #80]",
        "ldp d8, d9, [sp, #96]",
        "ldp d10, d11, [sp, #112]",
        "ldp d12, d13, [sp, #128]",
        "ldp d14, d15, [sp, #144]",
        "ldp x29, x30, [sp], #160",
        "ret",
    )
}
