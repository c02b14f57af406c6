//! Keeping signals' handlers out of where the library must not be entered again.
#![expect(unsafe_code, reason = "the signal mask of the thread")]

use core::marker::PhantomData;

use syscalls::Sysno;

/// A set of signals as the kernel has it: signal `n` is bit `n - 1`.
pub(crate) type SignalSet = u64;

/// The signal by which the C library has all threads make a call of the process,
/// such as `setuid(2)`. Its handler calls nothing of the library's, and the thread
/// that sends it may hold a lock that is waited for here.
const BROADCAST: i32 = if cfg!(target_env = "musl") { 34 } else { 33 };

/// The other signals of the C library's own.
const INTERNAL: [i32; 2] = if cfg!(target_env = "musl") {
    [32, 33]
} else {
    [32, 32]
};

/// Signals that a thread must not block while it makes calls: those that its own
/// instructions and calls raise.
const OWN: [i32; 8] = [
    libc::SIGILL,
    libc::SIGTRAP,
    libc::SIGBUS,
    libc::SIGFPE,
    libc::SIGSEGV,
    libc::SIGSYS,
    libc::SIGPIPE,
    libc::SIGXFSZ,
];

const fn without(mut set: SignalSet, signals: &[i32]) -> SignalSet {
    let mut index = 0;
    while index < signals.len() {
        set &= !(1 << (signals[index] - 1));
        index += 1;
    }
    set
}

/// All of this thread's signals are blocked as long as there is one of these, but
/// for the C library's broadcast.
///
/// So no handler finds the library's locks taken by the thread that it interrupts,
/// and no cancellation leaves them so. It costs two system calls.
#[derive(Debug)]
pub(crate) struct Blocked {
    before: SignalSet,
    /// It is of one thread.
    _here: PhantomData<*mut ()>,
}

impl Blocked {
    pub(crate) fn all() -> Self {
        Self {
            before: set_mask(without(SignalSet::MAX, &[BROADCAST])),
            _here: PhantomData,
        }
    }

    /// What was blocked before.
    pub(crate) fn before(&self) -> SignalSet {
        self.before
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        set_mask(self.before);
    }
}

/// Blocks the signals that are for the program's own threads, for good.
pub(crate) fn leave_to_the_program() {
    let set = without(without(SignalSet::MAX, &OWN), &INTERNAL);
    set_mask(without(set, &[BROADCAST]));
}

/// Sets the mask of this thread; returns what it was (`rt_sigprocmask(2)`).
fn set_mask(new: SignalSet) -> SignalSet {
    let mut old: SignalSet = 0;
    // SAFETY: it reads one word and writes the other, which both live until it
    // returns. With these arguments it cannot fail.
    let _ = unsafe {
        syscalls::syscall4(
            Sysno::rt_sigprocmask,
            libc::SIG_SETMASK as usize,
            (&raw const new).expose_provenance(),
            (&raw mut old).expose_provenance(),
            size_of::<SignalSet>(),
        )
    };
    // SAFETY: a local, written through its address.
    unsafe { (&raw const old).read_volatile() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mask as it is.
    fn mask() -> SignalSet {
        let now = set_mask(SignalSet::MAX);
        set_mask(now);
        now
    }

    #[test]
    fn what_was_blocked_before_is_blocked_afterwards() {
        let before = mask();
        let blocked = Blocked::all();
        assert_eq!(blocked.before(), before);
        // Two that nobody can block, and the broadcast.
        let open = [libc::SIGKILL, libc::SIGSTOP, BROADCAST];
        assert_eq!(mask(), without(SignalSet::MAX, &open));
        drop(blocked);
        assert_eq!(mask(), before);
    }

    #[test]
    fn what_a_thread_raises_itself_stays_open() {
        std::thread::spawn(|| {
            leave_to_the_program();
            let mask = mask();
            for signal in OWN.into_iter().chain(INTERNAL).chain([BROADCAST]) {
                assert_eq!(mask & 1 << (signal - 1), 0, "{signal}");
            }
            assert_ne!(mask & 1 << (libc::SIGALRM - 1), 0);
        })
        .join()
        .unwrap();
    }
}
