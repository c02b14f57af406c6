//! Which system calls are never made inside a batch.
//!
//! These work on the frame of the system call that the task is in, which
//! inside a batch is the ioctl's; or they change who watches the task's calls,
//! which has to be seen at the entry of the next one; or they would leave the
//! ioctl without a return. In the native format the kernel's half hands them
//! back ([`Status::Punt`](crate::Status::Punt)) and the library makes each with
//! a real system call; the historical formats answer `-ENOSYS`, as their
//! authors did.

#[cfg(not(any(target_arch = "x86_64", target_arch = "x86")))]
mod generic;
pub mod i386;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(not(any(target_arch = "x86_64", target_arch = "x86")))]
use generic as nr;
#[cfg(target_arch = "x86")]
use i386 as nr;
#[cfg(target_arch = "x86_64")]
use x86_64 as nr;

use crate::{LIST_REQUEST, RUN_REQUEST};

/// Options of `prctl(2)` (`include/uapi/linux/prctl.h`).
const PR_SET_SECCOMP: u32 = 22;
const PR_SET_SYSCALL_USER_DISPATCH: u32 = 59;

/// Options of `arch_prctl(2)` for shadow stacks, `ARCH_SHSTK_ENABLE` to
/// `ARCH_SHSTK_STATUS` (`arch/x86/include/uapi/asm/prctl.h`).
const ARCH_SHSTK: core::ops::RangeInclusive<u32> = 0x5001..=0x5005;

/// Whether this call is never made inside a batch.
///
/// The numbers are those of the architecture the crate is built for. The batch
/// device is told by the ioctl's request, whatever descriptor it is made on: a
/// look at the descriptor could be raced by another thread, and the request in
/// the arguments cannot change any more.
#[must_use]
pub fn is_handed_back(number: u32, args: &[u64; 6]) -> bool {
    let [first, second, ..] = *args;
    match number {
        nr::PRCTL => by_option(first),
        nr::ARCH_PRCTL => ARCH_SHSTK.contains(&low_half(first)),
        nr::IOCTL => by_request(second),
        _ => nr::is_never_made(number),
    }
}

/// Whether `prctl(2)` with this option is.
fn by_option(option: u64) -> bool {
    matches!(
        low_half(option),
        PR_SET_SECCOMP | PR_SET_SYSCALL_USER_DISPATCH
    )
}

/// Whether `ioctl(2)` with this request is.
fn by_request(request: u64) -> bool {
    matches!(low_half(request), RUN_REQUEST | LIST_REQUEST)
}

/// Whether [`is_handed_back`] need be asked: there are calls with this number
/// that are never made inside a batch, or it is too large to be a call's.
#[must_use]
#[inline(always)]
pub const fn may_be_handed_back(number: u32) -> bool {
    const LEN: u32 = 512;
    const TABLE: [bool; LEN as usize] = {
        let mut table = [false; LEN as usize];
        let mut number = 0;
        while number < LEN {
            table[number as usize] = nr::is_never_made(number)
                || number == nr::PRCTL
                || number == nr::ARCH_PRCTL
                || number == nr::IOCTL;
            number += 1;
        }
        table
    };
    TABLE[(number % LEN) as usize]
}

/// Whether it was read what a call with this number does and whether it may be
/// made inside a batch.
///
/// A kernel newer than that review may have calls with other numbers, whether
/// after these or in a gap between them. The kernel's half hands them back: what
/// they work on is not known.
#[must_use]
pub const fn is_reviewed(number: u32) -> bool {
    nr::is_reviewed(number)
}

/// A number that is larger than those of all system calls.
pub const NUMBER_COUNT: u32 = 1024;

/// Whether a call with this number was [reviewed](is_reviewed) and is made inside a
/// batch whatever its arguments.
#[must_use]
pub const fn is_made_at_once(number: u32) -> bool {
    is_reviewed(number) && !may_be_handed_back(number)
}

/// Whether a number is that of an x32 call: one of a 64-bit task with 32-bit
/// pointers, which some kernels have on x86-64
/// (`arch/x86/include/uapi/asm/unistd.h`). They are no calls in a batch, anywhere.
#[must_use]
#[inline(always)]
pub const fn is_x32(number: u32) -> bool {
    const FIRST: u32 = 0x4000_0000;
    cfg!(target_arch = "x86_64") && number.wrapping_sub(FIRST) < NUMBER_COUNT
}

/// What a system call with an `int` or `unsigned int` parameter sees of it.
fn low_half(argument: u64) -> u32 {
    let [a, b, c, d, ..] = argument.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    const HIGH: u64 = 0xFFFF_FFFF_0000_0000;

    #[test]
    fn calls_that_need_the_callers_frame_are_handed_back() {
        for number in [
            15, 56, 57, 58, 59, 60, 169, 219, 231, 317, 322, 335, 336, 435, 471,
        ] {
            assert!(is_handed_back(number, &[0; 6]), "{number}");
        }
        for number in [0, 1, 2, 3, 39, 61, 101, 332, 1000, u32::MAX] {
            assert!(!is_handed_back(number, &[0; 6]), "{number}");
        }
    }

    #[test]
    fn the_table_has_every_number_that_may_be_handed_back() {
        // Some arguments of each call that is told by its arguments.
        let arguments = [22, 0x5001, u64::from(RUN_REQUEST)];
        for number in 0..512 {
            let handed_back = arguments.iter().any(|&argument| {
                is_handed_back(number, &[argument, 0, 0, 0, 0, 0])
                    || is_handed_back(number, &[0, argument, 0, 0, 0, 0])
            });
            assert_eq!(may_be_handed_back(number), handed_back, "{number}");
        }
        assert!(is_x32(0x4000_0000) && is_x32(0x4000_0223) && !is_x32(0x3FFF_FFFF));
        assert!(!is_x32(0x4000_0400) && !is_x32(0x7FFF_FFFF));
    }

    #[test]
    fn what_was_not_reviewed_is_not_made_at_once() {
        for number in [337, 400, 423, 473, 481, 512, 513, 600, 1023] {
            assert!(!is_reviewed(number), "{number}");
            assert!(!is_made_at_once(number), "{number}");
        }
        assert!(is_made_at_once(0) && is_made_at_once(334) && is_made_at_once(472));
        assert!(!is_made_at_once(59) && !is_made_at_once(16));
    }

    #[test]
    fn only_the_watching_options_of_prctl_are() {
        for option in 0..100 {
            let handed_back = option == 22 || option == 59;
            assert_eq!(is_handed_back(157, &[option, 0, 0, 0, 0, 0]), handed_back);
            assert_eq!(
                is_handed_back(157, &[option | HIGH, 0, 0, 0, 0, 0]),
                handed_back,
                "the upper half of an int argument is not looked at by the call"
            );
        }
    }

    #[test]
    fn only_shadow_stack_options_of_arch_prctl_are() {
        assert!(!is_handed_back(158, &[0x1002, 0, 0, 0, 0, 0]));
        assert!(!is_handed_back(158, &[0x5000, 0, 0, 0, 0, 0]));
        assert!(is_handed_back(158, &[0x5001 | HIGH, 0, 0, 0, 0, 0]));
        assert!(is_handed_back(158, &[0x5005, 0, 0, 0, 0, 0]));
        assert!(!is_handed_back(158, &[0x5006, 0, 0, 0, 0, 0]));
    }

    #[test]
    fn a_batch_in_a_batch_is_known_by_its_request_on_any_descriptor() {
        for descriptor in [0, 3, u64::MAX] {
            for request in [RUN_REQUEST, LIST_REQUEST].map(u64::from) {
                assert!(is_handed_back(16, &[descriptor, request, 0, 0, 0, 0]));
                assert!(is_handed_back(
                    16,
                    &[descriptor, request | HIGH, 0, 0, 0, 0]
                ));
            }
            assert!(!is_handed_back(16, &[descriptor, 0x5401, 0, 0, 0, 0]));
        }
    }
}
