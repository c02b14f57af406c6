//! The threads that make calls asynchronously.
//!
//! A thread is not followed to its end, which would need memory in a signal's handler.
//! What one has that has ended is found when another one needs it.
#![expect(
    unsafe_code,
    reason = "a word of the thread's own, and what it points to"
)]

use core::ptr;

use rustix::io::Errno;
use rustix::process::{Pid, getpid};
use rustix::thread::gettid;
use syscalls::Sysno;

use super::calls::Calls;
use super::own;
use crate::history::lock::Lock;
use crate::history::mapped::{self, Queue};
use crate::history::process::Process;
use crate::signals::Blocked;

/// Of how many threads it is asked at a time whether they have ended.
const ASKED: usize = 64;

/// A thread that has made such calls.
#[derive(Debug)]
pub(super) struct Caller {
    process: *const Process,
    pub(super) calls: Calls,
}

// SAFETY: the pointer is compared and not followed.
unsafe impl Sync for Caller {}

/// All of them.
#[derive(Debug)]
pub(in crate::history) struct Callers(Lock<Queue<Known>>);

#[derive(Debug)]
struct Known {
    thread: Pid,
    caller: &'static Caller,
}

impl Callers {
    pub(in crate::history) const fn new() -> Self {
        Self(Lock::new(Queue::new()))
    }

    /// What is kept for this thread from now on.
    fn admit(&self, process: &'static Process) -> Result<&'static Caller, Errno> {
        let thread = gettid();
        self.0.with(&Blocked::all(), |known| {
            for _ in 0..known.len().min(ASKED) {
                let Some(mut other) = known.pop() else {
                    break;
                };
                let is_free = (other.thread == thread || has_ended(other.thread))
                    && other.caller.calls.recycle();
                if is_free {
                    other.thread = thread;
                }
                let caller = other.caller;
                // There is room: it has just been taken out.
                known.push(other)?;
                if is_free {
                    return Ok(caller);
                }
            }
            known.reserve(known.len() + 1)?;
            let calls = Calls::new()?;
            let caller = mapped::place(Caller {
                process: ptr::from_ref(process),
                calls,
            })?;
            known.push(Known { thread, caller })?;
            Ok(caller)
        })
    }
}

/// What is kept for this thread. What was before `fork(2)` is the parent's.
///
/// # Errors
/// `EAGAIN` if there is no memory for it.
#[inline]
pub(super) fn of_this_thread(process: &'static Process) -> Result<&'static Caller, Errno> {
    // SAFETY: it is this thread's own word.
    let word = unsafe { own::word().read_volatile() };
    let known: *const Caller = ptr::with_exposed_provenance(word as usize);
    // SAFETY: the word is zero, or was written below.
    match unsafe { known.as_ref() } {
        Some(caller) if ptr::eq(caller.process, process) => Ok(caller),
        _ => admit(process),
    }
}

#[cold]
fn admit(process: &'static Process) -> Result<&'static Caller, Errno> {
    // A handler that comes in between is not to be a second one.
    let blocked = Blocked::all();
    let caller = process.callers.admit(process).map_err(|_| Errno::AGAIN)?;
    let address = ptr::from_ref(caller).expose_provenance() as u64;
    // SAFETY: it is this thread's own word.
    unsafe { own::word().write_volatile(address) };
    drop(blocked);
    Ok(caller)
}

/// Whether a thread of this process has ended.
fn has_ended(thread: Pid) -> bool {
    // SAFETY: a signal of zero is none, and only asks.
    let asked = unsafe {
        syscalls::syscall3(
            Sysno::tgkill,
            getpid().as_raw_nonzero().get() as usize,
            thread.as_raw_nonzero().get() as usize,
            0,
        )
    };
    asked == Err(syscalls::Errno::ESRCH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn a_thread_keeps_what_it_has_and_leaves_it() {
        let ask = || {
            let process = Process::current().unwrap();
            let first = of_this_thread(process).unwrap();
            assert!(ptr::eq(first, of_this_thread(process).unwrap()));
            ptr::from_ref(first).addr()
        };
        let here = ask();
        let mut others: Vec<_> = (0..50)
            .map(|_| thread::spawn(ask).join().unwrap())
            .collect();
        assert!(!others.contains(&here));
        others.sort_unstable();
        others.dedup();
        // Threads of other tests may have some of them.
        assert!(others.len() < 25, "{}", others.len());
    }
}
