//! What is kept of the names in a directory.

use sysbatch_walk::scan::Fold;
use sysbatch_walk::{Child, Directory, FileType, Metadata};

use super::tree::What;

/// How files are added up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// Whether lengths are added up, and not what files take.
    pub(super) apparent: bool,
    /// Whether any file may be met again, and not only one with several links.
    pub(super) count_all_once: bool,
}

/// What was found in a directory.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// What the files take that can be added up at once.
    pub(super) size: u64,
    /// How many names there are.
    pub(super) names: u64,
    /// How many of them are no directories.
    pub(super) files: u64,
    /// Those for which the order matters.
    pub(super) events: Vec<Event>,
}

/// A name that could not be added up at once.
#[derive(Debug)]
pub(super) struct Event {
    /// The inode number that the directory gives.
    pub(super) inode: u64,
    /// The how manieth name of the directory it is.
    pub(super) ordinal: u64,
    /// What it is.
    pub(super) what: Found,
}

/// See [`Event`].
#[derive(Debug)]
pub(super) enum Found {
    /// A directory: its name and its status.
    Directory(Box<(Box<[u8]>, Metadata)>),
    /// Anything else.
    Other(What),
}

impl Rules {
    /// What a file adds to the total, in bytes.
    pub(super) fn size(self, metadata: &Metadata) -> u64 {
        if !self.apparent {
            return metadata.blocks().saturating_mul(512);
        }
        match metadata.file_type() {
            // A length is signed everywhere else, and a file system that gives
            // a negative one means nothing by it.
            FileType::RegularFile | FileType::Symlink => {
                i64::try_from(metadata.size()).map_or(0, i64::cast_unsigned)
            }
            // Elsewhere it means something else, or nothing.
            _ => 0,
        }
    }
}

impl Fold for Rules {
    type Found = Contents;

    #[inline]
    fn child(&self, _: &Directory, contents: &mut Contents, child: &Child<'_>) {
        let what = match child.metadata {
            Err(errno) => Some(Found::Other(What::Unknown {
                name: child.name.into(),
                errno,
            })),
            Ok(metadata) if metadata.is_dir() => {
                Some(Found::Directory(Box::new((child.name.into(), *metadata))))
            }
            Ok(metadata) => {
                contents.files += 1;
                let size = self.size(metadata);
                if self.count_all_once || metadata.links() > 1 {
                    let id = metadata.id();
                    Some(Found::Other(What::File { id, size }))
                } else {
                    contents.size += size;
                    None
                }
            }
        };
        if let Some(what) = what {
            contents.events.push(Event {
                inode: child.inode,
                ordinal: contents.names,
                what,
            });
        }
        contents.names += 1;
    }
}
