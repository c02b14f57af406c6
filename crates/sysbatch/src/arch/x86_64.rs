//! x86_64: `syscall`, see `syscall(2)`.
#![expect(unsafe_code, reason = "the system call instruction")]

use core::arch::asm;

use syscalls::Sysno;

/// `newfstatat(2)`.
pub(crate) const NEWFSTATAT: Sysno = Sysno::newfstatat;

/// Makes a system call and returns what the kernel left in `rax`.
///
/// # Safety
/// The call must be sound with these arguments, and must come back to the
/// instruction after it with the stack it was made with, its contents intact.
#[inline(always)]
pub(crate) unsafe fn syscall(number: u32, args: [u64; 6]) -> i64 {
    let result: i64;
    // SAFETY: the kernel clobbers rcx and r11 (entry_64.S) and a traced or
    // trapped call any argument register; all of them are outputs. Memory is
    // clobbered by default. The caller vouches for the call itself.
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
