//! A descriptor that is readable while completions wait.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::{EventfdFlags, eventfd};
use rustix::io::Errno;

use crate::backend::high;

/// An `eventfd(2)`, down or up.
#[derive(Debug)]
pub(super) struct Event(OwnedFd);

impl Event {
    /// One that is down, out of the way of the numbers that a program counts on.
    ///
    /// # Errors
    /// What `eventfd` fails with.
    pub(super) fn new() -> Result<Self, Errno> {
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        eventfd(0, flags).map(high).map(Self)
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
