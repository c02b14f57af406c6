//! Extended attributes of files.

use rustix::fs::XattrFlags;
use syscalls::Sysno;

use super::declare::system_calls;
use crate::batch::{Batch, Destination, FdOperand, Handle, Operand, PathOperand, Source};

/// # Extended attributes
///
/// The methods that begin with `l` work on a symbolic link itself, those that begin with `f`
/// on an open file. Names have their namespace before them, as in `user.comment`; see
/// [`xattr(7)`](https://man7.org/linux/man-pages/man7/xattr.7.html).
///
/// What is read must fit the memory that it is read into, or the call fails with
/// [`RANGE`](rustix::io::Errno::RANGE). With memory of 0 bytes, [`buffer(0)`](Batch::buffer),
/// it returns the length that is needed.
impl<'buf> Batch<'buf> {
    /// Reads an attribute of a file, following symbolic links; returns its length in bytes.
    ///
    /// See [`getxattr(2)`](https://man7.org/linux/man-pages/man2/getxattr.2.html).
    #[track_caller]
    pub fn getxattr(
        &mut self,
        path: impl PathOperand,
        name: impl PathOperand,
        to: impl Destination<'buf>,
    ) -> Handle<usize> {
        let path = self.path(Sysno::getxattr, path);
        self.read_attribute(Sysno::getxattr, path, name, to)
    }

    /// Reads an attribute of a symbolic link, or of another file; returns its length in
    /// bytes.
    ///
    /// See [`lgetxattr(2)`](https://man7.org/linux/man-pages/man2/lgetxattr.2.html).
    #[track_caller]
    pub fn lgetxattr(
        &mut self,
        path: impl PathOperand,
        name: impl PathOperand,
        to: impl Destination<'buf>,
    ) -> Handle<usize> {
        let path = self.path(Sysno::lgetxattr, path);
        self.read_attribute(Sysno::lgetxattr, path, name, to)
    }

    /// Reads an attribute of an open file; returns its length in bytes.
    ///
    /// See [`fgetxattr(2)`](https://man7.org/linux/man-pages/man2/fgetxattr.2.html).
    #[track_caller]
    pub fn fgetxattr(
        &mut self,
        fd: impl FdOperand<'buf>,
        name: impl PathOperand,
        to: impl Destination<'buf>,
    ) -> Handle<usize> {
        self.read_attribute(Sysno::fgetxattr, fd.operand(), name, to)
    }

    /// Sets an attribute of a file, following symbolic links.
    ///
    /// See [`setxattr(2)`](https://man7.org/linux/man-pages/man2/setxattr.2.html).
    #[track_caller]
    pub fn setxattr(
        &mut self,
        path: impl PathOperand,
        name: impl PathOperand,
        value: impl Source<'buf>,
        flags: XattrFlags,
    ) -> Handle<()> {
        let path = self.path(Sysno::setxattr, path);
        self.write_attribute(Sysno::setxattr, path, name, value, flags)
    }

    /// Sets an attribute of a symbolic link, or of another file.
    ///
    /// See [`lsetxattr(2)`](https://man7.org/linux/man-pages/man2/lsetxattr.2.html).
    #[track_caller]
    pub fn lsetxattr(
        &mut self,
        path: impl PathOperand,
        name: impl PathOperand,
        value: impl Source<'buf>,
        flags: XattrFlags,
    ) -> Handle<()> {
        let path = self.path(Sysno::lsetxattr, path);
        self.write_attribute(Sysno::lsetxattr, path, name, value, flags)
    }

    /// Sets an attribute of an open file.
    ///
    /// See [`fsetxattr(2)`](https://man7.org/linux/man-pages/man2/fsetxattr.2.html).
    #[track_caller]
    pub fn fsetxattr(
        &mut self,
        fd: impl FdOperand<'buf>,
        name: impl PathOperand,
        value: impl Source<'buf>,
        flags: XattrFlags,
    ) -> Handle<()> {
        self.write_attribute(Sysno::fsetxattr, fd.operand(), name, value, flags)
    }

    /// Lists the names of the attributes of a file, following symbolic links, each ended by
    /// a zero byte; returns their length in bytes.
    ///
    /// See [`listxattr(2)`](https://man7.org/linux/man-pages/man2/listxattr.2.html).
    #[track_caller]
    pub fn listxattr(
        &mut self,
        path: impl PathOperand,
        to: impl Destination<'buf>,
    ) -> Handle<usize> {
        let path = self.path(Sysno::listxattr, path);
        self.read_attributes(Sysno::listxattr, &[path], to)
    }

    /// As [`listxattr`](Self::listxattr), of a symbolic link, or of another file.
    ///
    /// See [`llistxattr(2)`](https://man7.org/linux/man-pages/man2/llistxattr.2.html).
    #[track_caller]
    pub fn llistxattr(
        &mut self,
        path: impl PathOperand,
        to: impl Destination<'buf>,
    ) -> Handle<usize> {
        let path = self.path(Sysno::llistxattr, path);
        self.read_attributes(Sysno::llistxattr, &[path], to)
    }

    /// As [`listxattr`](Self::listxattr), of an open file.
    ///
    /// See [`flistxattr(2)`](https://man7.org/linux/man-pages/man2/flistxattr.2.html).
    #[track_caller]
    pub fn flistxattr(
        &mut self,
        fd: impl FdOperand<'buf>,
        to: impl Destination<'buf>,
    ) -> Handle<usize> {
        self.read_attributes(Sysno::flistxattr, &[fd.operand()], to)
    }

    system_calls! {
        /// Removes an attribute of a file, following symbolic links.
        removexattr(path: path, name: path) -> unit;

        /// Removes an attribute of a symbolic link, or of another file.
        lremovexattr(path: path, name: path) -> unit;

        /// Removes an attribute of an open file.
        fremovexattr(fd: fd, name: path) -> unit;
    }

    #[track_caller]
    fn read_attribute(
        &mut self,
        sysno: Sysno,
        file: Operand,
        name: impl PathOperand,
        to: impl Destination<'buf>,
    ) -> Handle<usize> {
        let name = self.path(sysno, name);
        self.read_attributes(sysno, &[file, name], to)
    }

    /// Adds a call that fills memory after these arguments, or returns how much it needs if
    /// there is none.
    #[track_caller]
    fn read_attributes(
        &mut self,
        sysno: Sysno,
        before: &[Operand],
        to: impl Destination<'buf>,
    ) -> Handle<usize> {
        let room = self.destination(sysno, to);
        let mut args = before.to_vec();
        args.extend([room.extent.address, room.extent.length]);
        let call = self.call(sysno, &args);
        let call = self.fills(call, &room);
        if self.constant(room.extent.length).is_none_or(|len| len == 0) {
            return call.at_most(usize::MAX);
        }
        call
    }

    #[track_caller]
    fn write_attribute(
        &mut self,
        sysno: Sysno,
        file: Operand,
        name: impl PathOperand,
        value: impl Source<'buf>,
        flags: XattrFlags,
    ) -> Handle<()> {
        let name = self.path(sysno, name);
        let value = value.extent();
        let flags = flags.bits().into();
        self.call(sysno, &[file, name, value.address, value.length, flags])
    }
}
