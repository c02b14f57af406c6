//! Reading into and writing from several pieces of memory.

use rustix::io::ReadWriteFlags;
use sysbatch_abi::Width;
use syscalls::Sysno;

use crate::batch::{Batch, Destination, Extent, FdOperand, Handle, Number, Operand, Source};

/// # Several pieces of memory
///
/// The pieces are read into, or written, one after the other. Each method returns how many
/// bytes in all. A batch may have at most 1024 in one call (`UIO_MAXIOV`).
impl<'buf> Batch<'buf> {
    /// Reads into several pieces of memory.
    ///
    /// See [`readv(2)`](https://man7.org/linux/man-pages/man2/readv.2.html).
    #[track_caller]
    pub fn readv(
        &mut self,
        fd: impl FdOperand<'buf>,
        to: impl IntoIterator<Item: Destination<'buf>>,
    ) -> Handle<usize> {
        self.scatter(Sysno::readv, fd.operand(), to, &[])
    }

    /// Reads from an offset in bytes into several pieces of memory, leaving the file's own
    /// offset as it is.
    ///
    /// See [`preadv(2)`](https://man7.org/linux/man-pages/man2/preadv.2.html).
    #[track_caller]
    pub fn preadv(
        &mut self,
        fd: impl FdOperand<'buf>,
        to: impl IntoIterator<Item: Destination<'buf>>,
        offset: impl Number,
    ) -> Handle<usize> {
        self.scatter(Sysno::preadv, fd.operand(), to, &[offset.into()])
    }

    /// As [`preadv`](Self::preadv), with flags for this call alone.
    ///
    /// See [`preadv2(2)`](https://man7.org/linux/man-pages/man2/preadv2.2.html).
    #[track_caller]
    pub fn preadv2(
        &mut self,
        fd: impl FdOperand<'buf>,
        to: impl IntoIterator<Item: Destination<'buf>>,
        offset: impl Number,
        flags: ReadWriteFlags,
    ) -> Handle<usize> {
        let rest = [offset.into(), Operand::ZERO, flags.bits().into()];
        self.scatter(Sysno::preadv2, fd.operand(), to, &rest)
    }

    /// Writes several pieces of memory.
    ///
    /// See [`writev(2)`](https://man7.org/linux/man-pages/man2/writev.2.html).
    #[track_caller]
    pub fn writev(
        &mut self,
        fd: impl FdOperand<'buf>,
        from: impl IntoIterator<Item: Source<'buf>>,
    ) -> Handle<usize> {
        self.gather(Sysno::writev, fd.operand(), from, &[])
    }

    /// Writes several pieces of memory at an offset in bytes, leaving the file's own offset
    /// as it is.
    ///
    /// See [`pwritev(2)`](https://man7.org/linux/man-pages/man2/pwritev.2.html).
    #[track_caller]
    pub fn pwritev(
        &mut self,
        fd: impl FdOperand<'buf>,
        from: impl IntoIterator<Item: Source<'buf>>,
        offset: impl Number,
    ) -> Handle<usize> {
        self.gather(Sysno::pwritev, fd.operand(), from, &[offset.into()])
    }

    /// As [`pwritev`](Self::pwritev), with flags for this call alone.
    ///
    /// See [`pwritev2(2)`](https://man7.org/linux/man-pages/man2/pwritev2.2.html).
    #[track_caller]
    pub fn pwritev2(
        &mut self,
        fd: impl FdOperand<'buf>,
        from: impl IntoIterator<Item: Source<'buf>>,
        offset: impl Number,
        flags: ReadWriteFlags,
    ) -> Handle<usize> {
        let rest = [offset.into(), Operand::ZERO, flags.bits().into()];
        self.gather(Sysno::pwritev2, fd.operand(), from, &rest)
    }

    #[track_caller]
    fn scatter(
        &mut self,
        sysno: Sysno,
        fd: Operand,
        to: impl IntoIterator<Item: Destination<'buf>>,
        rest: &[Operand],
    ) -> Handle<usize> {
        let mut rooms = Vec::new();
        for to in to {
            rooms.push(self.destination(sysno, to));
        }
        let extents: Vec<Extent> = rooms.iter().map(|room| room.extent).collect();
        let call = self.vectored(sysno, fd, &extents, rest);
        self.fills_all(&call, &rooms);
        call
    }

    #[track_caller]
    fn gather(
        &mut self,
        sysno: Sysno,
        fd: Operand,
        from: impl IntoIterator<Item: Source<'buf>>,
        rest: &[Operand],
    ) -> Handle<usize> {
        let extents: Vec<Extent> = from.into_iter().map(extent).collect();
        self.vectored(sysno, fd, &extents, rest)
    }

    /// Adds a call that is given an array of `struct iovec`: addresses and lengths.
    #[track_caller]
    fn vectored(
        &mut self,
        sysno: Sysno,
        fd: Operand,
        extents: &[Extent],
        rest: &[Operand],
    ) -> Handle<usize> {
        let array = self.iovecs(extents);
        let address = self.iovecs_stored(array.into(), array, extents);
        let mut args = vec![fd, address, extents.len().into()];
        args.extend_from_slice(rest);
        self.call(sysno, &args).at_most(bound(extents))
    }

    /// The address of an array of `struct iovec`, without what is known in a run only.
    #[track_caller]
    pub(super) fn iovecs(&mut self, extents: &[Extent]) -> u64 {
        let words = words(extents).map(|word| self.constant(word).unwrap_or(0));
        let initial: Vec<u8> = words.flat_map(u64::to_ne_bytes).collect();
        self.copy(&initial)
    }

    /// Stores what is known in a run only in such an array; returns `address` as an operand
    /// that has the call skipped if that is missing.
    #[track_caller]
    pub(super) fn iovecs_stored(
        &mut self,
        mut address: Operand,
        array: u64,
        extents: &[Extent],
    ) -> Operand {
        for (at, word) in (array..).step_by(size_of::<u64>()).zip(words(extents)) {
            if self.constant(word).is_none() {
                address = self.stored(address, at, word, Width::Eight);
            }
        }
        address
    }
}

/// The words of an array of `struct iovec`.
fn words(extents: &[Extent]) -> impl Iterator<Item = Operand> {
    let words = extents.iter().map(|extent| [extent.address, extent.length]);
    words.flatten()
}

/// How many bytes there are at most.
pub(super) fn bound(extents: &[Extent]) -> usize {
    let bounds = extents.iter().map(|extent| extent.bound);
    bounds.fold(0, usize::saturating_add)
}

/// The memory that is written.
pub(super) fn extent<'buf>(from: impl Source<'buf>) -> Extent {
    from.extent()
}
