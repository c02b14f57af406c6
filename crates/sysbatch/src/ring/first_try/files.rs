//! Opening, reading and writing without waiting.
//!
//! # Opening
//! `RESOLVE_CACHED` (`openat2(2)`) keeps the look-up of a path from waiting,
//! not the opening of what is found there: a FIFO waits for its other end. So
//! what is there is looked at first, by a descriptor that opens nothing
//! (`O_PATH`), which is closed again so that the file has the number it would
//! have anyway. Only regular files and directories, only for reading, are
//! opened here. Only success counts: whatever else `openat2` says, a worker
//! makes the call itself.
//!
//! # Reading regular files
//! `RWF_NOWAIT` (`preadv2(2)`) gives what is in the cache, which may be less
//! than the call would have read. A short count is taken only if the file ends
//! there: its length says so, if it is known, or the next read does. Else the call
//! has not been made: at an explicit offset that leaves nothing behind but bytes
//! in a buffer that will be overwritten; a file's own offset is put back, where
//! nobody else can have seen it.
//!
//! # Files opened with `O_DIRECT`
//! are left to workers: with them `RWF_NOWAIT` still waits for the device.

use linux_raw_sys::general::{
    AT_EMPTY_PATH, AT_STATX_DONT_SYNC, O_CLOEXEC, O_DIRECT, O_DIRECTORY, O_LARGEFILE, O_NOATIME,
    O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_PATH, RESOLVE_CACHED, RWF_NOWAIT, S_IFIFO, S_IFMT, S_IFREG,
    S_IFSOCK, SEEK_CUR, STATX_SIZE, STATX_TYPE, open_how,
};
use rustix::fs::Statx;
use rustix::io::Errno;
use syscalls::Sysno;

use super::host::{NowaitHost, Own};
use crate::Memory;

/// What may be asked for when a file is opened; reading is 0.
const OPEN_FLAGS: u32 =
    O_CLOEXEC | O_DIRECTORY | O_LARGEFILE | O_NOATIME | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK;
/// What is written to a pipe in one piece, in bytes (`pipe(7)`).
const PIPE_BUF: u64 = 4096;
/// The offset that stands for the file's own (`preadv2(2)`).
const FILE_OFFSET: u64 = u64::MAX;

/// What a descriptor refers to, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FileType {
    /// A regular file that is so long, in bytes.
    Regular(u64),
    Pipe,
    Socket,
    Other,
}

/// `struct iovec` (`readv(2)`).
#[repr(C)]
struct IoVec {
    base: u64,
    len: u64,
}

impl<M: Memory> NowaitHost<M> {
    pub(super) fn openat(&mut self, args: [u64; 6]) -> Option<i64> {
        let [directory, path, flags, ..] = args;
        let flags = flags as u32;
        if flags & !OPEN_FLAGS != 0 {
            return None;
        }
        let regular = flags & O_DIRECTORY == 0;
        if regular {
            let place_flags = O_PATH | O_CLOEXEC | flags & O_NOFOLLOW;
            let place = self.open_cached(directory, path, place_flags)?;
            let found = self.file_type(place);
            self.make(Sysno::close, [place, 0, 0, 0, 0, 0]);
            if !matches!(found, Some(FileType::Regular(_))) {
                return None;
            }
        }
        let fd = self.open_cached(directory, path, flags)?;
        self.own.push(Own {
            fd: fd as i32,
            regular,
        });
        Some(fd.cast_signed())
    }

    /// Opens what a path in the cache leads to.
    fn open_cached(&mut self, directory: u64, path: u64, flags: u32) -> Option<u64> {
        let how = open_how {
            flags: flags.into(),
            mode: 0,
            resolve: RESOLVE_CACHED.into(),
        };
        let address = (&raw const how).expose_provenance() as u64;
        let size = size_of::<open_how>() as u64;
        let fd = self.make(Sysno::openat2, [directory, path, address, size, 0, 0]);
        u64::try_from(fd).ok()
    }

    /// What is open, without asking a server for it.
    fn file_type(&mut self, fd: u64) -> Option<FileType> {
        let mut words = [0_u64; size_of::<Statx>() / 8];
        let statx = (&raw mut words).expose_provenance() as u64;
        let path = c"".as_ptr().expose_provenance() as u64;
        let flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
        let mask = STATX_TYPE | STATX_SIZE;
        let args = [fd, path, flags.into(), mask.into(), statx, 0];
        if self.make(Sysno::statx, args) != 0 {
            return None;
        }
        const MODE: usize = core::mem::offset_of!(Statx, stx_mode);
        const SIZE: usize = core::mem::offset_of!(Statx, stx_size);
        const { assert!(SIZE.is_multiple_of(8)) };
        let mode = (words[MODE / 8] >> (MODE % 8 * 8)) as u32;
        Some(match mode & S_IFMT {
            S_IFREG => FileType::Regular(words[SIZE / 8]),
            S_IFIFO => FileType::Pipe,
            S_IFSOCK => FileType::Socket,
            _ => FileType::Other,
        })
    }

    pub(super) fn pread(&mut self, args: [u64; 6]) -> Option<i64> {
        let [fd, buffer, len, offset, ..] = args;
        if offset.cast_signed() < 0 {
            return None;
        }
        let mut end = None;
        if !self.is_own_regular(fd) {
            let FileType::Regular(len) = self.file_type(fd)? else {
                return None;
            };
            if self.status_flags(fd)? & O_DIRECT != 0 {
                return None;
            }
            end = Some(len);
        }
        let count = self.transfer(Sysno::preadv2, fd, buffer, len, offset);
        let read = u64::try_from(count).ok()?;
        let stop = offset.checked_add(read)?;
        let stands = read == len || read == 0 || end == Some(stop) || self.probe(fd, stop) == 0;
        stands.then_some(count)
    }

    pub(super) fn read(&mut self, args: [u64; 6]) -> Option<i64> {
        let [fd, buffer, len, ..] = args;
        if self.is_own_regular(fd) {
            return self.read_own(fd, buffer, len);
        }
        match self.file_type(fd)? {
            FileType::Pipe => {}
            FileType::Socket if self.receives_anything(fd) => {}
            _ => return None,
        }
        unless_waiting(self.transfer(Sysno::preadv2, fd, buffer, len, FILE_OFFSET))
    }

    /// Reads at the offset of a file that nobody else knows.
    fn read_own(&mut self, fd: u64, buffer: u64, len: u64) -> Option<i64> {
        let count = self.transfer(Sysno::preadv2, fd, buffer, len, FILE_OFFSET);
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

    fn is_own_regular(&self, fd: u64) -> bool {
        self.own
            .iter()
            .any(|own| own.fd == fd as i32 && own.regular)
    }

    pub(super) fn write(&mut self, args: [u64; 6]) -> Option<i64> {
        let [fd, buffer, len, ..] = args;
        match self.file_type(fd)? {
            FileType::Pipe if len <= PIPE_BUF => {}
            FileType::Socket if self.keeps_messages(fd) => {}
            _ => return None,
        }
        unless_waiting(self.transfer(Sysno::pwritev2, fd, buffer, len, FILE_OFFSET))
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

/// A result that stands, unless it says that there is nothing now, or that
/// there is no such form for this file.
pub(super) fn unless_waiting(result: i64) -> Option<i64> {
    let none = [Errno::AGAIN, Errno::OPNOTSUPP, Errno::NOSYS, Errno::INVAL];
    let stands = none
        .iter()
        .all(|errno| result != -i64::from(errno.raw_os_error()));
    stands.then_some(result)
}
