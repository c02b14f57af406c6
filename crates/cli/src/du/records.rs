//! What the listing program left in its arenas, name by name.

use rustix::io::Errno;

use super::layout::{DIRENT_LENGTH, DIRENT_MIN, DIRENT_NAME};
use super::record::{FileStatus, STATX_SIZE};

/// A name in a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name<'arena> {
    /// The name.
    pub(super) bytes: &'arena [u8],
    /// The inode number that the directory gives for it.
    pub(super) inode: u64,
    /// What `statx` told.
    pub(super) status: Result<FileStatus, Errno>,
}

/// The names of one directory, or of a part of it, with their `statx` records.
///
/// It goes over the arenas by the rules by which the
/// [program](super::program) filled them, so that the two stay in step.
#[derive(Debug)]
pub(super) struct Records<'arena> {
    names: &'arena [u8],
    statx: &'arena [u8],
    /// Whether the next name is the first of its directory.
    first: bool,
    /// Whether this is a buffer that is looked through for "." and "..".
    wary: bool,
    calls: u64,
}

impl<'arena> Records<'arena> {
    /// Begins with the names in `names` and with the records from the first of
    /// `statx` on. `first` says that the directory begins here.
    pub(super) fn new(names: &'arena [u8], statx: &'arena [u8], first: bool) -> Self {
        Self {
            names,
            statx,
            first,
            wary: false,
            calls: 0,
        }
    }

    /// Whether all of it was understood.
    pub(super) fn at_end(&self) -> bool {
        self.names.is_empty()
    }

    /// The records that belong to what follows.
    pub(super) fn rest(&self) -> &'arena [u8] {
        self.statx
    }

    /// The system calls that what was passed took: `statx` for names,
    /// `getdents64` for buffers.
    pub(super) fn calls(&self) -> u64 {
        self.calls
    }

    /// Whether "." and ".." come first, the way the program checks it.
    fn has_dots_first(&self) -> bool {
        let name = |at: usize, name: &[u8]| self.names.get(at..at + name.len()) == Some(name);
        name(DIRENT_NAME, b".\0") && name(DIRENT_MIN + DIRENT_NAME - 1, b"\x04..\0")
    }

    /// Whether the record at hand is "." or "..", the way the program checks it.
    fn is_dot(&self) -> bool {
        let name = |at: usize, name: &[u8]| self.names.get(at..at + name.len()) == Some(name);
        name(DIRENT_NAME, b".\0") || name(DIRENT_NAME - 1, b"\x04..\0")
    }

    /// The record at hand: its length, which is zero for the mark, its inode
    /// number and its name.
    fn directory_record(&self) -> Option<(usize, u64, &'arena [u8])> {
        let inode = u64::from_ne_bytes(*self.names.first_chunk()?);
        let length = *self.names.get(DIRENT_LENGTH..)?.first_chunk()?;
        let length: usize = u16::from_ne_bytes(length).into();
        let name = if length == 0 {
            &[]
        } else {
            let padded = self.names.get(DIRENT_NAME..length)?;
            padded.split(|&byte| byte == 0).next()?
        };
        Some((length, inode, name))
    }
}

impl<'arena> Iterator for Records<'arena> {
    type Item = Name<'arena>;

    /// The next name, without "." and ".."; `None` at the end, and where the
    /// data make no sense, which [`Records::at_end`] tells apart.
    fn next(&mut self) -> Option<Name<'arena>> {
        if std::mem::take(&mut self.first) {
            if self.has_dots_first() {
                self.names = self.names.get(2 * DIRENT_MIN..)?;
            } else {
                self.wary = true;
            }
        }
        loop {
            let (length, inode, bytes) = self.directory_record()?;
            if length == 0 {
                self.names = self.names.get(DIRENT_MIN..)?;
                self.wary = false;
                self.calls += 1;
                continue;
            }
            if self.wary && length == DIRENT_MIN && self.is_dot() {
                self.names = self.names.get(length..)?;
                continue;
            }
            let (record, rest) = self.statx.split_first_chunk::<STATX_SIZE>()?;
            self.names = self.names.get(length..)?;
            self.statx = rest;
            self.calls += 1;
            if !matches!(bytes, b"." | b"..") {
                let status = FileStatus::read_marked(record);
                return Some(Name {
                    bytes,
                    inode,
                    status,
                });
            }
        }
    }
}
