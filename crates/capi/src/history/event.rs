//! Waiting for other threads, interruptibly.

use core::sync::atomic::{AtomicU32, Ordering};

use rustix::io::Errno;
use rustix::thread::futex;

/// Counts what has happened. A thread that waits for more is woken by it, or
/// by a signal.
#[derive(Debug, Default)]
pub(super) struct Sequence(AtomicU32);

impl Sequence {
    pub(super) const fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// What has happened so far: to be read before whatever is to change is
    /// looked at.
    pub(super) fn seen(&self) -> u32 {
        self.0.load(Ordering::Acquire)
    }

    /// Something has happened, and can be seen.
    pub(super) fn advance(&self) {
        self.0.fetch_add(1, Ordering::Release);
        // It fails for a bad address only.
        let _: Result<usize, Errno> = futex::wake(&self.0, futex::Flags::PRIVATE, i32::MAX as u32);
    }

    /// Waits until more has happened than was `seen`.
    ///
    /// # Errors
    /// `EINTR` if a handler without `SA_RESTART` has run, see `signal(7)`.
    pub(super) fn wait(&self, seen: u32) -> Result<(), Errno> {
        match futex::wait(&self.0, futex::Flags::PRIVATE, seen, None) {
            // It has happened already.
            Err(Errno::AGAIN) => Ok(()),
            other => other,
        }
    }
}
