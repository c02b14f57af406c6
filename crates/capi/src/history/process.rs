//! What belongs to one process, and not to its children.
//!
//! A child of `fork(2)` has a copy of the memory but none of the other
//! threads, and locks in it may be held by threads that do not exist. So
//! everything that the threads of a process share hangs on one pointer, and a
//! child that finds another's makes its own.
#![expect(unsafe_code, reason = "a pointer that is never freed is followed")]

use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

use rustix::io::Errno;
use rustix::process::{Pid, getpid};
use sysbatch::Generation;

use super::asys::Callers;
use super::mapped;
use super::pool::Pool;
use super::syslet::Heads;

/// What the threads of a process share.
#[derive(Debug)]
pub(super) struct Process {
    /// Tells children without asking the kernel, where that is to be had.
    generation: Option<Generation>,
    pid: Pid,
    pub(super) pool: Pool,
    pub(super) heads: Heads,
    pub(super) callers: Callers,
}

static CURRENT: AtomicPtr<Process> = AtomicPtr::new(ptr::null_mut());

impl Process {
    /// That of this process.
    ///
    /// # Errors
    /// `EAGAIN` if there is no memory for it.
    #[inline]
    pub(super) fn current() -> Result<&'static Self, Errno> {
        // SAFETY: it is null or was placed below.
        match unsafe { CURRENT.load(Ordering::Acquire).as_ref() } {
            Some(process) if process.is_this() => Ok(process),
            _ => Self::make(),
        }
    }

    #[cold]
    fn make() -> Result<&'static Self, Errno> {
        let new = mapped::place(Self {
            generation: Generation::current().ok(),
            pid: getpid(),
            pool: Pool::new(),
            heads: Heads::new(),
            callers: Callers::new(),
        });
        let new = new.map_err(|_| Errno::AGAIN)?;
        let mut found = CURRENT.load(Ordering::Acquire);
        loop {
            // SAFETY: as above.
            if let Some(process) = unsafe { found.as_ref() }
                && process.is_this()
            {
                // Another thread, or a handler, was first.
                // SAFETY: nobody else has seen it, and it has nothing to drop.
                let _ = unsafe { mapped::take_back(new) };
                return Ok(process);
            }
            let pointer = ptr::from_ref(new).cast_mut();
            match CURRENT.compare_exchange(found, pointer, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Ok(new),
                Err(other) => found = other,
            }
        }
    }

    /// Whether it is that of this process, and not of a parent.
    #[inline]
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
        let here = ptr::from_ref(Process::current().unwrap()).addr();
        let there = std::thread::spawn(|| ptr::from_ref(Process::current().unwrap()).addr());
        assert_eq!(here, there.join().unwrap());
    }
}
