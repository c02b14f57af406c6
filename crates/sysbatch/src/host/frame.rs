//! System calls that work on the frame of their caller.
//!
//! A function cannot make them and come back: a child on a new stack has no
//! frame, one that shares memory and stack with its parent overwrites the
//! parent's, and `rt_sigreturn` goes somewhere else altogether.
#![expect(unsafe_code, reason = "this is where the system calls are made")]

use linux_raw_sys::general;
use rustix::io::Errno;
use sysbatch_abi::{is_x32, may_be_handed_back};
use syscalls::Sysno;

use super::process_vm;
use crate::arch;

/// Share the memory (`clone(2)`).
const CLONE_VM: u64 = general::CLONE_VM as u64;
/// Share the signal handlers; needs `CLONE_VM`.
const CLONE_SIGHAND: u64 = general::CLONE_SIGHAND as u64;
/// The parent waits until the child has left its memory.
const CLONE_VFORK: u64 = general::CLONE_VFORK as u64;
/// What `vfork` sends to the parent.
#[cfg(target_arch = "x86_64")]
const SIGCHLD: u64 = general::SIGCHLD as u64;

/// The size of the smallest `struct clone_args` (`CLONE_ARGS_SIZE_VER0`), in bytes.
const CLONE_ARGS_MIN: usize = 64;
/// The size of the largest one that is looked at, in bytes: the smallest page.
const CLONE_ARGS_MAX: usize = 4096;
/// The word of `struct clone_args` with the flags.
const CLONE_ARGS_FLAGS: usize = 0;
/// The word of `struct clone_args` with the stack.
const CLONE_ARGS_STACK: usize = 5;

/// Makes a system call for the host, unless it cannot be made from a
/// function, and counts it if it is made.
#[inline(always)]
pub(super) fn call(number: u32, args: &[u64; 6], crossings: &mut u64) -> i64 {
    // These are among the calls that a kernel hands back, a table of which is
    // at hand.
    if may_be_handed_back(number) || is_x32(number) {
        call_with_care(number, *args, crossings)
    } else {
        make(number, *args, crossings)
    }
}

/// The same for a call that may be one of those.
#[cold]
fn call_with_care(number: u32, args: [u64; 6], crossings: &mut u64) -> i64 {
    // The kernel would make it where x32 is switched on; in the module it never is.
    // Some of them cannot be made from a function, either.
    if is_x32(number) {
        return negated(Errno::NOSYS);
    }
    match Sysno::new(number as usize) {
        Some(Sysno::rt_sigreturn) => negated(Errno::NOSYS),
        #[cfg(target_arch = "x86_64")]
        Some(Sysno::vfork) => {
            let args = [CLONE_VFORK | SIGCHLD, 0, 0, 0, 0, 0];
            make(Sysno::clone as u32, args, crossings)
        }
        Some(Sysno::clone) => {
            let [flags, stack, a, b, c, d] = args;
            match clone_flags(flags, stack) {
                Some(flags) => make(number, [flags, stack, a, b, c, d], crossings),
                None => negated(Errno::NOSYS),
            }
        }
        Some(Sysno::clone3) => clone3(args, crossings),
        _ => make(number, args, crossings),
    }
}

/// Makes a system call.
#[inline(always)]
fn make(number: u32, args: [u64; 6], crossings: &mut u64) -> i64 {
    *crossings = crossings.wrapping_add(1);
    // SAFETY: the calls that would not come back to this frame are not made.
    // That the call is sound with these arguments is the contract of whoever
    // made the host's memory.
    unsafe { arch::syscall(number, args) }
}

/// An error as a system call returns it.
fn negated(errno: Errno) -> i64 {
    -i64::from(errno.raw_os_error())
}

/// The flags to clone with, if a child with these can come back from a
/// function at all.
fn clone_flags(flags: u64, stack: u64) -> Option<u64> {
    if stack != 0 {
        None
    } else if flags & CLONE_VM == 0 {
        Some(flags)
    } else if flags & CLONE_VFORK != 0 && flags & CLONE_SIGHAND == 0 {
        Some(flags & !CLONE_VM)
    } else {
        None
    }
}

/// Makes `clone3(2)` with a copy of its structure, so that what is checked is
/// what is used.
fn clone3(args: [u64; 6], crossings: &mut u64) -> i64 {
    let [address, size, rest @ ..] = args;
    // The errors are the kernel's own, see `copy_clone_args_from_user` in
    // kernel/fork.c.
    if size < CLONE_ARGS_MIN as u64 {
        return negated(Errno::INVAL);
    }
    if size > CLONE_ARGS_MAX as u64 {
        return negated(Errno::TOOBIG);
    }
    let len = size as usize;
    let mut copy = [0_u64; CLONE_ARGS_MAX / 8];
    let mut bytes = [0_u8; CLONE_ARGS_MAX];
    match process_vm::read(address, &mut bytes[..len]) {
        Ok(copied) if copied == len => {}
        Ok(_) => return negated(Errno::FAULT),
        Err(errno) => return negated(errno),
    }
    for (word, bytes) in copy.iter_mut().zip(bytes.as_chunks().0) {
        *word = u64::from_ne_bytes(*bytes);
    }
    let Some(flags) = clone_flags(copy[CLONE_ARGS_FLAGS], copy[CLONE_ARGS_STACK]) else {
        return negated(Errno::NOSYS);
    };
    copy[CLONE_ARGS_FLAGS] = flags;
    let address = copy.as_ptr().expose_provenance() as u64;
    let [a, b, c, d] = rest;
    make(Sysno::clone3 as u32, [address, size, a, b, c, d], crossings)
}
