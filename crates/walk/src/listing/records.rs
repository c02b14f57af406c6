//! What the listing program left in its arenas, name by name.

use rustix::fs::FileType;
use rustix::io::Errno;

use super::layout::{DIRENT_LENGTH, DIRENT_MIN, DIRENT_NAME, DIRENT_TYPE};
use crate::metadata::Metadata;

/// A name in a directory, in the memory that the batch filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Child<'arena> {
    /// The name: any bytes but zero and the slash.
    pub name: &'arena [u8],
    /// The inode number that the directory gives for it, which is another one
    /// than that of [`Child::metadata`] where something is mounted.
    pub inode: u64,
    /// The type that the directory gives for it; [`FileType::Unknown`] where the
    /// file system keeps none.
    pub kind: FileType,
    /// What `statx` told.
    pub metadata: Result<&'arena Metadata, Errno>,
}

/// The names of one directory, or of a part of it, with their `statx` records.
///
/// It goes over the arenas by the rules by which the
/// [program](super::program) filled them, so that the two stay in step.
#[derive(Debug)]
pub(crate) struct Records<'arena> {
    names: &'arena [u8],
    statx: &'arena [Metadata],
    calls: u64,
}

impl<'arena> Records<'arena> {
    /// Begins with the names in `names` and with the records from the first of
    /// `statx` on.
    pub(crate) fn new(names: &'arena [u8], statx: &'arena [Metadata]) -> Self {
        Self {
            names,
            statx,
            calls: 0,
        }
    }

    /// Whether all of it was understood.
    pub(crate) fn at_end(&self) -> bool {
        self.names.is_empty()
    }

    /// The records that belong to what follows.
    pub(crate) fn rest(&self) -> &'arena [Metadata] {
        self.statx
    }

    /// The system calls that what was passed took: `statx` for names,
    /// `getdents64` for buffers.
    pub(crate) fn calls(&self) -> u64 {
        self.calls
    }

    /// Whether the record at hand is "." or "..", the way the program checks it.
    fn is_dot(&self) -> bool {
        let name = |at: usize, name: &[u8]| self.names.get(at..at + name.len()) == Some(name);
        name(DIRENT_NAME, b".\0") || name(DIRENT_NAME - 1, b"\x04..\0")
    }

    /// The record at hand: its fixed part, its length, which is zero for the
    /// mark, and its name.
    #[inline]
    fn directory_record(&self) -> Option<(&'arena [u8; DIRENT_NAME], usize, &'arena [u8])> {
        let (head, _) = self.names.split_first_chunk::<DIRENT_NAME>()?;
        let length = [head[DIRENT_LENGTH], head[DIRENT_LENGTH + 1]];
        let length: usize = u16::from_ne_bytes(length).into();
        let name = if length == 0 {
            &[]
        } else {
            terminated(self.names.get(DIRENT_NAME..length)?)
        };
        Some((head, length, name))
    }
}

impl<'arena> Iterator for Records<'arena> {
    type Item = Child<'arena>;

    /// The next name, without "." and ".."; `None` at the end, and where the
    /// data make no sense, which [`Records::at_end`] tells apart.
    fn next(&mut self) -> Option<Child<'arena>> {
        loop {
            let (head, length, name) = self.directory_record()?;
            if length == 0 {
                self.names = self.names.get(DIRENT_MIN..)?;
                self.calls += 1;
                continue;
            }
            if name.first() == Some(&b'.') && self.is_dot() {
                self.names = self.names.get(length..)?;
                continue;
            }
            let (record, rest) = self.statx.split_first()?;
            self.names = self.names.get(length..)?;
            self.statx = rest;
            self.calls += 1;
            if !matches!(name, b"." | b"..") {
                return Some(Child {
                    name,
                    inode: u64::from_ne_bytes(*head.first_chunk()?),
                    kind: file_type(head[DIRENT_TYPE]),
                    metadata: record.marked_error().map_or(Ok(record), Err),
                });
            }
        }
    }
}

/// What comes before the first zero byte, which is among the last eight: a
/// record is padded to a multiple of eight bytes.
#[inline]
fn terminated(padded: &[u8]) -> &[u8] {
    let begin = padded.len().saturating_sub(8);
    let tail = padded.get(begin..).unwrap_or_default();
    let length = tail.iter().position(|&byte| byte == 0);
    padded
        .get(..begin + length.unwrap_or(tail.len()))
        .unwrap_or_default()
}

/// A type as directories give it, `d_type`.
#[inline]
fn file_type(kind: u8) -> FileType {
    match kind {
        1 => FileType::Fifo,
        2 => FileType::CharacterDevice,
        4 => FileType::Directory,
        6 => FileType::BlockDevice,
        8 => FileType::RegularFile,
        10 => FileType::Symlink,
        12 => FileType::Socket,
        _ => FileType::Unknown,
    }
}
