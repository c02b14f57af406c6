// SPDX-License-Identifier: GPL-2.0-only
//! What is known of a file about which a call would wait.

use crate::shim;

/// Facts about a file: the bits of `struct sysbatch_file` in `shim.h`.
const FOUND: u64 = 1 << 4;
const READABLE: u64 = 1 << 5;
const WRITABLE: u64 = 1 << 6;
const NEVER_BLOCKS: u64 = 1 << 7;
const DIRECT: u64 = 1 << 8;
const LAST: u64 = 1 << 9;
const LINKED: u64 = 1 << 10;
const FLUSHES: u64 = 1 << 11;
const CACHED: u64 = 1 << 12;
const LINGERS: u64 = 1 << 13;
const RECEIVES_ANYTHING: u64 = 1 << 14;
const HAS_OWNER: u64 = 1 << 15;
/// Of other files than sockets.
const OVERLAID: u64 = 1 << 16;

/// Types, as in `st_mode` (`inode(7)`), from bit 12 on.
const FIFO: u64 = 1;
const CHARACTER: u64 = 2;
const DIRECTORY: u64 = 4;
const REGULAR: u64 = 8;
const LINK: u64 = 10;

/// Anonymous files: `anonymous_kind()` in `look.c`, one bit each.
pub(super) const EVENT: u64 = 1 << 1;
const TIMER: u64 = 1 << 2;
const SIGNAL: u64 = 1 << 3;
const INOTIFY: u64 = 1 << 4;
const EPOLL: u64 = 1 << 5;
/// Those of which each read takes what there is.
pub(super) const READ_IN_PIECES: u64 = EVENT | TIMER | SIGNAL | INOTIFY;

/// File systems (`include/uapi/linux/magic.h`; XFS, exFAT and vfat in `fs`).
mod magic {
    pub(super) const TMPFS: u64 = 0x0102_1994;
    pub(super) const RAMFS: u64 = 0x8584_58F6;
    pub(super) const PROC: u64 = 0x9FA0;
    pub(super) const PIPEFS: u64 = 0x5049_5045;
    pub(super) const SOCKFS: u64 = 0x534F_434B;
    pub(super) const ANONYMOUS: u64 = 0x0904_1934;
    pub(super) const EXT4: u64 = 0xEF53;
    pub(super) const XFS: u64 = 0x5846_5342;
    pub(super) const BTRFS: u64 = 0x9123_683E;
    pub(super) const F2FS: u64 = 0xF2F5_2010;
    pub(super) const SQUASHFS: u64 = 0x7371_7368;
    pub(super) const EROFS: u64 = 0xE0F5_E1E2;
    pub(super) const ISOFS: u64 = 0x9660;
    pub(super) const VFAT: u64 = 0x4D44;
    pub(super) const EXFAT: u64 = 0x2011_BAB0;
    /// Of its files other than regular ones.
    pub(super) const OVERLAYFS: u64 = 0x794C_7630;
}

/// Where reading begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// At the file's own position.
    Position,
    /// Here.
    Offset(u64),
}

/// What is known of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct File {
    magic: u64,
    facts: u64,
}

/// Looks at an open file.
pub(super) fn look(fd: u32) -> File {
    let (magic, facts) = shim::look_at_file(fd, shim::LOOK_AT_FILE, 0, 0);
    File { magic, facts }
}

/// Looks at an open file of which so much is to be read.
pub(super) fn look_to_read(fd: u32, place: Place, len: u64) -> File {
    let (what, offset) = match place {
        Place::Position => (shim::LOOK_AT_POSITION, 0),
        Place::Offset(offset) => (shim::LOOK_AT_OFFSET, offset),
    };
    let (magic, facts) = shim::look_at_file(fd, what, offset.cast_signed(), len);
    File { magic, facts }
}

/// Looks for what a path leads to, in the cache alone.
pub(super) fn look_at_path(directory: u32, path: u64, how: u32) -> File {
    let (magic, facts) = shim::look_at_path(directory, path, how);
    File { magic, facts }
}

impl File {
    const fn is(&self, fact: u64) -> bool {
        self.facts & fact != 0
    }

    const fn file_type(&self) -> u64 {
        self.facts & 0xF
    }

    /// Whether there is one at the number.
    pub(super) const fn is_found(&self) -> bool {
        self.is(FOUND)
    }

    /// Whether waits of this open file were ruled out, `O_NONBLOCK`.
    pub(super) const fn never_blocks(&self) -> bool {
        self.is(NEVER_BLOCKS)
    }

    /// Whether reading says `EBADF`, or `EISDIR`.
    pub(super) fn fails_to_read(&self) -> bool {
        !self.is(FOUND) || !self.is(READABLE) || self.file_type() == DIRECTORY && self.is_local()
    }

    /// Whether writing says so.
    pub(super) const fn fails_to_write(&self) -> bool {
        !self.is(FOUND) || !self.is(WRITABLE)
    }

    /// Whether the file system is on a device of this machine, or in its memory, and
    /// was looked at for this: what it needs is in caches, or has to be read.
    fn is_local(&self) -> bool {
        self.is_in_memory()
            || matches!(
                self.magic,
                magic::EXT4
                    | magic::XFS
                    | magic::BTRFS
                    | magic::F2FS
                    | magic::SQUASHFS
                    | magic::EROFS
                    | magic::ISOFS
                    | magic::VFAT
                    | magic::EXFAT
            )
            || self.magic == magic::OVERLAYFS && self.file_type() != REGULAR
    }

    const fn is_in_memory(&self) -> bool {
        matches!(self.magic, magic::TMPFS | magic::RAMFS)
    }

    /// Whether it is a regular file and what was asked for is in the page cache, or
    /// made up when it is read.
    pub(super) fn is_cached(&self) -> bool {
        self.file_type() == REGULAR && self.is_local() && self.is(CACHED) && !self.is(DIRECT)
    }

    /// Whether it is a pipe, with a name or without.
    pub(super) const fn is_pipe(&self) -> bool {
        self.file_type() == FIFO
    }

    /// Whether it is an anonymous file of one of these kinds.
    pub(super) fn is_anonymous_kind(&self, kinds: u64) -> bool {
        self.magic == magic::ANONYMOUS
            && 1_u64
                .checked_shl(self.detail())
                .is_some_and(|kind| kind & kinds != 0)
    }

    /// Whether it is one of the devices that are always ready: `null`, `zero` and `full`
    /// (`null(4)`, `full(4)`).
    pub(super) const fn is_memory_device(&self) -> bool {
        const NULL: u32 = 0x103;
        const ZERO: u32 = 0x105;
        const FULL: u32 = 0x107;
        self.file_type() == CHARACTER && matches!(self.detail(), NULL | ZERO | FULL)
    }

    /// The kind of an anonymous file, the number of a device, a socket's protocol.
    const fn detail(&self) -> u32 {
        let [_, _, _, _, a, b, c, d] = self.facts.to_le_bytes();
        u32::from_le_bytes([a, b, c, d])
    }

    /// The family of a socket, and its type.
    const fn socket(&self) -> (u8, u8) {
        let [_, _, family, kind, ..] = self.facts.to_le_bytes();
        (family, kind)
    }

    /// Whether it is a socket of a kind that was looked at, and belongs to nobody else
    /// in the kernel.
    pub(super) const fn is_plain_socket(&self) -> bool {
        const UNIX: u8 = 1;
        const INET: u8 = 2;
        const INET6: u8 = 10;
        const STREAM: u8 = 1;
        const DATAGRAM: u8 = 2;
        const SEQUENCED: u8 = 5;
        const TCP: u32 = 6;
        const UDP: u32 = 17;
        if self.magic != magic::SOCKFS || self.is(HAS_OWNER) {
            return false;
        }
        match self.socket() {
            (UNIX, STREAM | DATAGRAM | SEQUENCED) => true,
            (INET | INET6, STREAM) => self.detail() == TCP,
            (INET | INET6, DATAGRAM) => self.detail() == UDP,
            _ => false,
        }
    }

    /// Whether receiving from it is content with a single byte, or message.
    pub(super) const fn receives_what_there_is(&self) -> bool {
        self.is_plain_socket() && self.is(RECEIVES_ANYTHING)
    }

    /// Whether what is sent is a message, taken in whole or not. Those of UDP are
    /// not, for they may be parts of one that is lost in whole.
    pub(super) const fn sends_messages(&self) -> bool {
        const UNIX: u8 = 1;
        const STREAM: u8 = 1;
        self.is_plain_socket() && matches!(self.socket(), (UNIX, kind) if kind != STREAM)
    }

    /// Whether closing it may wait.
    pub(super) fn closing_waits(&self) -> bool {
        const ENDS_AT_ONCE: u64 = READ_IN_PIECES | EPOLL;
        if !self.is(FOUND) {
            return false;
        }
        // An overlay hands that on to the file below.
        if self.is(FLUSHES) && !(self.is(OVERLAID) && self.is_local()) {
            return true;
        }
        if !self.is(LAST) {
            return false;
        }
        match self.magic {
            magic::PIPEFS => false,
            magic::SOCKFS => !self.is_plain_socket() || self.is(LINGERS),
            magic::ANONYMOUS => !self.is_anonymous_kind(ENDS_AT_ONCE),
            magic::PROC => self.is(WRITABLE),
            _ => !self.ends_at_once(),
        }
    }

    /// Whether nothing is left to be done once a file with a name is closed for good:
    /// nothing to be written, and no space to be given back.
    fn ends_at_once(&self) -> bool {
        let nothing_is_left = match self.file_type() {
            REGULAR => !self.is(WRITABLE) && self.is(LINKED),
            DIRECTORY | LINK | FIFO => self.is(LINKED),
            _ => return self.is_memory_device(),
        };
        self.is_in_memory() || self.is_local() && nothing_is_left
    }

    /// Whether it is a regular file of `proc(5)`, which is made up when it is read.
    pub(super) const fn is_made_up(&self) -> bool {
        self.file_type() == REGULAR && self.magic == magic::PROC
    }

    /// Whether what a call tells about it (`stat(2)`, `access(2)`) is at hand, or that
    /// call fails as the look did.
    pub(super) fn tells_about_itself(&self) -> bool {
        if !self.is(FOUND) {
            return !self.is_in_no_cache();
        }
        self.is_local()
            || matches!(
                self.magic,
                magic::PROC | magic::PIPEFS | magic::SOCKFS | magic::ANONYMOUS
            )
    }

    /// Whether where a link leads is at hand, or that it is none.
    pub(super) fn tells_where_it_leads(&self) -> bool {
        if !self.is(FOUND) {
            return !self.is_in_no_cache();
        }
        self.is_local() && (self.file_type() != LINK || self.is(CACHED))
    }

    /// Of a path: whether a name was not in the cache. What an open file is at a
    /// number that is none has no error.
    const fn is_in_no_cache(&self) -> bool {
        const EINTR: u64 = 4;
        const EAGAIN: u64 = 11;
        matches!(self.magic, EAGAIN | EINTR)
    }

    /// Whether the names in a directory are read from memory.
    pub(super) const fn lists_from_memory(&self) -> bool {
        !self.is(FOUND) || self.is_in_memory()
    }
}
