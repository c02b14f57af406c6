//! Bytes from one file to another, without copying them through the program.

use rustix::pipe::SpliceFlags;
use syscalls::Sysno;

use super::FileOffset;
use super::declare::system_calls;
use crate::batch::{Batch, FdOperand, Handle, Number, Operand};

/// # From file to file
///
/// Each returns how many bytes were moved, which may be fewer than `length`, 0 at the end.
impl<'buf> Batch<'buf> {
    system_calls! {
        /// Copies bytes from one pipe to another, and leaves them in the first.
        tee(from: fd, to: fd, length: number, flags: flags(SpliceFlags)) -> usize;
    }

    /// Copies bytes between two files, by sharing blocks where the file system can.
    ///
    /// See [`copy_file_range(2)`](https://man7.org/linux/man-pages/man2/copy_file_range.2.html).
    #[track_caller]
    pub fn copy_file_range(
        &mut self,
        from: impl FdOperand<'buf>,
        from_offset: FileOffset,
        to: impl FdOperand<'buf>,
        to_offset: FileOffset,
        length: impl Number,
    ) -> Handle<usize> {
        let args = [
            from.operand(),
            self.offset(from_offset),
            to.operand(),
            self.offset(to_offset),
            length.into(),
            Operand::ZERO,
        ];
        self.call(Sysno::copy_file_range, &args)
    }

    /// Copies bytes from a file to another, such as a socket.
    ///
    /// See [`sendfile(2)`](https://man7.org/linux/man-pages/man2/sendfile.2.html).
    #[track_caller]
    pub fn sendfile(
        &mut self,
        to: impl FdOperand<'buf>,
        from: impl FdOperand<'buf>,
        from_offset: FileOffset,
        length: impl Number,
    ) -> Handle<usize> {
        let args = [
            to.operand(),
            from.operand(),
            self.offset(from_offset),
            length.into(),
        ];
        self.call(Sysno::sendfile, &args)
    }

    /// Moves bytes between two descriptors, of which one is a pipe.
    ///
    /// See [`splice(2)`](https://man7.org/linux/man-pages/man2/splice.2.html).
    #[track_caller]
    pub fn splice(
        &mut self,
        from: impl FdOperand<'buf>,
        from_offset: FileOffset,
        to: impl FdOperand<'buf>,
        to_offset: FileOffset,
        length: impl Number,
        flags: SpliceFlags,
    ) -> Handle<usize> {
        let args = [
            from.operand(),
            self.offset(from_offset),
            to.operand(),
            self.offset(to_offset),
            length.into(),
            flags.bits().into(),
        ];
        self.call(Sysno::splice, &args)
    }
}
