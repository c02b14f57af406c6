//! The ids of the process and its user.

use rustix::process::{Pid, Uid};
use syscalls::Sysno;

use crate::batch::{Batch, Handle};

/// # Process
impl Batch<'_> {
    /// Asks for the id of this process.
    ///
    /// See [`getpid(2)`](https://man7.org/linux/man-pages/man2/getpid.2.html).
    pub fn getpid(&mut self) -> Handle<Pid> {
        self.call(Sysno::getpid, &[])
    }

    /// Asks for the user who runs this process.
    ///
    /// See [`getuid(2)`](https://man7.org/linux/man-pages/man2/getuid.2.html).
    pub fn getuid(&mut self) -> Handle<Uid> {
        self.call(Sysno::getuid, &[])
    }
}
