//! Descriptors to wait for things with.

use std::os::fd::OwnedFd;

use rustix::event::EventfdFlags;
use syscalls::Sysno;

use crate::batch::{Batch, Handle};

/// # Events
impl Batch<'_> {
    /// Makes a counter that can be waited for.
    ///
    /// See [`eventfd2(2)`](https://man7.org/linux/man-pages/man2/eventfd2.2.html).
    #[doc(alias = "eventfd")]
    pub fn eventfd2(&mut self, initial: u32, flags: EventfdFlags) -> Handle<OwnedFd> {
        self.open(Sysno::eventfd2, &[initial.into(), flags.bits().into()])
    }
}
