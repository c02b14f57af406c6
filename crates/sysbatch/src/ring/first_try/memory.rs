//! Whether what would be read is in memory.
//!
//! | file system | how it is known |
//! | --- | --- |
//! | tmpfs, and memfds | it is memory: reading waits at most for swap, as the buffer may, too |
//! | with `RWF_NOWAIT` (`preadv2(2)`): ext4, XFS, Btrfs, F2FS | it is read without waiting, to nowhere |
//! | overlayfs | the file is mapped, which maps the one that lies below, and `mincore(2)` tells which of its pages are in the cache, and up to date |
//!
//! `mincore` tells the truth only to those who may write the file, and says to
//! others that all is there (`can_do_mincore` in mm/mincore.c). So it is also
//! asked about a page behind the end of the file: that is never there.
//!
//! The kernel may take a page back between the look and the call. Then the call
//! waits for the device.

use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use linux_raw_sys::general::{
    MAP_NORESERVE, MAP_PRIVATE, OVERLAYFS_SUPER_MAGIC, PROT_NONE, RWF_NOWAIT, TMPFS_MAGIC, statfs,
};
use rustix::io::Errno;
use syscalls::Sysno;

use super::host::NowaitHost;
use super::look::Found;
use crate::Memory;

/// The page size. Where pages are larger a mapping fails or too few pages are told
/// of, and it is a worker that reads.
const PAGE: u64 = 4096;
/// How much is looked at, in bytes. Reading more is worth a worker.
const LOOK_MAX: u64 = VECTORS as u64 * PAGE;
const VECTORS: usize = 64;

/// Numbers of devices that are tmpfs. One that was unmounted may be another file
/// system's later: then that one is taken for memory, and waited for.
static KNOWN: [AtomicU64; 4] = [const { AtomicU64::new(NONE) }; 4];
static NEXT: AtomicUsize = AtomicUsize::new(0);
/// No device has this number.
const NONE: u64 = u64::MAX;

/// Whether a device is known to be memory.
pub(super) fn is_known(device: u64) -> bool {
    KNOWN
        .iter()
        .any(|known| known.load(Ordering::Relaxed) == device)
}

fn remember(device: u64) {
    if !is_known(device) {
        let place = NEXT.fetch_add(1, Ordering::Relaxed) % KNOWN.len();
        KNOWN[place].store(device, Ordering::Relaxed);
    }
}

/// Where bytes go that nobody wants.
static NOWHERE: [AtomicU64; PAGE as usize / 8] = [const { AtomicU64::new(0) }; PAGE as usize / 8];

/// `struct iovec` (`readv(2)`).
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct IoVec {
    pub(super) base: u64,
    pub(super) len: u64,
}

impl<M: Memory> NowaitHost<M> {
    /// Whether the file system of a descriptor is memory.
    pub(super) fn is_in_memory(&mut self, fd: u64, found: &Found) -> bool {
        if is_known(found.device) {
            return true;
        }
        let is_tmpfs = found.is_local && self.file_system(fd) == Some(TMPFS_MAGIC);
        if is_tmpfs {
            remember(found.device);
        }
        is_tmpfs
    }

    /// The kind of the file system of a local file, `f_type` of `fstatfs(2)`.
    fn file_system(&mut self, fd: u64) -> Option<u32> {
        let mut words = [0_u64; size_of::<statfs>() / 8];
        let address = (&raw mut words).expose_provenance() as u64;
        let result = self.make(Sysno::fstatfs, [fd, address, 0, 0, 0, 0]);
        (result == 0).then_some(words[0] as u32)
    }

    /// Whether all that a regular file has of `len` bytes from `offset` on is in
    /// the cache.
    pub(super) fn is_cached(&mut self, fd: u64, found: &Found, offset: u64, len: u64) -> bool {
        let len = len.min(found.size.saturating_sub(offset));
        if len == 0 {
            return true;
        }
        if len > LOOK_MAX {
            return false;
        }
        let read = self.read_to_nowhere(fd, offset, len);
        if read == -i64::from(Errno::OPNOTSUPP.raw_os_error()) {
            return found.is_local
                && self.file_system(fd) == Some(OVERLAYFS_SUPER_MAGIC)
                && self.has_pages(fd, found.size, offset, len);
        }
        read.cast_unsigned() == len
    }

    /// Reads from the cache; says how many bytes there are.
    fn read_to_nowhere(&mut self, fd: u64, offset: u64, len: u64) -> i64 {
        let base = NOWHERE.as_ptr().expose_provenance() as u64;
        let mut vectors = [IoVec { base, len: PAGE }; VECTORS];
        let count = len.div_ceil(PAGE);
        if let Some(last) = vectors.get_mut(count as usize - 1) {
            last.len = len - (count - 1) * PAGE;
        }
        let address = vectors.as_ptr().expose_provenance() as u64;
        let args = [fd, address, count, offset, 0, RWF_NOWAIT.into()];
        self.make(Sysno::preadv2, args)
    }

    /// Whether the pages of a mapping of a file of `size` bytes are in the cache.
    fn has_pages(&mut self, fd: u64, size: u64, offset: u64, len: u64) -> bool {
        let start = offset - offset % PAGE;
        let pages = (offset + len).div_ceil(PAGE) - start / PAGE;
        let behind = size.next_multiple_of(PAGE) - start;
        let flags = MAP_PRIVATE | MAP_NORESERVE;
        let args = [0, behind + PAGE, PROT_NONE.into(), flags.into(), fd, start];
        let map = self.make(Sysno::mmap, args);
        if map < 0 {
            return false;
        }
        let map = map.cast_unsigned();
        let mut is_there = [0_u8; VECTORS + 1];
        let mut is_behind = [1_u8];
        let asked = self.pages(map, &mut is_there[..pages as usize])
            && self.pages(map + behind, &mut is_behind);
        self.make(Sysno::munmap, [map, behind + PAGE, 0, 0, 0, 0]);
        let all = is_there[..pages as usize].iter().all(|page| page & 1 != 0);
        asked && all && is_behind[0] & 1 == 0
    }

    /// Asks which pages from an address on are in the cache; whether that is told.
    fn pages(&mut self, address: u64, pages: &mut [u8]) -> bool {
        let len = pages.len() as u64 * PAGE;
        let told = pages.as_mut_ptr().expose_provenance() as u64;
        self.make(Sysno::mincore, [address, len, told, 0, 0, 0]) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_remembered() {
        assert!(!is_known(1 << 40));
        remember(1 << 40);
        assert!(is_known(1 << 40));
        assert!(!is_known(1 << 41));
    }
}
