//! Files by path, and their metadata.

use std::os::fd::OwnedFd;

use rustix::fs::{
    Access, AtFlags, Mode, OFlags, RenameFlags, ResolveFlags, Statx, StatxFlags, Timespec,
    Timestamps,
};
use syscalls::Sysno;

use super::declare::system_calls;
use crate::batch::{Batch, Destination, FdOperand, Handle, PathOperand};

/// # Files by path
///
/// Paths are relative to the directory that comes before them, or to the
/// working directory with [`rustix::fs::CWD`], unless they begin with `/`.
impl<'buf> Batch<'buf> {
    system_calls! {
        /// Opens a file.
        #[doc(alias = "open")]
        openat(directory: fd, path: path, flags: flags(OFlags), mode: flags(Mode)) -> OwnedFd;

        /// Makes a directory.
        #[doc(alias = "mkdir")]
        mkdirat(directory: fd, path: path, mode: flags(Mode)) -> unit;

        /// Removes a name, that of an empty directory with [`AtFlags::REMOVEDIR`].
        #[doc(alias = "unlink")]
        #[doc(alias = "rmdir")]
        unlinkat(directory: fd, path: path, flags: flags(AtFlags)) -> unit;

        /// Gives a file another name, or exchanges two.
        #[doc(alias = "rename")]
        #[doc(alias = "renameat")]
        renameat2(
            old_directory: fd,
            old_path: path,
            new_directory: fd,
            new_path: path,
            flags: flags(RenameFlags),
        ) -> unit;

        /// Gives a file one more name.
        #[doc(alias = "link")]
        linkat(
            old_directory: fd,
            old_path: path,
            new_directory: fd,
            new_path: path,
            flags: flags(AtFlags),
        ) -> unit;

        /// Makes a symbolic link that leads to `target`.
        #[doc(alias = "symlink")]
        symlinkat(target: path, directory: fd, path: path) -> unit;

        /// Changes the permissions of a file, following symbolic links.
        #[doc(alias = "chmod")]
        fchmodat(directory: fd, path: path, mode: flags(Mode)) -> unit;
    }

    /// Opens a file, with limits on where its path may lead, such as
    /// [`ResolveFlags::BENEATH`]. Unlike `openat` it fails if `mode` is not empty and no file
    /// is made.
    ///
    /// See [`openat2(2)`](https://man7.org/linux/man-pages/man2/openat2.2.html).
    #[track_caller]
    pub fn openat2(
        &mut self,
        directory: impl FdOperand<'buf>,
        path: impl PathOperand,
        flags: OFlags,
        mode: Mode,
        resolve: ResolveFlags,
    ) -> Handle<OwnedFd> {
        let path = self.path(Sysno::openat2, path);
        let how = [flags.bits().into(), mode.bits().into(), resolve.bits()];
        let how = how.map(u64::to_ne_bytes);
        let how = how.as_flattened();
        let size = how.len().into();
        let args = [directory.operand(), path, self.copy(how).into(), size];
        self.open(Sysno::openat2, &args)
    }

    /// Asks for the fields in `mask` of what the file system knows of a file.
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
}
