//! Directories that a walk has found.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use crate::anchor::Anchor;
use crate::metadata::{FileId, Metadata};

/// A path is not made longer than this many bytes, but continued from an
/// anchor. Well below `PATH_MAX`: a long path is walked again each time.
const PATH_MAX: usize = 1024;

/// A directory that a walk has found: a root, or one below another.
///
/// It knows its name and the directory that it was found in, and so its path,
/// which is put together when it is asked for. A clone is the same directory.
#[derive(Clone)]
pub struct Directory(Arc<Inner>);

struct Inner {
    parent: Option<Directory>,
    name: Box<[u8]>,
    id: FileId,
    depth: u32,
    /// Where its path starts; `None` for a root.
    anchor: Option<Arc<Anchor>>,
    /// The length of its path from there.
    path_len: usize,
    /// Itself as the start of paths, once one needs that.
    here: OnceLock<Arc<Anchor>>,
}

impl Directory {
    /// A root: a path that is relative to the working directory, as it is when
    /// the directory is listed.
    #[must_use]
    pub fn root(path: &[u8], metadata: &Metadata) -> Self {
        Self(Arc::new(Inner {
            parent: None,
            name: path.into(),
            id: metadata.id(),
            depth: 0,
            anchor: None,
            path_len: 0,
            here: OnceLock::new(),
        }))
    }

    /// A directory that was found in this one.
    #[must_use]
    pub fn child(&self, name: &[u8], id: FileId) -> Self {
        let this = &*self.0;
        let (anchor, path_len) = match &this.anchor {
            Some(anchor) if this.path_len + 1 + name.len() <= PATH_MAX => {
                (Arc::clone(anchor), this.path_len + 1 + name.len())
            }
            anchor => {
                let here = this
                    .here
                    .get_or_init(|| Anchor::new(anchor.clone(), self.path_from_anchor()));
                (Arc::clone(here), name.len())
            }
        };
        Self(Arc::new(Inner {
            parent: Some(self.clone()),
            name: name.into(),
            id,
            depth: this.depth.saturating_add(1),
            anchor: Some(anchor),
            path_len,
            here: OnceLock::new(),
        }))
    }

    /// The directory that it was found in; `None` for a root.
    #[must_use]
    pub fn parent(&self) -> Option<&Self> {
        self.0.parent.as_ref()
    }

    /// Its name, or the whole path of a root.
    #[must_use]
    pub fn name(&self) -> &OsStr {
        OsStr::from_bytes(&self.0.name)
    }

    /// Which directory it is.
    #[must_use]
    pub fn id(&self) -> FileId {
        self.0.id
    }

    /// How many directories it is below a root.
    #[must_use]
    pub fn depth(&self) -> u32 {
        self.0.depth
    }

    /// Its path: that of its root, and the names from there on.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        OsString::from_vec(self.path_bytes()).into()
    }

    /// The path of a name in it.
    pub(crate) fn join(&self, name: &[u8]) -> PathBuf {
        let mut path = self.path_bytes();
        append(&mut path, name);
        OsString::from_vec(path).into()
    }

    fn path_bytes(&self) -> Vec<u8> {
        let mut names = Vec::new();
        let mut next = Some(self);
        while let Some(directory) = next {
            names.push(&directory.0.name);
            next = directory.parent();
        }
        let mut path = Vec::new();
        for name in names.into_iter().rev() {
            append(&mut path, name);
        }
        path
    }

    /// The directory `file`, if it is this one or one that this one is in.
    #[must_use]
    pub fn ancestor(&self, file: FileId) -> Option<&Self> {
        let mut next = Some(self);
        while let Some(directory) = next {
            if directory.0.id == file {
                return Some(directory);
            }
            next = directory.parent();
        }
        None
    }

    /// Where its path starts; `None` for a root.
    pub(crate) fn anchor(&self) -> Option<&Arc<Anchor>> {
        self.0.anchor.as_ref()
    }

    /// Its path from its anchor.
    pub(crate) fn path_from_anchor(&self) -> Vec<u8> {
        let mut left = self.0.path_len;
        if left == 0 {
            return self.0.name.to_vec();
        }
        // From its end to its beginning.
        let mut path = vec![b'/'; left];
        let mut next = Some(self);
        while let (Some(directory), true) = (next, left > 0) {
            let name = &directory.0.name;
            left -= name.len();
            path[left..left + name.len()].copy_from_slice(name);
            left = left.saturating_sub(1);
            next = directory.parent();
        }
        path
    }
}

/// Adds a name to a path.
fn append(path: &mut Vec<u8>, name: &[u8]) {
    if !path.is_empty() && !path.ends_with(b"/") {
        path.push(b'/');
    }
    path.extend_from_slice(name);
}

impl Drop for Inner {
    fn drop(&mut self) {
        // One by one: a chain may be too long for a call each.
        let mut parent = self.parent.take();
        while let Some(mut only) = parent.and_then(|parent| Arc::into_inner(parent.0)) {
            parent = only.parent.take();
        }
    }
}

impl fmt::Debug for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Directory")
            .field("path", &self.path())
            .field("id", &self.0.id)
            .finish_non_exhaustive()
    }
}
