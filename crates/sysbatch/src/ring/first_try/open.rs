//! Opening without waiting.
//!
//! `RESOLVE_CACHED` (`openat2(2)`) keeps the look-up of a path from waiting,
//! not the opening of what is found there: a FIFO waits for its other end, and
//! a server may be asked. So [what is there](super::look) is looked at first.
//! Only regular files and directories that are local are opened, only for
//! reading; with `O_PATH` anything is, since that opens nothing.
//!
//! Success counts, and what the look-up says of the names on the way. Whatever
//! else `openat2` says, a worker makes the call itself.
//!
//! A file on which another process holds a write lease (`F_SETLEASE` of
//! `fcntl(2)`) is opened when that is given up: this is waited for here.

use linux_raw_sys::general::{
    O_CLOEXEC, O_DIRECTORY, O_LARGEFILE, O_NOATIME, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_PATH,
};
use syscalls::Sysno;

use super::host::NowaitHost;
use super::look::{FileType, is_of_names};
use super::memory;
use super::own::OwnKind;
use crate::Memory;

/// What may be asked for when a file is opened; reading is 0.
const OPEN_FLAGS: u32 =
    O_CLOEXEC | O_DIRECTORY | O_LARGEFILE | O_NOATIME | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK;
/// What counts with `O_PATH`; the rest is ignored by `openat`.
const PATH_FLAGS: u32 = O_PATH | O_CLOEXEC | O_DIRECTORY | O_NOFOLLOW;

impl<M: Memory> NowaitHost<M> {
    #[cfg(target_arch = "x86_64")]
    pub(super) fn open(&mut self, _: Sysno, args: [u64; 6]) -> Option<i64> {
        let [path, flags, ..] = args;
        self.open_at(super::host::HERE, path, flags as u32)
    }

    pub(super) fn openat(&mut self, _: Sysno, args: [u64; 6]) -> Option<i64> {
        let [directory, path, flags, ..] = args;
        self.open_at(directory, path, flags as u32)
    }

    fn open_at(&mut self, directory: u64, path: u64, flags: u32) -> Option<i64> {
        if flags & O_PATH != 0 {
            return self.opened(directory, path, flags & PATH_FLAGS, OwnKind::Other);
        }
        if flags & !OPEN_FLAGS != 0 {
            return None;
        }
        let found = match self.look_up(directory, path, flags & O_NOFOLLOW == 0) {
            Ok(found) => found.filter(|found| found.is_local)?,
            Err(error) => return is_of_names(error).then_some(error),
        };
        let kind = match found.kind {
            FileType::Regular => OwnKind::Regular {
                in_memory: memory::is_known(found.device),
            },
            FileType::Directory => OwnKind::Other,
            _ => return None,
        };
        self.opened(directory, path, flags, kind)
    }

    fn opened(&mut self, directory: u64, path: u64, flags: u32, kind: OwnKind) -> Option<i64> {
        let fd = self.open_cached(directory, path, flags);
        if fd < 0 {
            return is_of_names(fd).then_some(fd);
        }
        self.own.add(fd, kind);
        Some(fd)
    }
}
