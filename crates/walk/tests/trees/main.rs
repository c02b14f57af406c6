//! Walks of real trees beside those of `walkdir`.
//!
//! On the host batches run in user space; the guest suites run these tests with
//! the kernel module.

mod errors;
mod limits;
mod links;
mod options;
mod random;
mod shapes;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use sysbatch::Backend;
use sysbatch_walk::{Follow, Timestamp, Walk};
use tempfile::TempDir;
use walkdir::WalkDir;

/// A scratch directory that is removed with `rm`, which can do it whatever the
/// depth.
pub(crate) struct Scratch(Option<TempDir>);

impl Scratch {
    pub(crate) fn new() -> Self {
        Self(Some(TempDir::new().unwrap()))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.as_ref().unwrap().path()
    }

    pub(crate) fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path().join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let path = self.0.take().unwrap().keep();
        let status = Command::new("rm").arg("-rf").arg(path).status();
        assert!(status.is_ok_and(|status| status.success()));
    }
}

/// What is compared of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    File {
        depth: usize,
        symlink: bool,
        mode: u32,
        file: (u32, u32, u64),
        links: u64,
        owner: (u32, u32),
        size: (u64, u64),
        modified: Timestamp,
    },
    Failed {
        depth: usize,
        errno: Option<i32>,
        ancestor: Option<PathBuf>,
    },
}

/// A walk's entries, in its order.
pub(crate) type Sequence = Vec<(PathBuf, Seen)>;

/// What this crate makes of a walk.
pub(crate) fn ours(walk: Walk) -> Sequence {
    let backend = Arc::new(Backend::select().unwrap());
    walk.backend(backend)
        .into_iter()
        .map(|entry| match entry {
            Ok(entry) => {
                let metadata = entry.metadata();
                let id = metadata.id();
                assert_eq!(entry.file_type(), metadata.file_type());
                let seen = Seen::File {
                    depth: entry.depth() as usize,
                    // At a root walkdir looks through a link.
                    symlink: entry.depth() > 0 && entry.path_is_symlink(),
                    mode: metadata.mode(),
                    file: ((id.device >> 32) as u32, id.device as u32, id.inode),
                    links: metadata.links().into(),
                    owner: (metadata.uid(), metadata.gid()),
                    size: (metadata.size(), metadata.blocks()),
                    modified: metadata.modified(),
                };
                (entry.path(), seen)
            }
            Err(error) => {
                let seen = Seen::Failed {
                    depth: error.depth() as usize,
                    errno: error.errno().map(|errno| errno.raw_os_error()),
                    ancestor: error.loop_ancestor(),
                };
                (error.path().unwrap(), seen)
            }
        })
        .collect()
}

/// What `walkdir`, with `metadata` for each entry, makes of one.
pub(crate) fn theirs(walk: WalkDir) -> Sequence {
    let failed = |error: walkdir::Error| {
        let seen = Seen::Failed {
            depth: error.depth(),
            errno: error.io_error().and_then(std::io::Error::raw_os_error),
            ancestor: error.loop_ancestor().map(Path::to_owned),
        };
        (error.path().unwrap().to_owned(), seen)
    };
    let mut entries: Vec<_> = walk
        .into_iter()
        .map(|entry| {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => return failed(error),
            };
            let metadata = match entry.metadata() {
                Ok(metadata) => metadata,
                Err(error) => return failed(error),
            };
            let device = metadata.dev();
            let seen = Seen::File {
                depth: entry.depth(),
                symlink: entry.depth() > 0 && entry.path_is_symlink(),
                mode: metadata.mode(),
                file: (
                    rustix::fs::major(device),
                    rustix::fs::minor(device),
                    metadata.ino(),
                ),
                links: metadata.nlink(),
                owner: (metadata.uid(), metadata.gid()),
                size: (metadata.size(), metadata.blocks()),
                modified: Timestamp {
                    seconds: metadata.mtime(),
                    nanoseconds: metadata.mtime_nsec() as u32,
                },
            };
            (entry.into_path(), seen)
        })
        .collect();
    // It knows from its type that a name is a directory, and goes down, whether
    // there are metadata or not: one error for each.
    let failed = |seen: &Seen| matches!(seen, Seen::Failed { .. });
    entries.dedup_by(|one, other| one.0 == other.0 && failed(&one.1) && failed(&other.1));
    entries
}

/// The entries by their paths, each of which may have one entry and one error.
fn by_path(sequence: Sequence) -> BTreeMap<(Vec<u8>, bool), Seen> {
    let count = sequence.len();
    let map: BTreeMap<_, _> = sequence
        .into_iter()
        .map(|(path, seen)| {
            let failed = matches!(seen, Seen::Failed { .. });
            ((path.as_os_str().as_bytes().to_vec(), failed), seen)
        })
        .collect();
    assert_eq!(map.len(), count, "an entry came twice");
    map
}

/// Asserts that each directory comes before what is in it.
fn parents_come_first(sequence: &Sequence, root: &Path) {
    let mut known = std::collections::HashSet::new();
    for (path, _) in sequence {
        let parent = path.parent().filter(|_| path != root);
        assert!(
            parent.is_none_or(|parent| known.contains(parent)),
            "{} came before its directory",
            path.display()
        );
        known.insert(path.clone());
    }
}

/// Compares walks of a tree in all orders and with several numbers of threads.
#[track_caller]
pub(crate) fn compare(root: &Path, follow: Follow) {
    let theirs_of = |walk: WalkDir| {
        theirs(
            walk.follow_links(follow == Follow::Always)
                .follow_root_links(follow != Follow::Never),
        )
    };
    let sorted = theirs_of(WalkDir::new(root).sort_by_file_name());
    let found = by_path(theirs_of(WalkDir::new(root)));
    for threads in [1, 2, 5] {
        let walk = Walk::new(root).follow(follow).threads(threads);
        let unsorted = ours(walk.clone());
        parents_come_first(&unsorted, root);
        same(by_path(unsorted), found.clone());
        same(ours(walk.sorted(true)), sorted.clone());
    }
}

/// Asserts that two walks found the same, and shows where they part.
#[track_caller]
fn same<T: Debug + PartialEq>(
    ours: impl IntoIterator<Item = T>,
    theirs: impl IntoIterator<Item = T>,
) {
    let (mut ours, mut theirs) = (ours.into_iter(), theirs.into_iter());
    loop {
        let (our, their) = (ours.next(), theirs.next());
        assert_eq!(our, their);
        if our.is_none() {
            return;
        }
    }
}

/// A file of so many bytes, which has its blocks: some file systems count them when
/// they are written to the disk, as it may be between two walks.
pub(crate) fn write(path: impl AsRef<Path>, length: usize) {
    let mut file = fs::File::create(path).unwrap();
    file.write_all(&vec![b'x'; length]).unwrap();
    file.sync_all().unwrap();
}
