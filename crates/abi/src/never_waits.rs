//! Which system calls never wait, so that a first try makes them as they are.

#[cfg(not(any(target_arch = "x86_64", target_arch = "x86")))]
mod generic;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(not(any(target_arch = "x86_64", target_arch = "x86")))]
use generic as nr;
#[cfg(target_arch = "x86_64")]
use x86_64 as nr;

/// Commands of `fcntl(2)` (`include/uapi/asm-generic/fcntl.h`).
#[cfg(not(target_arch = "x86"))]
mod fcntl {
    pub(super) const F_DUPFD: u32 = 0;
    pub(super) const F_GETFD: u32 = 1;
    pub(super) const F_SETFD: u32 = 2;
    pub(super) const F_GETFL: u32 = 3;
    pub(super) const F_DUPFD_CLOEXEC: u32 = 1030;
}

/// Operations of `futex(2)` (`include/uapi/linux/futex.h`).
#[cfg(not(target_arch = "x86"))]
mod futex {
    pub(super) const FUTEX_WAKE: u32 = 1;
    pub(super) const FUTEX_WAKE_BITSET: u32 = 10;
    /// Without the flags.
    pub(super) const FUTEX_CMD_MASK: u32 = 127;
}

/// `SEEK_SET` and `SEEK_CUR` of `lseek(2)`; what lies beyond may have to be looked
/// for.
#[cfg(not(target_arch = "x86"))]
const SEEK_CUR: u32 = 1;

/// Whether a call waits for nothing but, at most, memory, and another call on the same
/// open file. The numbers are those of the architecture the crate is built for.
///
/// Calls that change what belongs to the thread (its signal mask, its credentials) are
/// not among them: the rest of the batch may run on another.
///
/// Polling with a time-out of zero is among them. It asks each file, and a file system
/// in user space may keep it waiting (`fuse(4)`).
#[cfg(not(target_arch = "x86"))]
#[must_use]
pub fn never_waits(number: u32, args: &[u64; 6]) -> bool {
    let [_, second, third, fourth, ..] = *args;
    match number {
        nr::LSEEK => low_half(third) <= SEEK_CUR,
        nr::FCNTL => matches!(
            low_half(second),
            fcntl::F_DUPFD
                | fcntl::F_GETFD
                | fcntl::F_SETFD
                | fcntl::F_GETFL
                | fcntl::F_DUPFD_CLOEXEC
        ),
        nr::FUTEX => matches!(
            low_half(second) & futex::FUTEX_CMD_MASK,
            futex::FUTEX_WAKE | futex::FUTEX_WAKE_BITSET
        ),
        nr::EPOLL_PWAIT => low_half(fourth) == 0,
        _ => nr::never_waits(number) || nr::polls_once(number, low_half(third), low_half(fourth)),
    }
}

/// The same, for an architecture whose calls have not been looked at.
#[cfg(target_arch = "x86")]
#[must_use]
pub fn never_waits(number: u32, args: &[u64; 6]) -> bool {
    let _ = (number, args);
    false
}

/// What a system call with an `int` or `unsigned int` parameter sees of it.
#[cfg(not(target_arch = "x86"))]
fn low_half(argument: u64) -> u32 {
    let [a, b, c, d, ..] = argument.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    const HIGH: u64 = 0xFFFF_FFFF_0000_0000;

    #[test]
    fn calls_that_ask_for_numbers_never_wait() {
        // getpid, getuid, clock_gettime, dup, pipe2.
        for number in [39, 102, 228, 32, 293] {
            assert!(never_waits(number, &[7; 6]), "{number}");
        }
    }

    #[test]
    fn calls_that_may_wait_and_those_that_change_the_thread_are_not_among_them() {
        // read, write, open, poll, connect, nanosleep, rt_sigprocmask, setuid, unknown.
        for number in [0, 1, 2, 7, 42, 35, 14, 105, 1000, u32::MAX] {
            assert!(!never_waits(number, &[7; 6]), "{number}");
        }
    }

    #[test]
    fn of_some_an_argument_decides_by_its_lower_half() {
        let call = |number, at: usize, value: u64| {
            let mut args = [9; 6];
            args[at] = value;
            never_waits(number, &args)
        };
        for upper in [0, HIGH] {
            assert!(call(8, 2, upper | 1) && !call(8, 2, upper | 2), "lseek");
            assert!(
                call(72, 1, upper | 1030) && !call(72, 1, upper | 7),
                "fcntl"
            );
            assert!(call(202, 1, upper | 129) && !call(202, 1, upper), "futex");
            assert!(call(7, 2, upper) && !call(7, 2, upper | 1), "poll");
            assert!(
                call(232, 3, upper) && !call(232, 3, upper | 1),
                "epoll_wait"
            );
            assert!(
                call(281, 3, upper) && !call(281, 3, upper | 1),
                "epoll_pwait"
            );
        }
    }

    #[test]
    fn none_of_them_is_handed_back() {
        for number in 0..1024 {
            assert!(
                !never_waits(number, &[0; 6]) || crate::is_made_at_once(number),
                "{number}"
            );
        }
    }
}
