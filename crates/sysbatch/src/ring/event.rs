//! A descriptor that is readable while completions wait.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::{EventfdFlags, eventfd};
use rustix::io::Errno;

/// An `eventfd(2)`, down or up.
#[derive(Debug)]
pub(super) struct Event(OwnedFd);

impl Event {
    /// One that is down.
    ///
    /// # Errors
    /// What `eventfd` fails with.
    pub(super) fn new() -> Result<Self, Errno> {
        eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).map(Self)
    }

    /// Makes it readable.
    pub(super) fn raise(&self) {
        // It cannot fail but where somebody else has written to it, so that
        // it is readable already.
        let _: Result<usize, Errno> = rustix::io::write(&self.0, &1_u64.to_ne_bytes());
    }

    /// Makes it not readable.
    pub(super) fn lower(&self) {
        // It cannot fail but where somebody else has read it, so that it is
        // not readable already.
        let _: Result<usize, Errno> = rustix::io::read(&self.0, &mut [0; 8]);
    }
}

impl AsFd for Event {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
