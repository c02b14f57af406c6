//! Signals are for the program's own threads: workers block them.
#![expect(unsafe_code, reason = "the signal mask of the thread")]

use linux_raw_sys::general::{
    SIG_SETMASK, SIGBUS, SIGFPE, SIGILL, SIGPIPE, SIGSEGV, SIGSYS, SIGTRAP, SIGXFSZ,
};
use syscalls::Sysno;

use crate::arch;

/// A set of signals as the kernel has it: signal `n` is bit `n - 1`.
type SignalSet = u64;

/// The signals that a thread must not block.
///
/// Those that an instruction or a call of its own raises are delivered to the
/// thread itself: a fault that is blocked ends the process whatever its handler
/// says, and `SIGPIPE` or `SIGXFSZ` would be lost instead of doing what they do
/// when the call is made alone.
const OWN: [u32; 8] = [
    SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSYS, SIGPIPE, SIGXFSZ,
];

/// Those that the C library sends from thread to thread: for `setuid(2)`, which
/// is for all threads, and `pthread_cancel(3)`.
const INTERNAL: core::ops::RangeInclusive<u32> = if cfg!(target_env = "musl") {
    32..=34
} else {
    32..=33
};

/// The signals that workers block.
fn blocked() -> SignalSet {
    OWN.into_iter()
        .chain(INTERNAL)
        .fold(SignalSet::MAX, |set, signal| set & !(1 << (signal - 1)))
}

/// Does something with the signals blocked that workers block: a thread begins
/// with the mask of the one that makes it.
pub(super) fn with_blocked<R>(make: impl FnOnce() -> R) -> R {
    struct Restore(SignalSet);
    impl Drop for Restore {
        fn drop(&mut self) {
            set_mask(self.0);
        }
    }
    let _restore = Restore(set_mask(blocked()));
    make()
}

/// Sets the mask of this thread; returns what it was (`rt_sigprocmask(2)`).
fn set_mask(new: SignalSet) -> SignalSet {
    let mut old: SignalSet = 0;
    let args = [
        SIG_SETMASK.into(),
        (&raw const new).expose_provenance() as u64,
        (&raw mut old).expose_provenance() as u64,
        size_of::<SignalSet>() as u64,
        0,
        0,
    ];
    // SAFETY: it reads one word and writes the other, which both live until it
    // returns. With these arguments it cannot fail.
    unsafe { arch::syscall(Sysno::rt_sigprocmask as u32, args) };
    // SAFETY: a local, written through its address.
    unsafe { (&raw const old).read_volatile() }
}
