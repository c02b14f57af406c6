//! What `statx(2)` wrote about a file, read from the bytes of its record.

use std::mem::offset_of;

use rustix::fs::{AtFlags, FileType, Statx, StatxAttributes, StatxFlags};
use rustix::io::Errno;

/// The size of a record, `struct statx`, in bytes.
pub(super) const STATX_SIZE: usize = size_of::<Statx>();
const _: () = assert!(
    STATX_SIZE == 256,
    "the size of struct statx is part of the kernel's ABI"
);

/// What the walk wants to know of each file.
pub(super) const STATX_MASK: u32 = StatxFlags::TYPE
    .union(StatxFlags::NLINK)
    .union(StatxFlags::INO)
    .union(StatxFlags::SIZE)
    .union(StatxFlags::BLOCKS)
    .bits();

/// How it asks: as `lstat(2)` does.
pub(super) const STATX_FLAGS: u32 = AtFlags::SYMLINK_NOFOLLOW
    .union(AtFlags::NO_AUTOMOUNT)
    .bits();

/// A file: its device and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct FileId {
    /// The device, major number in the high half.
    pub(super) device: u64,
    /// The inode number.
    pub(super) inode: u64,
}

/// What a record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileStatus {
    /// Which file it is.
    pub(super) id: FileId,
    /// Whether it is a directory.
    pub(super) is_directory: bool,
    /// Whether it may be the root of a mount: yes, unless the kernel denies it.
    pub(super) may_be_mount_root: bool,
    /// How many names it has.
    pub(super) links: u32,
    /// Its length in bytes; zero for what is neither a regular file nor a symbolic
    /// link, for there it means something else, or nothing.
    pub(super) length: u64,
    /// What it takes on its file system, in units of 512 bytes.
    pub(super) blocks: u64,
}

/// The bytes of a field.
macro_rules! field {
    ($record:expr, $type:ty, $name:ident) => {{
        const AT: usize = offset_of!(Statx, $name);
        let mut bytes = [0; size_of::<$type>()];
        bytes.copy_from_slice(&$record[AT..AT + size_of::<$type>()]);
        <$type>::from_ne_bytes(bytes)
    }};
}

impl FileStatus {
    /// Reads a record that `statx` filled.
    pub(super) fn read(record: &[u8; STATX_SIZE]) -> Self {
        let kind = FileType::from_raw_mode(field!(record, u16, stx_mode).into());
        let attributes = StatxAttributes::from_bits_retain(field!(record, u64, stx_attributes));
        let known = StatxAttributes::from_bits_retain(field!(record, u64, stx_attributes_mask));
        let major = field!(record, u32, stx_dev_major);
        let minor = field!(record, u32, stx_dev_minor);
        Self {
            id: FileId {
                device: u64::from(major) << 32 | u64::from(minor),
                inode: field!(record, u64, stx_ino),
            },
            is_directory: kind == FileType::Directory,
            may_be_mount_root: !known.contains(StatxAttributes::MOUNT_ROOT)
                || attributes.contains(StatxAttributes::MOUNT_ROOT),
            links: field!(record, u32, stx_nlink),
            length: match kind {
                // A length is signed everywhere else, and a file system that gives
                // a negative one means nothing by it.
                FileType::RegularFile | FileType::Symlink => {
                    u64::try_from(field!(record, i64, stx_size)).unwrap_or(0)
                }
                _ => 0,
            },
            blocks: field!(record, u64, stx_blocks),
        }
    }

    /// Reads a record of the listing program, which puts the negated errno in
    /// place of the mask when `statx` fails. The mask's highest bit is reserved
    /// (`STATX__RESERVED`), so the two cannot be confused.
    pub(super) fn read_marked(record: &[u8; STATX_SIZE]) -> Result<Self, Errno> {
        let mask = field!(record, u32, stx_mask).cast_signed();
        if mask < 0 {
            return Err(Errno::from_raw_os_error(mask.wrapping_neg()));
        }
        Ok(Self::read(record))
    }
}
