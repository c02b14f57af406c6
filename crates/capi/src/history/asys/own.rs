//! A word that each thread has of its own.
//!
//! What `std::thread_local` is made of may be allocated by `malloc(3)` at the first use
//! in a thread, if the library was loaded by `dlopen(3)`. In a signal's handler that must
//! not be. So the word is put by hand where it is there from the beginning of a thread:
//! the model of thread-local storage that is called *initial exec*.
#![expect(unsafe_code, reason = "the address of a thread's own word")]

use core::arch::{asm, global_asm};

global_asm!(
    ".pushsection .tbss.sysbatch_compat_calls,\"awT\",@nobits",
    ".balign 8",
    ".globl sysbatch_compat_calls",
    ".hidden sysbatch_compat_calls",
    ".type sysbatch_compat_calls, @tls_object",
    ".size sysbatch_compat_calls, 8",
    "sysbatch_compat_calls:",
    ".zero 8",
    ".popsection",
);

/// Where this thread's word is. It begins as zero.
#[inline]
pub(super) fn word() -> *mut u64 {
    let address: *mut u64;
    #[cfg(target_arch = "x86_64")]
    // SAFETY: it reads where the thread's own storage begins and how far behind it the
    // word lies, both of which stay.
    unsafe {
        asm!(
            "mov {0}, qword ptr fs:[0]",
            "add {0}, qword ptr [rip + sysbatch_compat_calls@GOTTPOFF]",
            out(reg) address,
            options(pure, nomem, nostack),
        );
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: as above.
    unsafe {
        asm!(
            "mrs {0}, tpidr_el0",
            "adrp {1}, :gottprel:sysbatch_compat_calls",
            "ldr {1}, [{1}, :gottprel_lo12:sysbatch_compat_calls]",
            "add {0}, {0}, {1}",
            out(reg) address,
            out(reg) _,
            options(pure, nomem, nostack),
        );
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thread_has_its_own() {
        let ask = || {
            // SAFETY: it is this thread's own, and nothing else uses it here.
            let before = unsafe { word().read_volatile() };
            // SAFETY: as above.
            unsafe { word().write_volatile(7) };
            // SAFETY: as above.
            let after = unsafe { word().read_volatile() };
            // SAFETY: as above.
            unsafe { word().write_volatile(before) };
            (before, after)
        };
        let there = std::thread::spawn(ask).join().unwrap();
        assert_eq!(there, (0, 7));
        assert_eq!(ask(), there);
    }
}
