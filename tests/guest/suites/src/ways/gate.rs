//! The place from which calls are made whose registers are looked at.

use core::arch::global_asm;

/// What the registers of a call are, before it or after it.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Registers {
    pub(super) rax: u64,
    pub(super) rbx: u64,
    pub(super) rcx: u64,
    pub(super) rdx: u64,
    pub(super) rsi: u64,
    pub(super) rdi: u64,
    pub(super) rbp: u64,
    pub(super) r8: u64,
    pub(super) r9: u64,
    pub(super) r10: u64,
    pub(super) r11: u64,
    pub(super) r12: u64,
    pub(super) r13: u64,
    pub(super) r14: u64,
    pub(super) r15: u64,
    pub(super) flags: u64,
    /// How far the stack pointer moved, which is not at all.
    pub(super) rsp_moved: u64,
}

/// By which instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Instruction {
    Syscall,
    Int80,
}

global_asm!(
    ".globl sysbatch_ways_gate",
    "sysbatch_ways_gate:",
    "push rbp",
    "push rbx",
    "push r12",
    "push r13",
    "push r14",
    "push r15",
    "push rdx",
    "mov [rip + sysbatch_ways_stack], rsp",
    "mov [rip + sysbatch_ways_way], rdi",
    "mov rax, rsi",
    "push qword ptr [rax + 120]",
    "mov rbx, [rax + 8]",
    "mov rcx, [rax + 16]",
    "mov rdx, [rax + 24]",
    "mov rsi, [rax + 32]",
    "mov rdi, [rax + 40]",
    "mov rbp, [rax + 48]",
    "mov r8, [rax + 56]",
    "mov r9, [rax + 64]",
    "mov r10, [rax + 72]",
    "mov r11, [rax + 80]",
    "mov r12, [rax + 88]",
    "mov r13, [rax + 96]",
    "mov r14, [rax + 104]",
    "mov r15, [rax + 112]",
    "mov rax, [rax]",
    "popfq",
    "call [rip + sysbatch_ways_way]",
    // None of these changes a flag.
    "mov [rip + sysbatch_ways_stack_after], rsp",
    "mov rsp, [rip + sysbatch_ways_stack]",
    "pushfq",
    "push rax",
    "mov rax, [rsp + 16]",
    "mov [rax + 8], rbx",
    "mov [rax + 16], rcx",
    "mov [rax + 24], rdx",
    "mov [rax + 32], rsi",
    "mov [rax + 40], rdi",
    "mov [rax + 48], rbp",
    "mov [rax + 56], r8",
    "mov [rax + 64], r9",
    "mov [rax + 72], r10",
    "mov [rax + 80], r11",
    "mov [rax + 88], r12",
    "mov [rax + 96], r13",
    "mov [rax + 104], r14",
    "mov [rax + 112], r15",
    "pop qword ptr [rax]",
    "pop qword ptr [rax + 120]",
    "mov rcx, [rip + sysbatch_ways_stack_after]",
    "sub rcx, [rip + sysbatch_ways_stack]",
    "mov [rax + 128], rcx",
    // As other code has them: no direction, no trap.
    "push 0x202",
    "popfq",
    "add rsp, 8",
    "pop r15",
    "pop r14",
    "pop r13",
    "pop r12",
    "pop rbx",
    "pop rbp",
    "ret",
    "sysbatch_ways_syscall:",
    "syscall",
    "sysbatch_ways_syscall_end:",
    "ret",
    "sysbatch_ways_int80:",
    "int 0x80",
    "ret",
    ".globl sysbatch_ways_syscall",
    ".globl sysbatch_ways_syscall_end",
    ".globl sysbatch_ways_int80",
    ".bss",
    ".balign 8",
    "sysbatch_ways_way: .skip 8",
    "sysbatch_ways_stack: .skip 8",
    "sysbatch_ways_stack_after: .skip 8",
    ".text",
);

unsafe extern "C" {
    fn sysbatch_ways_gate(way: usize, before: *const Registers, after: *mut Registers);
    fn sysbatch_ways_syscall();
    fn sysbatch_ways_syscall_end();
    fn sysbatch_ways_int80();
}

impl Instruction {
    /// Its address.
    pub(super) fn address(self) -> u64 {
        let address = match self {
            Self::Syscall => sysbatch_ways_syscall as *const (),
            Self::Int80 => sysbatch_ways_int80 as *const (),
        };
        crate::lab::to_u64(address.addr())
    }
}

/// The address after the `SYSCALL`.
pub(super) fn after_syscall() -> u64 {
    crate::lab::to_u64((sysbatch_ways_syscall_end as *const ()).addr())
}

/// Makes a call with these registers, and returns those after it.
///
/// # Safety
/// The call does nothing to this process but what the case can stand. No other
/// thread does the same.
pub(super) unsafe fn call(by: Instruction, before: &Registers) -> Registers {
    let mut after = Registers::default();
    let way = usize::try_from(by.address()).expect("64-bit");
    // SAFETY: the gate keeps what a function has to keep, whatever the call leaves in
    // the registers; the caller vouches for the call.
    unsafe { sysbatch_ways_gate(way, before, &mut after) };
    after
}
