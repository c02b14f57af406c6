//! System calls of 32-bit x86 programs, by their own numbers
//! (`arch/x86/entry/syscalls/syscall_32.tbl`).
//!
//! A 64-bit kernel has them, too, for the 32-bit programs that it runs.

use super::{by_option, by_request};

pub(super) const IOCTL: u32 = 54;
pub(super) const PRCTL: u32 = 172;
/// It has no operations on shadow stacks, which 32-bit programs do not have.
#[cfg(target_arch = "x86")]
pub(super) const ARCH_PRCTL: u32 = u32::MAX;

/// The number of `restart_syscall(2)`, which continues an interrupted call.
pub const RESTART_SYSCALL: u32 = 0;

/// Whether it was read what a 32-bit call with this number does and whether it may
/// be made inside a batch: the calls of Linux 7.3. In the gaps between them there
/// are none.
#[must_use]
pub const fn is_reviewed(number: u32) -> bool {
    matches!(number, 0..=221 | 224..=250 | 252..=284 | 286..=386 | 393..=414 | 416..=472)
}

/// Whether a call is never made in a batch, whatever its arguments.
pub(super) const fn is_never_made(number: u32) -> bool {
    const EXIT: u32 = 1;
    const FORK: u32 = 2;
    const EXECVE: u32 = 11;
    const REBOOT: u32 = 88;
    // No calls of a 64-bit kernel.
    const VM86OLD: u32 = 113;
    const VM86: u32 = 166;
    const SIGRETURN: u32 = 119;
    const CLONE: u32 = 120;
    const RT_SIGRETURN: u32 = 173;
    const VFORK: u32 = 190;
    const EXIT_GROUP: u32 = 252;
    const SECCOMP: u32 = 354;
    const EXECVEAT: u32 = 358;
    const CLONE3: u32 = 435;
    // Its result is what the entry of this very call has noted.
    const RSEQ_SLICE_YIELD: u32 = 471;
    matches!(
        number,
        RESTART_SYSCALL
            | EXIT
            | FORK
            | EXECVE
            | REBOOT
            | VM86OLD
            | SIGRETURN
            | CLONE
            | VM86
            | RT_SIGRETURN
            | VFORK
            | EXIT_GROUP
            | SECCOMP
            | EXECVEAT
            | CLONE3
            | RSEQ_SLICE_YIELD
    )
}

/// Whether this 32-bit call is never made inside a batch.
#[must_use]
pub fn is_handed_back(number: u32, args: &[u64; 6]) -> bool {
    let [first, second, ..] = *args;
    match number {
        PRCTL => by_option(first),
        IOCTL => by_request(second),
        _ => is_never_made(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RUN_REQUEST;

    const HIGH: u64 = 0xFFFF_FFFF_0000_0000;

    #[test]
    fn calls_that_need_the_callers_frame_are_handed_back() {
        for number in [
            0, 1, 2, 11, 88, 113, 119, 120, 166, 173, 190, 252, 354, 358, 435, 471,
        ] {
            assert!(is_handed_back(number, &[0; 6]), "{number}");
            assert!(is_reviewed(number), "{number}");
        }
        // Which of them are in the list of x86-64 by other numbers.
        for number in [
            3, 15, 20, 54, 56, 57, 58, 59, 60, 169, 172, 219, 231, 317, 322,
        ] {
            assert!(!is_handed_back(number, &[0; 6]), "{number}");
        }
    }

    #[test]
    fn some_are_by_their_arguments() {
        for option in [22, 59] {
            assert!(is_handed_back(PRCTL, &[option, 0, 0, 0, 0, 0]));
            assert!(is_handed_back(PRCTL, &[option | HIGH, 0, 0, 0, 0, 0]));
        }
        assert!(!is_handed_back(PRCTL, &[15, 0, 0, 0, 0, 0]));
        let request = u64::from(RUN_REQUEST);
        assert!(is_handed_back(IOCTL, &[7, request | HIGH, 0, 0, 0, 0]));
        assert!(!is_handed_back(IOCTL, &[7, 0x5401, 0, 0, 0, 0]));
    }

    #[test]
    fn gaps_were_not_reviewed() {
        for number in [222, 223, 251, 285, 387, 392, 415, 473, u32::MAX] {
            assert!(!is_reviewed(number), "{number}");
        }
    }
}
