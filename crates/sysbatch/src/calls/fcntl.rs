//! Flags and copies of descriptors, by `fcntl`.

use std::os::fd::OwnedFd;

use linux_raw_sys::general::{F_DUPFD_CLOEXEC, F_GETFD, F_GETFL, F_SETFD, F_SETFL};
use rustix::fs::OFlags;
use rustix::io::FdFlags;
use syscalls::Sysno;

use crate::batch::{Batch, FdOperand, Handle, Operand};

/// # Descriptors
///
/// Each of these is `fcntl` with another command, see
/// [`fcntl(2)`](https://man7.org/linux/man-pages/man2/fcntl.2.html).
impl<'buf> Batch<'buf> {
    /// Asks whether a descriptor is closed on `exec`: `F_GETFD`.
    #[doc(alias = "F_GETFD")]
    #[track_caller]
    pub fn fcntl_getfd(&mut self, fd: impl FdOperand<'buf>) -> Handle<FdFlags> {
        self.call(Sysno::fcntl, &[fd.operand(), F_GETFD.into()])
    }

    /// Says whether a descriptor is closed on `exec`: `F_SETFD`.
    #[doc(alias = "F_SETFD")]
    #[track_caller]
    pub fn fcntl_setfd(&mut self, fd: impl FdOperand<'buf>, flags: FdFlags) -> Handle<()> {
        let args = [fd.operand(), F_SETFD.into(), flags.bits().into()];
        self.call(Sysno::fcntl, &args)
    }

    /// Asks for the access mode and the status flags of an open file: `F_GETFL`.
    #[doc(alias = "F_GETFL")]
    #[track_caller]
    pub fn fcntl_getfl(&mut self, fd: impl FdOperand<'buf>) -> Handle<OFlags> {
        self.call(Sysno::fcntl, &[fd.operand(), F_GETFL.into()])
    }

    /// Sets the status flags of an open file, such as [`OFlags::NONBLOCK`]: `F_SETFL`.
    #[doc(alias = "F_SETFL")]
    #[track_caller]
    pub fn fcntl_setfl(&mut self, fd: impl FdOperand<'buf>, flags: OFlags) -> Handle<()> {
        let args = [fd.operand(), F_SETFL.into(), flags.bits().into()];
        self.call(Sysno::fcntl, &args)
    }

    /// Makes another descriptor for the same open file, the lowest one from `least` on, which
    /// is closed on `exec`: `F_DUPFD_CLOEXEC`.
    #[doc(alias = "F_DUPFD_CLOEXEC")]
    #[doc(alias = "dup")]
    #[track_caller]
    pub fn fcntl_dupfd_cloexec(&mut self, fd: impl FdOperand<'buf>, least: u32) -> Handle<OwnedFd> {
        let args: [Operand; 3] = [fd.operand(), F_DUPFD_CLOEXEC.into(), least.into()];
        self.open(Sysno::fcntl, &args)
    }
}
