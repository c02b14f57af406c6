//! What belongs to one process, and not to its children.
//!
//! A child of `fork(2)` has a copy of the memory but none of the other
//! threads, and locks in it may be held by threads that do not exist. So
//! everything that the threads of a process share hangs on one pointer, and a
//! child that finds another's makes its own.
#![expect(unsafe_code, reason = "a pointer that is never freed is followed")]

use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use rustix::process::{Pid, getpid};
use sysbatch::Generation;

use super::pool::Pool;
use super::syslet::Head;

/// What the threads of a process share.
#[derive(Debug)]
pub(super) struct Process {
    /// Tells children without asking the kernel, where that is to be had.
    generation: Option<Generation>,
    pid: Pid,
    pub(super) pool: Pool,
    /// The heads of syslets, by their addresses.
    pub(super) heads: Mutex<HashMap<u64, Arc<Head>>>,
}

static CURRENT: AtomicPtr<Process> = AtomicPtr::new(ptr::null_mut());

impl Process {
    /// That of this process.
    pub(super) fn current() -> &'static Self {
        loop {
            let found = CURRENT.load(Ordering::Acquire);
            // SAFETY: it is null or was leaked below.
            if let Some(process) = unsafe { found.as_ref() }
                && process.is_this()
            {
                return process;
            }
            let new = Box::into_raw(Box::new(Self {
                generation: Generation::current().ok(),
                pid: getpid(),
                pool: Pool::default(),
                heads: Mutex::default(),
            }));
            if CURRENT
                .compare_exchange(found, new, Ordering::AcqRel, Ordering::Acquire)
                .is_err()
            {
                // Another thread was first.
                // SAFETY: nobody else has seen it.
                drop(unsafe { Box::from_raw(new) });
            }
        }
    }

    /// Whether it is that of this process, and not of a parent.
    fn is_this(&self) -> bool {
        match self.generation {
            Some(generation) => generation.is_current(),
            None => self.pid == getpid(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_for_all_threads() {
        let here = ptr::from_ref(Process::current()).addr();
        let there = std::thread::spawn(|| ptr::from_ref(Process::current()).addr());
        assert_eq!(here, there.join().unwrap());
    }
}
