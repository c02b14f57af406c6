//! Reading and writing, whatever the file is.

use std::os::fd::OwnedFd;

use rustix::fs::SeekFrom;
use rustix::io::DupFlags;
use syscalls::Sysno;

use crate::batch::{Batch, Destination, Extent, FdOperand, Handle, Number, Operand, Source};

/// # Input and output
impl<'buf> Batch<'buf> {
    /// Reads from a descriptor; returns how many bytes, 0 at the end.
    ///
    /// See [`read(2)`](https://man7.org/linux/man-pages/man2/read.2.html).
    #[track_caller]
    pub fn read(&mut self, fd: impl FdOperand<'buf>, to: impl Destination<'buf>) -> Handle<usize> {
        self.fill(Sysno::read, fd.operand(), to, &[])
    }

    /// Writes to a descriptor; returns how many bytes, which may be fewer.
    ///
    /// See [`write(2)`](https://man7.org/linux/man-pages/man2/write.2.html).
    #[track_caller]
    pub fn write(&mut self, fd: impl FdOperand<'buf>, from: impl Source<'buf>) -> Handle<usize> {
        let from = from.extent();
        self.transfer(Sysno::write, fd.operand(), from, &[])
    }

    /// Reads from an offset in bytes, leaving the file's own as it is.
    ///
    /// See [`pread(2)`](https://man7.org/linux/man-pages/man2/pread.2.html).
    #[doc(alias = "pread64")]
    #[track_caller]
    pub fn pread(
        &mut self,
        fd: impl FdOperand<'buf>,
        to: impl Destination<'buf>,
        offset: impl Number,
    ) -> Handle<usize> {
        self.fill(Sysno::pread64, fd.operand(), to, &[offset.into()])
    }

    /// Writes at an offset in bytes, leaving the file's own as it is.
    ///
    /// See [`pwrite(2)`](https://man7.org/linux/man-pages/man2/pwrite.2.html).
    #[doc(alias = "pwrite64")]
    #[track_caller]
    pub fn pwrite(
        &mut self,
        fd: impl FdOperand<'buf>,
        from: impl Source<'buf>,
        offset: impl Number,
    ) -> Handle<usize> {
        let from = from.extent();
        self.transfer(Sysno::pwrite64, fd.operand(), from, &[offset.into()])
    }

    /// Moves a file's offset; returns where it is now, in bytes.
    ///
    /// See [`lseek(2)`](https://man7.org/linux/man-pages/man2/lseek.2.html).
    #[track_caller]
    pub fn lseek(&mut self, fd: impl FdOperand<'buf>, to: SeekFrom) -> Handle<u64> {
        use linux_raw_sys::general::{SEEK_CUR, SEEK_DATA, SEEK_END, SEEK_HOLE, SEEK_SET};
        let (offset, whence): (Operand, _) = match to {
            SeekFrom::Start(offset) => (offset.into(), SEEK_SET),
            SeekFrom::End(offset) => (offset.into(), SEEK_END),
            SeekFrom::Current(offset) => (offset.into(), SEEK_CUR),
            SeekFrom::Data(offset) => (offset.into(), SEEK_DATA),
            SeekFrom::Hole(offset) => (offset.into(), SEEK_HOLE),
        };
        self.call(Sysno::lseek, &[fd.operand(), offset, whence.into()])
    }

    /// Closes a descriptor that this batch has opened. Its handle can be used
    /// no more.
    ///
    /// See [`close(2)`](https://man7.org/linux/man-pages/man2/close.2.html). An
    /// error is one of writing what was written before; the descriptor is
    /// closed all the same.
    #[track_caller]
    pub fn close(&mut self, fd: Handle<OwnedFd>) -> Handle<()> {
        let opened = fd.value;
        let handle = self.call(Sysno::close, &[(&fd).into()]);
        self.closes(&handle, opened);
        handle
    }

    /// Makes `new` refer to what `old` does; closes what it was before.
    ///
    /// See [`dup3(2)`](https://man7.org/linux/man-pages/man2/dup3.2.html).
    #[doc(alias = "dup2")]
    #[track_caller]
    pub fn dup3(
        &mut self,
        old: impl FdOperand<'buf>,
        new: impl OwnedFdOperand<'buf>,
        flags: DupFlags,
    ) -> Handle<()> {
        let args = [old.operand(), new.operand(), flags.bits().into()];
        self.call(Sysno::dup3, &args)
    }

    /// Adds a call that fills memory.
    #[track_caller]
    pub(super) fn fill(
        &mut self,
        sysno: Sysno,
        fd: Operand,
        to: impl Destination<'buf>,
        rest: &[Operand],
    ) -> Handle<usize> {
        let room = self.destination(sysno, to);
        let call = self.transfer(sysno, fd, room.extent, rest);
        self.fills(call, &room)
    }

    /// Adds a call that moves bytes, at most as many as there is memory for.
    #[track_caller]
    pub(super) fn transfer(
        &mut self,
        sysno: Sysno,
        fd: Operand,
        memory: Extent,
        rest: &[Operand],
    ) -> Handle<usize> {
        let mut args = vec![fd, memory.address, memory.length];
        args.extend_from_slice(rest);
        self.call(sysno, &args).at_most(memory.bound)
    }
}

/// A descriptor that may be replaced: one that is lent to the batch for good,
/// or one that the batch opens itself.
pub trait OwnedFdOperand<'buf>: sealed::OwnedFd<'buf> {}

impl sealed::OwnedFd<'_> for &Handle<OwnedFd> {
    fn operand(self) -> Operand {
        self.into()
    }
}
impl OwnedFdOperand<'_> for &Handle<OwnedFd> {}

impl<'buf> sealed::OwnedFd<'buf> for &'buf mut OwnedFd {
    fn operand(self) -> Operand {
        FdOperandOf::operand(&*self)
    }
}
impl<'buf> OwnedFdOperand<'buf> for &'buf mut OwnedFd {}

use crate::batch::sealed::Fd as FdOperandOf;

mod sealed {
    use crate::batch::Operand;

    pub trait OwnedFd<'buf> {
        fn operand(self) -> Operand;
    }
}
