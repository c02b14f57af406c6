//! The instructions: system calls, and what takes the place of a return.
#![expect(unsafe_code, reason = "assembly")]

use core::arch::{asm, global_asm};

/// Makes a system call and returns what the kernel left in `rax`.
///
/// # Safety
/// The call must be sound with these arguments, and must come back to the
/// instruction after it with the stack it was made with, its contents intact.
#[inline(always)]
pub(crate) unsafe fn syscall(number: u32, args: [u64; 6]) -> i64 {
    let result: i64;
    // SAFETY: the kernel clobbers rcx and r11 (entry_64.S) and a trapped call any
    // argument register; all of them are outputs. Memory is clobbered by default. The
    // caller vouches for the call itself.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") u64::from(number) => result,
            inlateout("rdi") args[0] => _,
            inlateout("rsi") args[1] => _,
            inlateout("rdx") args[2] => _,
            inlateout("r10") args[3] => _,
            inlateout("r8") args[4] => _,
            inlateout("r9") args[5] => _,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack)
        );
    }
    result
}

// Each loads the arguments of a call from an array at rsi, and makes it.
global_asm!(
    // The end of the handler of SIGSYS (sa_restorer).
    ".globl sysbatch_wrap_restore",
    "sysbatch_wrap_restore:",
    "mov eax, 15",
    "syscall",
    "ud2",
    // leave(context): on with the registers in a signal frame.
    ".globl sysbatch_wrap_leave",
    "sysbatch_wrap_leave:",
    "mov rsp, rdi",
    "mov eax, 15",
    "syscall",
    "ud2",
    // unmap(address, size, context): the same, without the memory it runs on.
    ".globl sysbatch_wrap_unmap",
    "sysbatch_wrap_unmap:",
    "mov rsp, rdx",
    "mov eax, 11",
    "syscall",
    "mov eax, 15",
    "syscall",
    "ud2",
    // clone(number, arguments, flags): the child's stack begins with a signal frame.
    ".globl sysbatch_wrap_clone",
    "sysbatch_wrap_clone:",
    "push r12",
    "mov r12, rdx",
    "mov eax, edi",
    "mov rdi, [rsi]",
    "mov rdx, [rsi + 16]",
    "mov r10, [rsi + 24]",
    "mov r8, [rsi + 32]",
    "mov r9, [rsi + 40]",
    "mov rsi, [rsi + 8]",
    "syscall",
    "test rax, rax",
    "jz 2f",
    "pop r12",
    "ret",
    "2:",
    "mov rdi, r12",
    "mov r12, rsp",
    "and rsp, -16",
    "call {child}",
    "mov rsp, r12",
    "mov eax, 15",
    "syscall",
    "ud2",
    // vfork(number, arguments, flags, context, stack, record): the child goes on with the
    // registers in the signal frame, the parent on another stack.
    ".globl sysbatch_wrap_vfork",
    "sysbatch_wrap_vfork:",
    "mov rsp, r8",
    "mov r12, rdx",
    "mov r13, rcx",
    "mov rbx, r9",
    "mov eax, edi",
    "mov rdi, [rsi]",
    "mov rdx, [rsi + 16]",
    "mov r10, [rsi + 24]",
    "mov r8, [rsi + 32]",
    "mov r9, [rsi + 40]",
    "mov rsi, [rsi + 8]",
    "syscall",
    "test rax, rax",
    "jz 2f",
    "mov rdi, rbx",
    "mov rsi, rax",
    "call {parent}",
    "ud2",
    "2:",
    "mov rdi, r12",
    "call {child}",
    "mov rsp, r13",
    "mov eax, 15",
    "syscall",
    "ud2",
    // replace(address, copy, size, protection): copies and moves without touching the
    // stack, which may be among what is replaced.
    ".globl sysbatch_wrap_replace",
    "sysbatch_wrap_replace:",
    "mov r8, rdi",
    "mov r9, rsi",
    "mov r10, rcx",
    "mov rdi, r9",
    "mov rsi, r8",
    "mov rcx, rdx",
    "rep movsb",
    "mov rdi, r9",
    "mov rsi, rdx",
    "mov rdx, r10",
    "mov eax, 10",
    "syscall",
    "mov rdx, rsi",
    "mov r10d, 3",
    "mov eax, 25",
    "syscall",
    "ret",
    // enter(address, stack): where a program begins.
    ".globl sysbatch_wrap_enter",
    "sysbatch_wrap_enter:",
    "mov rsp, rsi",
    "mov rcx, rdi",
    "xor eax, eax",
    "xor ebx, ebx",
    "xor edx, edx",
    "xor esi, esi",
    "xor edi, edi",
    "xor ebp, ebp",
    "xor r8d, r8d",
    "xor r9d, r9d",
    "xor r10d, r10d",
    "xor r11d, r11d",
    "xor r12d, r12d",
    "xor r13d, r13d",
    "xor r14d, r14d",
    "xor r15d, r15d",
    "jmp rcx",
    child = sym crate::fork::child,
    parent = sym crate::fork::parent,
);

unsafe extern "C" {
    /// Where the kernel returns to from a handler.
    #[link_name = "sysbatch_wrap_restore"]
    pub(crate) fn restore();

    /// Goes on with the registers in the signal frame whose context is at `context`.
    ///
    /// # Safety
    /// There must be one, of this thread, or what the program says is one.
    #[link_name = "sysbatch_wrap_leave"]
    pub(crate) fn leave(context: u64) -> !;

    /// [`leave`] after `munmap(2)`.
    ///
    /// # Safety
    /// As [`leave`], and nobody else may use that memory.
    #[link_name = "sysbatch_wrap_unmap"]
    pub(crate) fn unmap_and_leave(address: u64, size: u64, context: u64) -> !;

    /// Makes a call that gives a child whose stack pointer is the context of a signal
    /// frame, which it goes on with after [`child`](crate::fork::child) with `flags`.
    /// Returns in the parent.
    ///
    /// # Safety
    /// The child's stack must begin with such a frame, and the call must be sound.
    #[link_name = "sysbatch_wrap_clone"]
    pub(crate) fn clone(number: u32, args: *const [u64; 6], flags: u64) -> i64;

    /// Makes a call after which the child uses the stack below, and the parent waits
    /// until it does no more. The child goes on with the signal frame whose context is
    /// at `context`, the parent with [`parent`](crate::fork::parent) and `record`.
    ///
    /// # Safety
    /// The call must do just that; `stack` is the end of memory that nobody uses.
    #[link_name = "sysbatch_wrap_vfork"]
    pub(crate) fn vfork(
        number: u32,
        args: *const [u64; 6],
        flags: u64,
        context: u64,
        stack: u64,
        record: u64,
    ) -> !;

    /// Copies memory that is in use to `copy`, gives that the protection, and moves it over
    /// what it is a copy of (`mprotect(2)`, `mremap(2)`).
    ///
    /// # Safety
    /// Both are whole pages, `copy` can be written and is nobody's.
    #[link_name = "sysbatch_wrap_replace"]
    pub(crate) fn replace(address: u64, copy: u64, size: u64, protection: u64);

    /// Jumps to a program's first instruction.
    ///
    /// # Safety
    /// There must be one, and the stack must be laid out for it.
    #[link_name = "sysbatch_wrap_enter"]
    pub(crate) fn enter(address: u64, stack: u64) -> !;
}
