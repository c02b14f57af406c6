//! Files by path, and what is known of them.

use std::os::fd::OwnedFd;

use rustix::fs::{
    Access, AtFlags, Mode, OFlags, RenameFlags, Statx, StatxFlags, Timespec, Timestamps,
};
use syscalls::Sysno;

use crate::batch::{Batch, Destination, FdOperand, Handle, Number, Operand, PathOperand};

/// # Files
///
/// Paths are relative to the directory that comes before them, or to the
/// working directory with [`rustix::fs::CWD`], unless they begin with `/`.
impl<'buf> Batch<'buf> {
    /// Opens a file.
    ///
    /// See [`openat(2)`](https://man7.org/linux/man-pages/man2/openat.2.html).
    #[doc(alias = "open")]
    #[track_caller]
    pub fn openat(
        &mut self,
        directory: impl FdOperand<'buf>,
        path: impl PathOperand,
        flags: OFlags,
        mode: Mode,
    ) -> Handle<OwnedFd> {
        let path = self.path(Sysno::openat, path);
        let args = [
            directory.operand(),
            path,
            flags.bits().into(),
            mode.bits().into(),
        ];
        self.open(Sysno::openat, &args)
    }

    /// Asks for what `mask` says is wanted to be known of a file.
    ///
    /// See [`statx(2)`](https://man7.org/linux/man-pages/man2/statx.2.html).
    #[doc(alias = "stat")]
    #[doc(alias = "fstat")]
    #[doc(alias = "lstat")]
    #[doc(alias = "fstatat")]
    #[track_caller]
    pub fn statx(
        &mut self,
        directory: impl FdOperand<'buf>,
        path: impl PathOperand,
        flags: AtFlags,
        mask: StatxFlags,
    ) -> Handle<Statx> {
        let path = self.path(Sysno::statx, path);
        let statx = self.room::<Statx>();
        let args = [
            directory.operand(),
            path,
            flags.bits().into(),
            mask.bits().into(),
            statx.into(),
        ];
        self.call(Sysno::statx, &args).at(statx)
    }

    /// Reads entries of a directory; returns how many bytes of them, 0 at the
    /// end. [`DirectoryEntries`](crate::DirectoryEntries) takes them apart.
    ///
    /// See [`getdents64(2)`](https://man7.org/linux/man-pages/man2/getdents64.2.html).
    #[doc(alias = "readdir")]
    #[doc(alias = "getdents")]
    #[track_caller]
    pub fn getdents64(
        &mut self,
        directory: impl FdOperand<'buf>,
        to: impl Destination<'buf>,
    ) -> Handle<usize> {
        self.fill(Sysno::getdents64, directory.operand(), to, &[])
    }

    /// Reads where a symbolic link leads; returns how many bytes, cut off where
    /// the memory ends and not ended by zero.
    ///
    /// See [`readlinkat(2)`](https://man7.org/linux/man-pages/man2/readlinkat.2.html).
    #[doc(alias = "readlink")]
    #[track_caller]
    pub fn readlinkat(
        &mut self,
        directory: impl FdOperand<'buf>,
        path: impl PathOperand,
        to: impl Destination<'buf>,
    ) -> Handle<usize> {
        let path = self.path(Sysno::readlinkat, path);
        let room = self.destination(Sysno::readlinkat, to);
        let to = room.extent;
        let args = [directory.operand(), path, to.address, to.length];
        let call = self.call(Sysno::readlinkat, &args);
        self.fills(call, &room)
    }

    /// Makes a directory.
    ///
    /// See [`mkdirat(2)`](https://man7.org/linux/man-pages/man2/mkdirat.2.html).
    #[doc(alias = "mkdir")]
    #[track_caller]
    pub fn mkdirat(
        &mut self,
        directory: impl FdOperand<'buf>,
        path: impl PathOperand,
        mode: Mode,
    ) -> Handle<()> {
        let path = self.path(Sysno::mkdirat, path);
        let args = [directory.operand(), path, mode.bits().into()];
        self.call(Sysno::mkdirat, &args)
    }

    /// Removes a name, that of an empty directory with
    /// [`AtFlags::REMOVEDIR`].
    ///
    /// See [`unlinkat(2)`](https://man7.org/linux/man-pages/man2/unlinkat.2.html).
    #[doc(alias = "unlink")]
    #[doc(alias = "rmdir")]
    #[track_caller]
    pub fn unlinkat(
        &mut self,
        directory: impl FdOperand<'buf>,
        path: impl PathOperand,
        flags: AtFlags,
    ) -> Handle<()> {
        let path = self.path(Sysno::unlinkat, path);
        let args = [directory.operand(), path, flags.bits().into()];
        self.call(Sysno::unlinkat, &args)
    }

    /// Gives a file another name, or exchanges two.
    ///
    /// See [`renameat2(2)`](https://man7.org/linux/man-pages/man2/renameat2.2.html).
    #[doc(alias = "rename")]
    #[doc(alias = "renameat")]
    #[track_caller]
    pub fn renameat2(
        &mut self,
        old_directory: impl FdOperand<'buf>,
        old_path: impl PathOperand,
        new_directory: impl FdOperand<'buf>,
        new_path: impl PathOperand,
        flags: RenameFlags,
    ) -> Handle<()> {
        let old_path = self.path(Sysno::renameat2, old_path);
        let new_path = self.path(Sysno::renameat2, new_path);
        let args = [
            old_directory.operand(),
            old_path,
            new_directory.operand(),
            new_path,
            flags.bits().into(),
        ];
        self.call(Sysno::renameat2, &args)
    }

    /// Gives a file one more name.
    ///
    /// See [`linkat(2)`](https://man7.org/linux/man-pages/man2/linkat.2.html).
    #[doc(alias = "link")]
    #[track_caller]
    pub fn linkat(
        &mut self,
        old_directory: impl FdOperand<'buf>,
        old_path: impl PathOperand,
        new_directory: impl FdOperand<'buf>,
        new_path: impl PathOperand,
        flags: AtFlags,
    ) -> Handle<()> {
        let old_path = self.path(Sysno::linkat, old_path);
        let new_path = self.path(Sysno::linkat, new_path);
        let args = [
            old_directory.operand(),
            old_path,
            new_directory.operand(),
            new_path,
            flags.bits().into(),
        ];
        self.call(Sysno::linkat, &args)
    }

    /// Makes a symbolic link that leads to `target`.
    ///
    /// See [`symlinkat(2)`](https://man7.org/linux/man-pages/man2/symlinkat.2.html).
    #[doc(alias = "symlink")]
    #[track_caller]
    pub fn symlinkat(
        &mut self,
        target: impl PathOperand,
        directory: impl FdOperand<'buf>,
        path: impl PathOperand,
    ) -> Handle<()> {
        let target = self.path(Sysno::symlinkat, target);
        let path = self.path(Sysno::symlinkat, path);
        self.call(Sysno::symlinkat, &[target, directory.operand(), path])
    }

    /// Changes the permissions of a file, following symbolic links.
    ///
    /// See [`fchmodat(2)`](https://man7.org/linux/man-pages/man2/fchmodat.2.html).
    #[doc(alias = "chmod")]
    #[doc(alias = "fchmod")]
    #[track_caller]
    pub fn fchmodat(
        &mut self,
        directory: impl FdOperand<'buf>,
        path: impl PathOperand,
        mode: Mode,
    ) -> Handle<()> {
        let path = self.path(Sysno::fchmodat, path);
        let args = [directory.operand(), path, mode.bits().into()];
        self.call(Sysno::fchmodat, &args)
    }

    /// Sets when a file was last read and written.
    ///
    /// See [`utimensat(2)`](https://man7.org/linux/man-pages/man2/utimensat.2.html).
    #[doc(alias = "utime")]
    #[doc(alias = "utimes")]
    #[doc(alias = "futimens")]
    #[track_caller]
    pub fn utimensat(
        &mut self,
        directory: impl FdOperand<'buf>,
        path: impl PathOperand,
        times: &Timestamps,
        flags: AtFlags,
    ) -> Handle<()> {
        let path = self.path(Sysno::utimensat, path);
        let times = [times.last_access, times.last_modification];
        let times =
            times.map(|Timespec { tv_sec, tv_nsec }| [tv_sec, tv_nsec].map(i64::to_ne_bytes));
        let times = self.copy(times.as_flattened().as_flattened()).into();
        let args = [directory.operand(), path, times, flags.bits().into()];
        self.call(Sysno::utimensat, &args)
    }

    /// Asks whether the caller may access a file.
    ///
    /// See [`faccessat(2)`](https://man7.org/linux/man-pages/man2/faccessat.2.html).
    /// With flags this is `faccessat2`, which Linux has from 5.8 on.
    #[doc(alias = "access")]
    #[doc(alias = "faccessat2")]
    #[track_caller]
    pub fn faccessat(
        &mut self,
        directory: impl FdOperand<'buf>,
        path: impl PathOperand,
        access: Access,
        flags: AtFlags,
    ) -> Handle<()> {
        let sysno = if flags.is_empty() {
            Sysno::faccessat
        } else {
            Sysno::faccessat2
        };
        let path = self.path(sysno, path);
        let args = [
            directory.operand(),
            path,
            access.bits().into(),
            flags.bits().into(),
        ];
        self.call(sysno, &args)
    }

    /// Makes a file this long, in bytes.
    ///
    /// See [`ftruncate(2)`](https://man7.org/linux/man-pages/man2/ftruncate.2.html).
    #[doc(alias = "truncate")]
    #[track_caller]
    pub fn ftruncate(&mut self, fd: impl FdOperand<'buf>, length: impl Number) -> Handle<()> {
        self.call(Sysno::ftruncate, &[fd.operand(), length.into()])
    }

    /// Waits until what was written to a file, and what is known of it, is on
    /// its disk.
    ///
    /// See [`fsync(2)`](https://man7.org/linux/man-pages/man2/fsync.2.html).
    #[track_caller]
    pub fn fsync(&mut self, fd: impl FdOperand<'buf>) -> Handle<()> {
        let args: [Operand; 1] = [fd.operand()];
        self.call(Sysno::fsync, &args)
    }
}
