//! Which of the directories that were found are listed, too.

use std::fmt;

use rustix::fs::FileType;

use super::{Entry, Filter, Walk};
use crate::directory::Directory;
use crate::error::Error;
use crate::follow::Follow;

/// What decides.
pub(super) struct Descent {
    max_depth: u32,
    same_file_system: bool,
    follow: Follow,
    filter: Option<Filter>,
}

impl Descent {
    pub(super) fn new(walk: &Walk) -> Self {
        Self {
            max_depth: walk.max_depth,
            same_file_system: walk.same_file_system,
            follow: walk.follow,
            filter: walk.filter.clone(),
        }
    }

    /// The directory to be listed for an entry, if there is one.
    ///
    /// # Errors
    /// If the entry is a link to a directory that it is in.
    pub(super) fn of(&self, entry: &Entry) -> Result<Option<Directory>, Error> {
        if !entry.metadata.is_dir() {
            return Ok(None);
        }
        let id = entry.metadata.id();
        if let Some(parent) = &entry.parent {
            // A directory on the way that was not left is on the same one.
            if self.same_file_system && parent.id().device != id.device {
                return Ok(None);
            }
            // No loop is without a link that leads to a directory it is in.
            if self.follow == Follow::Always
                && matches!(entry.kind, FileType::Symlink | FileType::Unknown)
                && let Some(ancestor) = parent.ancestor(id)
            {
                return Err(Error::cycle(Some(parent), &entry.name, ancestor));
            }
        }
        let wanted = entry.depth() < self.max_depth
            && self.filter.as_ref().is_none_or(|filter| filter(entry));
        Ok(wanted.then(|| entry.to_directory()))
    }
}

impl fmt::Debug for Descent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Descent")
            .field("max_depth", &self.max_depth)
            .field("same_file_system", &self.same_file_system)
            .field("follow", &self.follow)
            .finish_non_exhaustive()
    }
}
