//! Calls that change the thread that makes them.
//!
//! A thread that has made one of these is not what the next batch expects: it has
//! another user, another signal mask, another name. The originals ran in the context of
//! their callers. So a call that is known to be one of these is made by the thread that
//! asks for it, and a thread of the library's that has made one ends.
#![expect(unsafe_code, reason = "memory that hears of the calls of a batch")]

use rustix::io::Errno;
use sysbatch::abi::{Run, Status, Width};
use sysbatch::{Backend, Memory};
use sysbatch_engine::Fault;
use syscalls::Sysno;

use crate::memory::Probed;

/// Whether a call changes, or may change, what belongs to the thread that makes it:
/// what `clone(2)` with `CLONE_THREAD` gives each thread its own of, or can be told to
/// by `unshare(2)`.
///
/// Not known by its number is a write to a file of `/proc/thread-self` and the like.
pub(super) fn changes_its_thread(number: u64) -> bool {
    let Some(sysno) = usize::try_from(number).ok().and_then(Sysno::new) else {
        return false;
    };
    match sysno {
        // Credentials.
        Sysno::setuid
        | Sysno::setgid
        | Sysno::setreuid
        | Sysno::setregid
        | Sysno::setresuid
        | Sysno::setresgid
        | Sysno::setfsuid
        | Sysno::setfsgid
        | Sysno::setgroups
        | Sysno::capset
        | Sysno::keyctl
        // Name spaces, and what threads can stop to share.
        | Sysno::unshare
        | Sysno::setns
        // Signals.
        | Sysno::rt_sigprocmask
        | Sysno::sigaltstack
        // Scheduling, and where memory is taken from.
        | Sysno::sched_setaffinity
        | Sysno::sched_setattr
        | Sysno::sched_setparam
        | Sysno::sched_setscheduler
        | Sysno::setpriority
        | Sysno::ioprio_set
        | Sysno::set_mempolicy
        // What watches or confines it.
        | Sysno::prctl
        | Sysno::seccomp
        | Sysno::landlock_restrict_self
        | Sysno::ptrace
        | Sysno::personality
        // What is known of its memory.
        | Sysno::set_tid_address
        | Sysno::set_robust_list
        | Sysno::rseq
        | Sysno::pkey_alloc
        | Sysno::io_uring_register => true,
        #[cfg(target_arch = "x86_64")]
        Sysno::arch_prctl | Sysno::iopl | Sysno::ioperm => true,
        _ => false,
    }
}

/// What became of a batch on a thread of the library's.
#[derive(Debug)]
pub(super) struct Elsewhere {
    pub(super) ended: Result<Status, Errno>,
    /// Whether the thread may be another than it was.
    pub(super) changed: bool,
}

/// Runs a batch to its end, and sees what calls it makes.
///
/// They are made one by one, in user space: an entry may be changed while the batch
/// runs, so what a call is shows when it has been made, and not before.
///
/// # Safety
/// As for [`Backend::run`]; addresses may be bad.
pub(super) unsafe fn run_watched(run: &mut Run) -> Elsewhere {
    let mut memory = Watched {
        // SAFETY: the caller's promise.
        memory: unsafe { Probed::new(0..0) },
        changed: false,
    };
    // SAFETY: the caller's promise.
    let ended = unsafe { Backend::user().run(run, &mut memory) };
    Elsewhere {
        ended,
        changed: memory.changed,
    }
}

/// Memory that hears of each call.
struct Watched {
    memory: Probed,
    changed: bool,
}

// SAFETY: a value has a `Probed` in it, which only `unsafe` code makes.
unsafe impl Memory for Watched {
    fn load(&mut self, address: u64, width: Width) -> Result<u64, Fault> {
        self.memory.load(address, width)
    }

    fn store(&mut self, address: u64, width: Width, value: u64) -> Result<(), Fault> {
        self.memory.store(address, width, value)
    }

    fn load_words<const N: usize>(&mut self, address: u64) -> Result<[u64; N], Fault> {
        self.memory.load_words(address)
    }

    fn called(&mut self, number: u32, args: &[u64; 6], result: i64) {
        self.changed |= changes_its_thread(number.into());
        self.memory.called(number, args, result);
    }

    fn forget(&mut self) {
        self.memory.forget();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_calls_change_their_thread() {
        for sysno in [Sysno::setresuid, Sysno::unshare, Sysno::rt_sigprocmask] {
            assert!(changes_its_thread(sysno as u64), "{sysno}");
        }
        for sysno in [Sysno::read, Sysno::getuid, Sysno::umask] {
            assert!(!changes_its_thread(sysno as u64), "{sysno}");
        }
        assert!(!changes_its_thread(u64::MAX));
        assert!(!changes_its_thread(1 << 32 | Sysno::setuid as u64));
    }
}
