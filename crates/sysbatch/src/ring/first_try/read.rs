//! Reading and writing without waiting.
//!
//! # Regular files
//! `RWF_NOWAIT` (`preadv2(2)`) gives what is in the cache, which may be less
//! than the call would have read. A short count is taken only if the file ends
//! there: the next read says so. Else the call has not been made: at an explicit
//! offset that leaves nothing behind but bytes in a buffer that will be
//! overwritten; the offset of a file that was opened here is put back, where
//! nobody else can have seen it.
//!
//! The offset of any other file may be others', too, and could not be put back. There
//! the read is made as it is, after [a look at the cache](super::memory) where
//! it is going to read.
//!
//! Where the file system is memory, reading and writing is no waiting.
//!
//! # Files opened with `O_DIRECT`
//! are left to workers: with them `RWF_NOWAIT` still waits for the device.

use linux_raw_sys::general::{O_DIRECT, O_PATH, RWF_NOWAIT, SEEK_CUR};
use rustix::io::Errno;
use syscalls::Sysno;

use super::host::NowaitHost;
use super::look::{FileType, Found};
use super::memory::IoVec;
use super::own::OwnKind;
use crate::Memory;

/// What is written to a pipe in one piece, in bytes (`pipe(7)`).
const PIPE_BUF: u64 = 4096;
/// The offset that stands for the file's own (`preadv2(2)`).
const FILE_OFFSET: u64 = u64::MAX;

impl<M: Memory> NowaitHost<M> {
    pub(super) fn pread(&mut self, sysno: Sysno, args: [u64; 6]) -> Option<i64> {
        let [fd, buffer, len, offset, ..] = args;
        if offset.cast_signed() < 0 {
            return None;
        }
        let is_own = matches!(self.own.kind(fd), Some(OwnKind::Regular { .. }));
        if !is_own && self.status_flags(fd)? & (O_DIRECT | O_PATH) != 0 {
            return None;
        }
        let count = self.transfer(Sysno::preadv2, fd, buffer, len, offset);
        if has_no_form(count) {
            return self.read_after_a_look(sysno, args, offset);
        }
        let read = u64::try_from(count).ok()?;
        if read == len || read == 0 {
            return Some(count);
        }
        let stop = offset.checked_add(read)?;
        let ends = is_own || self.look_at(fd)?.kind == FileType::Regular;
        (ends && self.probe(fd, stop) == 0).then_some(count)
    }

    pub(super) fn read(&mut self, sysno: Sysno, args: [u64; 6]) -> Option<i64> {
        let [fd, buffer, len, ..] = args;
        if let Some(OwnKind::Regular { .. }) = self.own.kind(fd) {
            return self.read_own(sysno, args);
        }
        let found = self.look_at(fd)?;
        match found.kind {
            FileType::Regular => return self.read_shared(sysno, args, &found),
            FileType::Pipe | FileType::Anonymous => {}
            FileType::Socket if self.receives_anything(fd) => {}
            _ => return None,
        }
        unless_waiting(self.transfer(Sysno::preadv2, fd, buffer, len, FILE_OFFSET))
    }

    /// Reads at the offset of a file that nobody else knows.
    fn read_own(&mut self, sysno: Sysno, args: [u64; 6]) -> Option<i64> {
        let [fd, buffer, len, ..] = args;
        let count = self.transfer(Sysno::preadv2, fd, buffer, len, FILE_OFFSET);
        if has_no_form(count) {
            let found = self.look_at(fd)?;
            return self.read_shared(sysno, args, &found);
        }
        let read = u64::try_from(count).ok()?;
        if read == len || read == 0 {
            return Some(count);
        }
        let back = match self.probe(fd, FILE_OFFSET) {
            0 => return Some(count),
            more => count + more.max(0),
        };
        let args = [fd, (-back).cast_unsigned(), SEEK_CUR.into(), 0, 0, 0];
        let is_put_back = self.make(Sysno::lseek, args) >= 0;
        // A regular file's offset can be moved. If not, the count stands.
        (!is_put_back).then_some(count)
    }

    /// Reads a regular file at an offset that others may know.
    fn read_shared(&mut self, sysno: Sysno, args: [u64; 6], found: &Found) -> Option<i64> {
        let [fd, _, len, ..] = args;
        if self.is_in_memory(fd, found) {
            return Some(self.make(sysno, args));
        }
        if self.status_flags(fd)? & (O_DIRECT | O_PATH) != 0 {
            return None;
        }
        let offset = self.make(Sysno::lseek, [fd, 0, SEEK_CUR.into(), 0, 0, 0]);
        let offset = u64::try_from(offset).ok()?;
        self.is_cached(fd, found, offset, len)
            .then(|| self.make(sysno, args))
    }

    /// Reads a regular file at an offset, where reading has no form that does not
    /// wait.
    fn read_after_a_look(&mut self, sysno: Sysno, args: [u64; 6], offset: u64) -> Option<i64> {
        let [fd, _, len, ..] = args;
        let found = self.look_at(fd)?;
        let is_here = found.kind == FileType::Regular
            && (self.is_in_memory(fd, &found) || self.is_cached(fd, &found, offset, len));
        is_here.then(|| self.make(sysno, args))
    }

    pub(super) fn write(&mut self, sysno: Sysno, args: [u64; 6]) -> Option<i64> {
        let [fd, buffer, len, ..] = args;
        let found = self.look_at(fd)?;
        match found.kind {
            FileType::Regular if self.is_in_memory(fd, &found) => {
                return Some(self.make(sysno, args));
            }
            FileType::Pipe if len <= PIPE_BUF => {}
            FileType::Socket if self.keeps_messages(fd) => {}
            _ => return None,
        }
        unless_waiting(self.transfer(Sysno::pwritev2, fd, buffer, len, FILE_OFFSET))
    }

    /// Makes a call on a descriptor if that is a regular file or a directory in
    /// memory.
    pub(super) fn in_memory(&mut self, sysno: Sysno, args: [u64; 6]) -> Option<i64> {
        let found = self.look_at(args[0])?;
        let is_file = matches!(found.kind, FileType::Regular | FileType::Directory);
        (is_file && self.is_in_memory(args[0], &found)).then(|| self.make(sysno, args))
    }

    /// Reads one byte that nobody gets to see; says how many there were.
    fn probe(&mut self, fd: u64, offset: u64) -> i64 {
        let mut byte = 0_u8;
        let address = (&raw mut byte).expose_provenance() as u64;
        self.transfer(Sysno::preadv2, fd, address, 1, offset)
    }

    /// Makes `preadv2` or `pwritev2` with one buffer, without waiting.
    fn transfer(&mut self, sysno: Sysno, fd: u64, base: u64, len: u64, offset: u64) -> i64 {
        let vector = IoVec { base, len };
        let address = (&raw const vector).expose_provenance() as u64;
        self.make(sysno, [fd, address, 1, offset, 0, RWF_NOWAIT.into()])
    }
}

/// Whether a file system has no form that does not wait.
fn has_no_form(result: i64) -> bool {
    result == -i64::from(Errno::OPNOTSUPP.raw_os_error())
}

/// A result that stands, unless it says that there is nothing now, or that
/// there is no such form for this file.
pub(super) fn unless_waiting(result: i64) -> Option<i64> {
    let none = [Errno::AGAIN, Errno::OPNOTSUPP, Errno::NOSYS, Errno::INVAL];
    let stands = none
        .iter()
        .all(|errno| result != -i64::from(errno.raw_os_error()));
    stands.then_some(result)
}
