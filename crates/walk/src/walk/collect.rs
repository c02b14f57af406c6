//! Making entries of what a scan finds.

use super::Entry;
use crate::directory::Directory;
use crate::error::Error;
use crate::listing::Child;
use crate::scan::Fold;

/// Makes an entry of each name.
#[derive(Debug)]
pub(super) struct Collect {
    /// Whether directories come in parts.
    pub(super) in_parts: bool,
}

impl Fold for Collect {
    type Found = Vec<Result<Entry, Error>>;

    fn in_parts(&self) -> bool {
        self.in_parts
    }

    fn child(&self, directory: &Directory, found: &mut Self::Found, child: &Child<'_>) {
        found.push(match child.metadata {
            Ok(metadata) => Ok(Entry {
                parent: Some(directory.clone()),
                name: child.name.into(),
                kind: child.kind,
                metadata: *metadata,
            }),
            Err(errno) => Err(Error::metadata(Some(directory), child.name, errno)),
        });
    }
}
