//! Signal masks, in which `SIGSYS` must not be: a trapped call would end the process.
#![expect(unsafe_code, reason = "system calls that the program asked for")]

use crate::call;
use crate::frame::Context;
use crate::nr;
use crate::signal::{MASK_SIZE, SIGSYS_BIT};
use crate::sys;

/// The argument with the address of the mask that a call waits with; the next one is
/// the mask's size.
pub(crate) fn of_waiting(number: u32) -> Option<usize> {
    match number {
        nr::RT_SIGSUSPEND => Some(0),
        nr::PPOLL => Some(3),
        nr::EPOLL_PWAIT | nr::EPOLL_PWAIT2 => Some(4),
        _ => None,
    }
}

/// Makes a call that waits with another mask.
///
/// # Safety
/// The program has asked for it.
pub(crate) unsafe fn wait(number: u32, mut args: [u64; 6], index: usize) -> i64 {
    let mut mask = 0;
    replace(&mut args, index, &mut mask);
    // SAFETY: by the contract of this function.
    unsafe { call::batched(number, args) }
}

/// The same, for the two that have the mask's address and size in memory at their
/// last argument.
///
/// # Safety
/// The program has asked for it.
pub(crate) unsafe fn wait_with_pair(number: u32, mut args: [u64; 6]) -> i64 {
    let mut pair = [0; 6];
    let mut mask = 0;
    let at = args[5];
    if at != 0
        && let (Some(address), Some(size)) =
            (sys::read_word(at), sys::read_word(at.wrapping_add(8)))
    {
        pair[0] = address;
        pair[1] = size;
        if replace(&mut pair, 0, &mut mask) {
            args[5] = sys::address(&pair);
        }
    }
    // SAFETY: by the contract of this function.
    unsafe { call::batched(number, args) }
}

/// `rt_sigprocmask(2)`. The end of the handler sets the mask of the frame.
///
/// # Safety
/// The program has asked for it, and `context` is its frame's.
pub(crate) unsafe fn rt_sigprocmask(mut args: [u64; 6], context: &mut Context) -> i64 {
    let mask;
    let [_, new, _, size, ..] = args;
    if new != 0
        && size == MASK_SIZE
        && let Some(given) = sys::read_word(new)
        && given & SIGSYS_BIT != 0
        // SIG_UNBLOCK of a signal that is not blocked changes nothing.
        && args[0] != 1
    {
        mask = given & !SIGSYS_BIT;
        args[1] = sys::address(&mask);
    }
    // SAFETY: by the contract of this function.
    let result = unsafe { call::batched(nr::RT_SIGPROCMASK, args) };
    context.mask = sys::mask();
    result
}

/// `sigaltstack(2)`. The end of the handler sets the stack of the frame.
///
/// # Safety
/// The program has asked for it, and `context` is its frame's.
pub(crate) unsafe fn sigaltstack(args: [u64; 6], context: &mut Context) -> i64 {
    // SAFETY: by the contract of this function.
    let result = unsafe { call::batched(nr::SIGALTSTACK, args) };
    if result == 0 && args[0] != 0 {
        context.stack = sys::alternate_stack();
    }
    result
}

/// Has the argument point to `copy`, without `SIGSYS`, if the mask there has it. What
/// can't be read is left to the kernel to refuse.
fn replace(args: &mut [u64; 6], index: usize, copy: &mut u64) -> bool {
    let (Some(&address), Some(&size)) = (args.get(index), args.get(index + 1)) else {
        return false;
    };
    if address == 0 || size != MASK_SIZE {
        return false;
    }
    match sys::read_word(address) {
        Some(mask) if mask & SIGSYS_BIT != 0 => {
            *copy = mask & !SIGSYS_BIT;
            args[index] = sys::address(copy);
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{SIGSYS_BIT, replace};
    use crate::sys;

    #[test]
    fn masks_without_sigsys_are_left_alone() {
        let mut copy = 0;
        let mask = !SIGSYS_BIT;
        let before = [sys::address(&mask), 8, 0, 0, 0, 0];
        let mut args = before;
        assert!(!replace(&mut args, 0, &mut copy));
        assert_eq!(args, before);
    }

    #[test]
    fn sigsys_is_taken_out_of_a_copy() {
        let mut copy = 0;
        let mask = u64::MAX;
        let mut args = [0, 0, 0, sys::address(&mask), 8, 0];
        assert!(replace(&mut args, 3, &mut copy));
        assert_eq!(args[3], sys::address(&copy));
        assert_eq!(copy, !SIGSYS_BIT);
        assert_eq!(mask, u64::MAX);
    }

    #[test]
    fn bad_masks_are_left_to_the_kernel() {
        let mask = u64::MAX;
        for before in [[8, 8, 0, 0, 0, 0], [sys::address(&mask), 4, 0, 0, 0, 0]] {
            let mut args = before;
            assert!(!replace(&mut args, 0, &mut 0));
            assert_eq!(args, before);
        }
    }
}
