//! What is kept of the names in a directory.

use sysbatch_walk::scan::Fold;
use sysbatch_walk::{Child, Directory, FileType, Follow, Metadata, StatxFlags};

use super::exclude::Exclude;
use super::time::{NEVER, Which};
use super::tree::{File, Name, Others};
use super::usage::Usage;

/// Which files may be met a second time, to be counted once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CountOnce {
    /// None: they count each time.
    None,
    /// Those with several links.
    Linked,
    /// Any, directories included: there are several paths, or links are
    /// followed.
    All,
}

/// What is counted, and how.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    /// Whether lengths are added up, and not what files take.
    pub(super) apparent: bool,
    /// Which files count once.
    pub(super) count_once: CountOnce,
    /// Which symbolic links are followed.
    pub(super) follow: Follow,
    /// Whether what is on another file system than its path is left out.
    pub(super) one_file_system: bool,
    /// What is left out by its name.
    pub(super) exclude: Exclude,
    /// The time that is looked at.
    pub(super) time: Option<Which>,
    /// How deep a file, and not only a directory, has a line of its own.
    pub(super) files_depth: u64,
}

/// What was found in a directory.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// What the files take that can be added up at once.
    pub(super) usage: Usage,
    /// How many names there are.
    pub(super) names: u64,
    /// How many of them are no directories.
    pub(super) files: u64,
    /// Those for which the order matters.
    pub(super) events: Vec<Event>,
    /// Those of them that are no directories.
    pub(super) others: Others,
    /// The path of the directory, and of a name in it, if names are looked at.
    path: Vec<u8>,
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
    /// One of the [files](Others::files).
    File(usize),
    /// One of those that are [unknown](Others::unknown).
    Unknown(usize),
}

impl Rules {
    /// What has to be known of each file.
    pub(super) fn fields(&self) -> StatxFlags {
        StatxFlags::TYPE
            | StatxFlags::NLINK
            | StatxFlags::INO
            | StatxFlags::SIZE
            | StatxFlags::BLOCKS
            | self.time.map_or(StatxFlags::empty(), Which::field)
    }

    /// What a file adds to the total.
    #[inline]
    pub(super) fn usage(&self, metadata: &Metadata) -> Usage {
        Usage {
            size: self.size(metadata),
            inodes: 1,
            time: self.time.map_or(NEVER, |time| time.of(metadata)),
        }
    }

    /// What a file takes, in bytes.
    #[inline]
    fn size(&self, metadata: &Metadata) -> u64 {
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

    /// Whether a file, no directory, may be met again under another name.
    #[inline]
    pub(super) fn counts_once(&self, metadata: &Metadata) -> bool {
        match self.count_once {
            CountOnce::None => false,
            CountOnce::Linked => metadata.links() > 1,
            CountOnce::All => true,
        }
    }

    /// Whether a name in a directory is left out whatever it is.
    #[cold]
    fn excludes(&self, directory: &Directory, contents: &mut Contents, name: &[u8]) -> bool {
        let path = &mut contents.path;
        if path.is_empty() {
            path.extend_from_slice(directory.path().as_os_str().as_encoded_bytes());
            if !path.ends_with(b"/") {
                path.push(b'/');
            }
        }
        let length = path.len();
        path.extend_from_slice(name);
        let excluded = self.exclude.matches(path);
        path.truncate(length);
        excluded
    }

    /// What is to be kept of a name, if anything.
    #[inline]
    fn found(
        &self,
        directory: &Directory,
        contents: &mut Contents,
        child: &Child<'_>,
    ) -> Option<Found> {
        if !self.exclude.is_empty() && self.excludes(directory, contents, child.name) {
            return None;
        }
        let metadata = match child.metadata {
            Ok(metadata) => metadata,
            Err(errno) => {
                let others = &mut contents.others;
                let name = Name::add(&mut others.text, child.name);
                others.unknown.push((name, errno));
                return Some(Found::Unknown(others.unknown.len() - 1));
            }
        };
        // All directories that are walked are on the file system of their path.
        if self.one_file_system && metadata.device() != directory.id().device {
            return None;
        }
        if metadata.is_dir() {
            let name = child.name.into();
            return Some(Found::Directory(Box::new((name, *metadata))));
        }
        contents.files += 1;
        let usage = self.usage(metadata);
        let has_line = u64::from(directory.depth()) < self.files_depth;
        let counts_once = self.counts_once(metadata);
        if !has_line && !counts_once {
            contents.usage += usage;
            return None;
        }
        let others = &mut contents.others;
        others.files.push(File {
            id: counts_once.then(|| metadata.id()),
            usage,
            name: has_line.then(|| Name::add(&mut others.text, child.name)),
        });
        Some(Found::File(others.files.len() - 1))
    }
}

impl Fold for Rules {
    type Found = Contents;

    #[inline]
    fn child(&self, directory: &Directory, contents: &mut Contents, child: &Child<'_>) {
        if let Some(what) = self.found(directory, contents, child) {
            contents.events.push(Event {
                inode: child.inode,
                ordinal: contents.names,
                what,
            });
        }
        contents.names += 1;
    }
}
