//! An entry of a walk.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;

use rustix::fs::FileType;

use crate::directory::Directory;
use crate::metadata::Metadata;

/// A file, of whatever type, that a walk has found, with its metadata.
#[derive(Clone, Debug)]
pub struct Entry {
    pub(super) parent: Option<Directory>,
    pub(super) name: Box<[u8]>,
    pub(super) kind: FileType,
    pub(super) metadata: Metadata,
}

impl Entry {
    /// Its name in its directory. Of a root it is the last name in its path, or
    /// the path if that ends without one, as "/" and ".." do.
    #[must_use]
    pub fn file_name(&self) -> &OsStr {
        let name = OsStr::from_bytes(&self.name);
        match &self.parent {
            Some(_) => name,
            None => std::path::Path::new(name).file_name().unwrap_or(name),
        }
    }

    /// Its path: that of its root, and the names from there on. It is put
    /// together again each time.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        match &self.parent {
            Some(parent) => parent.join(&self.name),
            None => OsString::from_vec(self.name.to_vec()).into(),
        }
    }

    /// The directory it was found in; `None` for a root.
    #[must_use]
    pub fn parent(&self) -> Option<&Directory> {
        self.parent.as_ref()
    }

    /// How far below a root it is, which has depth 0.
    #[must_use]
    pub fn depth(&self) -> u32 {
        let parent = self.parent.as_ref();
        parent.map_or(0, |parent| parent.depth().saturating_add(1))
    }

    /// What kind of file it is; of a link that was followed, what it leads to.
    #[must_use]
    pub fn file_type(&self) -> FileType {
        self.metadata.file_type()
    }

    /// Whether it is a symbolic link, followed or not. Where a file system keeps
    /// no types in its directories (`DT_UNKNOWN`), a link that was followed is
    /// not known for one.
    #[must_use]
    pub fn path_is_symlink(&self) -> bool {
        self.kind == FileType::Symlink || self.file_type() == FileType::Symlink
    }

    /// What `statx(2)` told of it; of a link that was followed, of what it leads
    /// to.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The entry as a directory of the walk.
    pub(super) fn to_directory(&self) -> Directory {
        match &self.parent {
            Some(parent) => parent.child(&self.name, self.metadata.id()),
            None => Directory::root(&self.name, &self.metadata),
        }
    }
}
