//! Closing without waiting.
//!
//! The last descriptor of a file releases it (`__fput` in fs/file_table.c), and
//! what that does is the file system's or the driver's affair. It waits for
//! nothing where
//!
//! - it is a pipe or a FIFO that has a name still, or none from the start: its
//!   buffers are freed and its other end is woken (`pipe_release`);
//! - it is a directory or a regular file that is local, has a name still and was
//!   opened for reading: with no name left all of it would be freed on the device, and what
//!   was written may have to go there;
//! - it is in memory;
//! - it is a socket of the Internet or of this machine (`unix(7)`) that does not
//!   linger (`SO_LINGER` in `socket(7)`): what is left to send is sent by itself;
//! - the first try opened it.
//!
//! Devices and whatever else has a driver of its own are left to workers.

use linux_raw_sys::general::{O_ACCMODE, O_PATH, O_RDONLY};
use linux_raw_sys::net::{AF_INET, AF_INET6, AF_UNIX, SO_DOMAIN, SO_LINGER};
use syscalls::Sysno;

use super::host::NowaitHost;
use super::look::FileType;
use crate::Memory;

impl<M: Memory> NowaitHost<M> {
    pub(super) fn close(&mut self, sysno: Sysno, args: [u64; 6]) -> Option<i64> {
        let fd = args[0];
        let found = self.look_at(fd)?;
        let goes = match found.kind {
            FileType::Pipe => found.links > 0,
            FileType::Regular | FileType::Directory => {
                found.is_local
                    && (found.links > 0 && self.only_reads(fd)? || self.is_in_memory(fd, &found))
            }
            FileType::Socket => !self.may_linger(fd),
            FileType::Symlink | FileType::Anonymous | FileType::Device => false,
        };
        goes.then(|| self.make(sysno, args))
    }

    fn only_reads(&mut self, fd: u64) -> Option<bool> {
        let flags = self.status_flags(fd)?;
        Some(flags & O_PATH != 0 || flags & O_ACCMODE == O_RDONLY)
    }

    /// Whether closing a socket may wait.
    fn may_linger(&mut self, fd: u64) -> bool {
        match self.option(fd, SO_DOMAIN) {
            Some([AF_UNIX, _]) => false,
            // `struct linger`: whether, and how long.
            Some([AF_INET | AF_INET6, _]) => !matches!(self.option(fd, SO_LINGER), Some([0, _])),
            _ => true,
        }
    }
}
