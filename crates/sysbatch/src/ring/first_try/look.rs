//! What a path or a descriptor refers to, found out without waiting.
//!
//! A path is followed by `openat2(2)` with `RESOLVE_CACHED`, which gives up
//! where a name is not in the cache, and with `O_PATH`, which opens nothing: a
//! FIFO or a device does not notice. What was found is closed again at once, so
//! that a file of the batch has the number it would have anyway.
//!
//! # Errors
//! With `RESOLVE_CACHED` the kernel makes the first of the passes that each
//! look-up of a path begins with, the one that takes no locks, and none after
//! it (`path_init` in fs/namei.c: a pass that is not the first fails with
//! `EAGAIN`). An error of that pass is final for any look-up. So what it says
//! of the names ([`is_of_names`]) is what `openat` would say.
//!
//! # Local files
//! A file system whose files are elsewhere, on another machine or with a server
//! in user space, may ask there even for what `fstat` tells. Those that keep
//! the attributes of `chattr(1)` do not: ext2 to ext4, XFS, Btrfs, F2FS,
//! bcachefs, tmpfs, and overlayfs on those. `statx(2)` says whether they are
//! kept (`stx_attributes_mask`), and with `AT_STATX_DONT_SYNC` asks nobody for
//! it.

use linux_raw_sys::general::{
    AT_EMPTY_PATH, AT_STATX_DONT_SYNC, O_CLOEXEC, O_NOFOLLOW, O_PATH, RESOLVE_CACHED, S_IFDIR,
    S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK, STATX_ATTR_APPEND, STATX_ATTR_IMMUTABLE,
    STATX_ATTR_NODUMP, STATX_BLOCKS, STATX_NLINK, STATX_SIZE, STATX_TYPE, open_how,
};
use rustix::fs::Statx;
use rustix::io::Errno;
use syscalls::Sysno;

use super::host::NowaitHost;
use crate::Memory;

/// What local file systems keep.
const LOCAL: u64 = (STATX_ATTR_APPEND | STATX_ATTR_IMMUTABLE | STATX_ATTR_NODUMP) as u64;

/// What a descriptor refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileType {
    Regular,
    Directory,
    Symlink,
    /// A pipe or FIFO.
    Pipe,
    Socket,
    /// What has no type: an eventfd, a timer, an epoll instance and such.
    Anonymous,
    Device,
}

/// What was found, as far as it matters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) kind: FileType,
    /// In bytes.
    pub(super) size: u64,
    /// How many blocks of a device it occupies.
    pub(super) blocks: u64,
    /// How many names it has.
    pub(super) links: u32,
    /// The number of the device that it is on.
    pub(super) device: u64,
    /// Whether nobody else has to be asked about it.
    pub(super) is_local: bool,
}

impl<M: Memory> NowaitHost<M> {
    /// What a descriptor refers to.
    pub(super) fn look_at(&mut self, fd: u64) -> Option<Found> {
        let mut words = [0_u64; size_of::<Statx>() / 8];
        let statx = (&raw mut words).expose_provenance() as u64;
        let path = c"".as_ptr().expose_provenance() as u64;
        let flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
        let mask = STATX_TYPE | STATX_SIZE | STATX_BLOCKS | STATX_NLINK;
        let args = [fd, path, flags.into(), mask.into(), statx, 0];
        (self.make(Sysno::statx, args) == 0).then(|| found(&words))
    }

    /// What a path in the cache leads to.
    ///
    /// # Errors
    /// What `openat2` failed with, negated.
    pub(super) fn look_up(
        &mut self,
        directory: u64,
        path: u64,
        follow: bool,
    ) -> Result<Option<Found>, i64> {
        let nofollow = if follow { 0 } else { O_NOFOLLOW };
        let place = self.open_cached(directory, path, O_PATH | O_CLOEXEC | nofollow);
        let place = u64::try_from(place).map_err(|_| place)?;
        let found = self.look_at(place);
        self.make(Sysno::close, [place, 0, 0, 0, 0, 0]);
        Ok(found)
    }

    /// Opens what a path in the cache leads to.
    pub(super) fn open_cached(&mut self, directory: u64, path: u64, flags: u32) -> i64 {
        let how = open_how {
            flags: flags.into(),
            mode: 0,
            resolve: RESOLVE_CACHED.into(),
        };
        let address = (&raw const how).expose_provenance() as u64;
        let size = size_of::<open_how>() as u64;
        self.make(Sysno::openat2, [directory, path, address, size, 0, 0])
    }
}

/// Whether a result is an error that a look-up in the cache found for good.
pub(super) fn is_of_names(result: i64) -> bool {
    let errors = [
        Errno::NOENT,
        Errno::NOTDIR,
        Errno::ACCESS,
        Errno::LOOP,
        Errno::NAMETOOLONG,
    ];
    errors
        .iter()
        .any(|errno| result == -i64::from(errno.raw_os_error()))
}

/// What a [`Statx`] says.
fn found(words: &[u64; size_of::<Statx>() / 8]) -> Found {
    /// The field at an offset, whose low bytes are the first ones.
    fn field(words: &[u64], offset: usize) -> u64 {
        words[offset / 8] >> (offset % 8 * 8)
    }
    use core::mem::offset_of;
    let mode = field(words, offset_of!(Statx, stx_mode)) as u32;
    let attributes = field(words, offset_of!(Statx, stx_attributes_mask));
    Found {
        kind: match mode & S_IFMT {
            S_IFREG => FileType::Regular,
            S_IFDIR => FileType::Directory,
            S_IFLNK => FileType::Symlink,
            S_IFIFO => FileType::Pipe,
            S_IFSOCK => FileType::Socket,
            0 => FileType::Anonymous,
            _ => FileType::Device,
        },
        size: field(words, offset_of!(Statx, stx_size)),
        blocks: field(words, offset_of!(Statx, stx_blocks)),
        links: field(words, offset_of!(Statx, stx_nlink)) as u32,
        device: field(words, offset_of!(Statx, stx_dev_major)),
        is_local: attributes & LOCAL == LOCAL,
    }
}

const _: () = {
    use core::mem::offset_of;
    assert!(offset_of!(Statx, stx_size).is_multiple_of(8));
    assert!(offset_of!(Statx, stx_blocks).is_multiple_of(8));
    assert!(offset_of!(Statx, stx_attributes_mask).is_multiple_of(8));
    // Major and minor number are taken as one.
    assert!(offset_of!(Statx, stx_dev_major).is_multiple_of(8));
    assert!(offset_of!(Statx, stx_dev_minor) == offset_of!(Statx, stx_dev_major) + 4);
    assert!(cfg!(target_endian = "little"));
};
