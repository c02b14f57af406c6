//! aarch64: `svc #0`, see `syscall(2)`.
#![expect(unsafe_code, reason = "the system call instruction")]

use core::arch::asm;

use syscalls::Sysno;

/// `newfstatat(2)`.
pub(crate) const NEWFSTATAT: Sysno = Sysno::fstatat;

/// Makes a system call and returns what the kernel left in `x0`.
///
/// # Safety
/// The call must be sound with these arguments, and must come back to the
/// instruction after it with the stack it was made with, its contents intact.
#[inline(always)]
pub(crate) unsafe fn syscall(number: u32, args: [u64; 6]) -> i64 {
    let result: i64;
    // SAFETY: the kernel keeps all registers but x0; a traced or trapped call
    // may change those that carry number and arguments, which are outputs.
    // Memory is clobbered by default. The caller vouches for the call itself.
    unsafe {
        asm!(
            "svc #0",
            inlateout("x8") u64::from(number) => _,
            inlateout("x0") args[0] => result,
            inlateout("x1") args[1] => _,
            inlateout("x2") args[2] => _,
            inlateout("x3") args[3] => _,
            inlateout("x4") args[4] => _,
            inlateout("x5") args[5] => _,
            options(nostack)
        );
    }
    result
}
