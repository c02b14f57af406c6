//! Pipes.

use std::os::fd::OwnedFd;

use rustix::pipe::PipeFlags;
use syscalls::Sysno;

use crate::batch::{Batch, Handle};

/// # Pipes
impl Batch<'_> {
    /// Makes a pipe; returns the end to read from and the end to write to.
    ///
    /// See [`pipe2(2)`](https://man7.org/linux/man-pages/man2/pipe2.2.html).
    #[doc(alias = "pipe")]
    pub fn pipe2(&mut self, flags: PipeFlags) -> (Handle<OwnedFd>, Handle<OwnedFd>) {
        let ends = self.copy([-1_i32; 2].map(i32::to_ne_bytes).as_flattened());
        let args = [ends.into(), flags.bits().into()];
        let index = self.len();
        let call: Handle<()> = self.call(Sysno::pipe2, &args);
        let reader = self.load_fd(&call, &[], ends, index);
        let writer = self.load_fd(&call, &[&reader], ends + 4, index);
        (reader, writer)
    }
}
