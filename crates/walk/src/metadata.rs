//! What `statx(2)` returns about a file.

use std::fmt;
use std::mem::offset_of;
use std::time::{Duration, SystemTime};

use rustix::fs::{FileType, Statx, StatxAttributes, StatxFlags};
use rustix::io::Errno;

/// The size of a record, `struct statx`, in bytes.
pub(crate) const STATX_SIZE: usize = size_of::<Statx>();
const _: () = assert!(
    STATX_SIZE == 256 && size_of::<Metadata>() == STATX_SIZE,
    "the size of struct statx is part of the kernel's ABI"
);

/// A file: its device and its number there. Two names with the same identity
/// are names of the same file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId {
    /// The device, the major number in the high 32 bits, the minor number in
    /// the low ones.
    pub device: u64,
    /// The inode number.
    pub inode: u64,
}

/// A point in time, as file systems keep it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp {
    /// Seconds since 1970-01-01 00:00:00 UTC, negative before.
    pub seconds: i64,
    /// Nanoseconds since that second, below 1,000,000,000.
    pub nanoseconds: u32,
}

impl Timestamp {
    /// The same time in the terms of the standard library; `None` if that has
    /// no such time.
    #[must_use]
    pub fn to_system_time(self) -> Option<SystemTime> {
        let epoch = SystemTime::UNIX_EPOCH;
        let second = if self.seconds < 0 {
            epoch.checked_sub(Duration::from_secs(self.seconds.unsigned_abs()))
        } else {
            epoch.checked_add(Duration::from_secs(self.seconds.unsigned_abs()))
        };
        second?.checked_add(Duration::from_nanos(self.nanoseconds.into()))
    }
}

/// What `statx(2)` told of a file: the fields of `struct statx`, by methods.
///
/// A field that was not asked for ([`Walk::fields`](crate::Walk::fields)), or
/// that the file system does not have, is zero; where that matters
/// [`Metadata::fields`] tells which ones are there.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Metadata([u64; 32]);

/// The value of a field.
macro_rules! field {
    ($record:expr, $type:ty, $at:expr) => {{
        const AT: usize = $at;
        let word = $record.0[AT / 8].to_ne_bytes();
        let mut bytes = [0; size_of::<$type>()];
        bytes.copy_from_slice(&word[AT % 8..AT % 8 + size_of::<$type>()]);
        <$type>::from_ne_bytes(bytes)
    }};
}

/// A point in time in a record.
macro_rules! time {
    ($record:expr, $name:ident) => {
        Timestamp {
            seconds: field!($record, i64, offset_of!(Statx, $name)),
            nanoseconds: field!($record, u32, offset_of!(Statx, $name) + 8),
        }
    };
}

impl Metadata {
    /// A record with nothing in it.
    pub(crate) const EMPTY: Self = Self([0; 32]);

    /// Which fields are there.
    #[must_use]
    #[inline]
    pub fn fields(&self) -> StatxFlags {
        StatxFlags::from_bits_retain(field!(self, u32, offset_of!(Statx, stx_mask)))
    }

    /// What kind of file it is.
    #[must_use]
    #[inline]
    pub fn file_type(&self) -> FileType {
        FileType::from_raw_mode(self.mode())
    }

    /// Whether it is a directory.
    #[must_use]
    #[inline]
    pub fn is_dir(&self) -> bool {
        self.file_type() == FileType::Directory
    }

    /// Its type and permissions, `stx_mode`.
    #[must_use]
    #[inline]
    pub fn mode(&self) -> u32 {
        field!(self, u16, offset_of!(Statx, stx_mode)).into()
    }

    /// Which file it is: device and inode number.
    #[must_use]
    #[inline]
    pub fn id(&self) -> FileId {
        FileId {
            device: self.device(),
            inode: field!(self, u64, offset_of!(Statx, stx_ino)),
        }
    }

    /// The device it is on, as in [`FileId::device`].
    #[must_use]
    #[inline]
    pub fn device(&self) -> u64 {
        let major = field!(self, u32, offset_of!(Statx, stx_dev_major));
        let minor = field!(self, u32, offset_of!(Statx, stx_dev_minor));
        u64::from(major) << 32 | u64::from(minor)
    }

    /// The device that it stands for, if it is a device file: major and minor
    /// number.
    #[must_use]
    pub fn special_device(&self) -> (u32, u32) {
        (
            field!(self, u32, offset_of!(Statx, stx_rdev_major)),
            field!(self, u32, offset_of!(Statx, stx_rdev_minor)),
        )
    }

    /// How many names it has.
    #[must_use]
    #[inline]
    pub fn links(&self) -> u32 {
        field!(self, u32, offset_of!(Statx, stx_nlink))
    }

    /// The user that it belongs to.
    #[must_use]
    pub fn uid(&self) -> u32 {
        field!(self, u32, offset_of!(Statx, stx_uid))
    }

    /// The group that it belongs to.
    #[must_use]
    pub fn gid(&self) -> u32 {
        field!(self, u32, offset_of!(Statx, stx_gid))
    }

    /// Its length in bytes, as the file system tells it: for what is neither a
    /// regular file nor a symbolic link that may mean something else, or
    /// nothing.
    #[must_use]
    #[inline]
    pub fn size(&self) -> u64 {
        field!(self, u64, offset_of!(Statx, stx_size))
    }

    /// What it takes on its file system, in units of 512 bytes.
    #[must_use]
    #[inline]
    pub fn blocks(&self) -> u64 {
        field!(self, u64, offset_of!(Statx, stx_blocks))
    }

    /// The size in bytes in which its file system is best read and written.
    #[must_use]
    pub fn block_size(&self) -> u32 {
        field!(self, u32, offset_of!(Statx, stx_blksize))
    }

    /// When it was last read.
    #[must_use]
    pub fn accessed(&self) -> Timestamp {
        time!(self, stx_atime)
    }

    /// When its contents were last changed.
    #[must_use]
    pub fn modified(&self) -> Timestamp {
        time!(self, stx_mtime)
    }

    /// When its contents or its metadata were last changed.
    #[must_use]
    pub fn changed(&self) -> Timestamp {
        time!(self, stx_ctime)
    }

    /// When it was made, if that was asked for and the file system keeps it.
    #[must_use]
    pub fn created(&self) -> Option<Timestamp> {
        self.fields()
            .contains(StatxFlags::BTIME)
            .then(|| time!(self, stx_btime))
    }

    /// Its attributes, such as "immutable"; of those in
    /// [`Metadata::known_attributes`] only.
    #[must_use]
    pub fn attributes(&self) -> StatxAttributes {
        StatxAttributes::from_bits_retain(field!(self, u64, offset_of!(Statx, stx_attributes)))
    }

    /// The attributes that the kernel and the file system know of.
    #[must_use]
    pub fn known_attributes(&self) -> StatxAttributes {
        let at = field!(self, u64, offset_of!(Statx, stx_attributes_mask));
        StatxAttributes::from_bits_retain(at)
    }

    /// The error in place of the record, if the listing batch left one: the
    /// negated errno where the mask is. The mask's highest bit is reserved
    /// (`STATX__RESERVED`), so the two cannot be confused.
    #[inline]
    pub(crate) fn marked_error(&self) -> Option<Errno> {
        let mask = field!(self, u32, offset_of!(Statx, stx_mask)).cast_signed();
        (mask < 0).then(|| Errno::from_raw_os_error(mask.wrapping_neg()))
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metadata")
            .field("id", &self.id())
            .field("mode", &format_args!("{:#o}", self.mode()))
            .field("links", &self.links())
            .field("size", &self.size())
            .field("blocks", &self.blocks())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        let at = |seconds, nanoseconds| {
            let time = Timestamp {
                seconds,
                nanoseconds,
            };
            time.to_system_time().unwrap()
        };
        let epoch = SystemTime::UNIX_EPOCH;
        assert_eq!(at(0, 0), epoch);
        assert_eq!(at(1, 5), epoch + Duration::new(1, 5));
        assert_eq!(at(-1, 999_999_999), epoch - Duration::from_nanos(1));
    }
}
