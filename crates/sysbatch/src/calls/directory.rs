//! What `getdents64` reads.

use core::ffi::CStr;

use rustix::fs::{FileType, RawMode};

/// Takes apart what [`Batch::getdents64`](crate::Batch::getdents64) has read.
///
/// See [`getdents64(2)`](https://man7.org/linux/man-pages/man2/getdents64.2.html).
#[derive(Clone, Debug)]
pub struct DirectoryEntries<'a> {
    rest: &'a [u8],
}

/// One name in a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DirectoryEntry<'a> {
    /// The number of the inode.
    pub inode: u64,
    /// The place in the directory after this entry, for `lseek`.
    pub offset: i64,
    /// What the file is, if the file system says.
    pub file_type: FileType,
    /// The name, `.` and `..` among them.
    pub name: &'a CStr,
}

impl<'a> DirectoryEntries<'a> {
    /// The entries in these bytes: as many of the buffer as `getdents64`
    /// returned.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }
}

impl<'a> Iterator for DirectoryEntries<'a> {
    type Item = DirectoryEntry<'a>;

    /// The next entry; none at the end, or where the bytes are no entry.
    fn next(&mut self) -> Option<DirectoryEntry<'a>> {
        // struct linux_dirent64: d_ino, d_off, d_reclen, d_type, d_name.
        let (inode, after) = self.rest.split_first_chunk()?;
        let (offset, after) = after.split_first_chunk()?;
        let (size, after) = after.split_first_chunk()?;
        let (&[kind], _) = after.split_first_chunk()?;
        let size = usize::from(u16::from_ne_bytes(*size));
        let (entry, rest) = self.rest.split_at_checked(size)?;
        let name = CStr::from_bytes_until_nul(entry.get(19..)?).ok()?;
        self.rest = rest;
        Some(DirectoryEntry {
            inode: u64::from_ne_bytes(*inode),
            offset: i64::from_ne_bytes(*offset),
            // The types of entries are the upper bits of the mode.
            file_type: FileType::from_raw_mode(RawMode::from(kind) << 12),
            name,
        })
    }
}
