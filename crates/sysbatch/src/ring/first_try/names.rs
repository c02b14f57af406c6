//! Queries about files: `stat` and similar calls, `access`, `readlink`.
//!
//! These calls have no form that does not wait. So it is [looked](super::look)
//! whether the names are in the cache and the file is local, and then the call
//! itself is made: whatever it returns is its own.
//!
//! The kernel may drop a name from the cache between the look and the call, and
//! a list of access rights that was never asked for is read when `access` first
//! asks for it. Then the call waits for the device.

use linux_raw_sys::general::{AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW};
use sysbatch_abi::Width;
use sysbatch_engine::Host as _;
use syscalls::Sysno;

#[cfg(target_arch = "x86_64")]
use super::host::HERE;
use super::host::NowaitHost;
use super::look::{FileType, Found, is_of_names};
use super::memory;
use crate::Memory;
use crate::arch::NEWFSTATAT;

/// Whose name a call has, and how.
#[derive(Clone, Copy)]
struct Name {
    directory: u64,
    path: u64,
    /// `AT_…`.
    flags: u64,
    /// Whether it is a symbolic link that is read.
    reads_link: bool,
}

/// The arguments of a call with the name of a file.
fn name(sysno: Sysno, args: [u64; 6]) -> Option<Name> {
    let [directory, path, c, d, ..] = args;
    let nofollow = u64::from(AT_SYMLINK_NOFOLLOW);
    let at = |flags| Name {
        directory,
        path,
        flags,
        reads_link: false,
    };
    #[cfg(target_arch = "x86_64")]
    let here = |flags| Name {
        directory: HERE,
        path: args[0],
        flags,
        reads_link: false,
    };
    let link = |name| Name {
        reads_link: true,
        ..name
    };
    Some(match sysno {
        NEWFSTATAT | Sysno::faccessat2 => at(d),
        Sysno::statx => at(c),
        Sysno::faccessat => at(0),
        Sysno::readlinkat => link(at(nofollow)),
        #[cfg(target_arch = "x86_64")]
        Sysno::stat | Sysno::access => here(0),
        #[cfg(target_arch = "x86_64")]
        Sysno::lstat => here(nofollow),
        #[cfg(target_arch = "x86_64")]
        Sysno::readlink => link(here(nofollow)),
        _ => return None,
    })
}

impl<M: Memory> NowaitHost<M> {
    /// Makes a call that asks about a file by its name.
    pub(super) fn by_name(&mut self, sysno: Sysno, args: [u64; 6]) -> Option<i64> {
        let name = name(sysno, args)?;
        let goes = if name.flags & u64::from(AT_EMPTY_PATH) != 0 && self.is_empty(name.path) {
            self.tells_at_once(name.directory)
        } else {
            let follow = name.flags & u64::from(AT_SYMLINK_NOFOLLOW) == 0;
            match self.look_up(name.directory, name.path, follow) {
                Ok(Some(found)) => found.is_local && !(name.reads_link && is_elsewhere(&found)),
                Ok(None) => false,
                // Without a name the call is about the directory.
                Err(error) => is_of_names(error) && !self.is_empty(name.path),
            }
        };
        goes.then(|| self.make(sysno, args))
    }

    /// Makes `fstat`.
    pub(super) fn fstat(&mut self, sysno: Sysno, args: [u64; 6]) -> Option<i64> {
        self.tells_at_once(args[0]).then(|| self.make(sysno, args))
    }

    /// Whether asking for the status of a descriptor is no waiting.
    fn tells_at_once(&mut self, fd: u64) -> bool {
        self.own.kind(fd).is_some()
            || self.look_at(fd).is_some_and(|found| {
                found.is_local || matches!(found.kind, FileType::Socket | FileType::Anonymous)
            })
    }

    /// Whether there is no name at an address.
    fn is_empty(&mut self, path: u64) -> bool {
        !matches!(self.load(path, Width::One), Ok(1..))
    }
}

/// Whether the text of a symbolic link may have to be read from a device: short
/// ones are kept with the rest of what is known of a file.
fn is_elsewhere(found: &Found) -> bool {
    found.kind == FileType::Symlink && found.blocks > 0 && !memory::is_known(found.device)
}
