//! Files that are open.

use rustix::fs::{Advice, FallocateFlags, FlockOperation, MemfdFlags, Mode};
use syscalls::Sysno;

use super::declare::system_calls;
use crate::batch::{Batch, FdOperand, Handle, Number};

/// # Open files
impl<'buf> Batch<'buf> {
    system_calls! {
        /// Makes a file this long, in bytes.
        #[doc(alias = "truncate")]
        ftruncate(fd: fd, length: number) -> unit;

        /// Allocates, zeroes or removes `length` bytes of a file from `offset` on, as `mode`
        /// says.
        #[doc(alias = "posix_fallocate")]
        fallocate(fd: fd, mode: flags(FallocateFlags), offset: number, length: number) -> unit;

        /// Waits until what was written to a file, and what is known of it, is on its disk.
        fsync(fd: fd) -> unit;

        /// Waits until what was written to a file, and as much of what is known of it as is
        /// needed to read it, is on its disk.
        fdatasync(fd: fd) -> unit;

        /// Waits until all that was written to the file system of this file is on its disk.
        #[doc(alias = "sync")]
        syncfs(fd: fd) -> unit;

        /// Changes the permissions of an open file.
        fchmod(fd: fd, mode: flags(Mode)) -> unit;

        /// Locks or unlocks an open file.
        flock(fd: fd, operation: one_of(FlockOperation)) -> unit;

        /// Makes a file that is in memory and has no path; `name` is for those who look.
        memfd_create(name: path, flags: flags(MemfdFlags)) -> OwnedFd;
    }

    /// Tells the kernel how `length` bytes of a file from `offset` on will be used; to the
    /// end if `length` is 0.
    ///
    /// See [`posix_fadvise(2)`](https://man7.org/linux/man-pages/man2/posix_fadvise.2.html).
    #[doc(alias = "posix_fadvise")]
    #[track_caller]
    pub fn fadvise64(
        &mut self,
        fd: impl FdOperand<'buf>,
        offset: impl Number,
        length: impl Number,
        advice: Advice,
    ) -> Handle<()> {
        let args = [
            fd.operand(),
            offset.into(),
            length.into(),
            (advice as u32).into(),
        ];
        self.call(Sysno::fadvise64, &args)
    }
}
