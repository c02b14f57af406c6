//! Walking trees entry by entry.
//!
//! ```text
//!  Walk ── the options
//!  Entries ── the iterator
//!    ├─ collect ── makes entries of what a scan finds
//!    ├─ descent ── which directories are listed, too
//!    └─ sorted ── puts what was found in order
//! ```

mod collect;
mod descent;
mod entries;
mod entry;
mod sorted;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use rustix::fs::StatxFlags;
use sysbatch::Backend;

use crate::follow::Follow;
pub use entries::Entries;
pub use entry::Entry;

/// Whether what is in a directory is walked.
type Filter = Arc<dyn Fn(&Entry) -> bool + Send + Sync>;

/// A walk to be made: where, and how.
///
/// ```
/// use sysbatch_walk::Walk;
///
/// let mut newest = None;
/// for entry in Walk::new("/usr/share/doc").max_depth(2).sorted(true) {
///     match entry {
///         Ok(entry) => newest = newest.max(Some((entry.metadata().modified(), entry.path()))),
///         Err(error) => eprintln!("{error}"),
///     }
/// }
/// if let Some((_, path)) = newest {
///     println!("changed last: {}", path.display());
/// }
/// ```
#[derive(Clone)]
#[must_use = "a walk does nothing until it is iterated over"]
pub struct Walk {
    roots: Vec<PathBuf>,
    backend: Option<Arc<Backend>>,
    sorted: bool,
    min_depth: u32,
    max_depth: u32,
    same_file_system: bool,
    follow: Follow,
    fields: StatxFlags,
    threads: usize,
    filter: Option<Filter>,
}

impl Walk {
    /// A walk from this path on: any file, whose tree is walked if it is a
    /// directory.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            roots: vec![root.into()],
            backend: None,
            sorted: false,
            min_depth: 0,
            max_depth: u32::MAX,
            same_file_system: false,
            follow: Follow::Never,
            fields: StatxFlags::BASIC_STATS,
            threads: 1,
            filter: None,
        }
    }

    /// Adds a root. Several are walked together, and one batch may list
    /// directories of each; in a sorted walk they keep their order.
    pub fn root(mut self, path: impl Into<PathBuf>) -> Self {
        self.roots.push(path.into());
        self
    }

    /// Where batches run; without it [`Backend::select`] decides.
    pub fn backend(mut self, backend: Arc<Backend>) -> Self {
        self.backend = Some(backend);
        self
    }

    /// Whether each directory comes right before what is in it, which is sorted
    /// by the bytes of names; by default it is not.
    ///
    /// In a walk that is not sorted all entries of a directory come before
    /// those of the directories in it, in no order that could be relied on, and
    /// memory does not grow with their number. A sorted one has to keep what is
    /// in the directories on the way to the entry at hand, as `walkdir` does,
    /// and up to some thousand entries for each thread from what was listed
    /// with the same batches.
    pub fn sorted(mut self, sorted: bool) -> Self {
        self.sorted = sorted;
        self
    }

    /// Leaves out entries less deep than this; a root has depth 0. Errors are not
    /// left out.
    pub fn min_depth(mut self, depth: u32) -> Self {
        self.min_depth = depth;
        self
    }

    /// Lists no directories at this depth: entries are no deeper.
    pub fn max_depth(mut self, depth: u32) -> Self {
        self.max_depth = depth;
        self
    }

    /// Whether directories on other file systems than that of the root are left
    /// out, though they are entries themselves; by default they are not.
    pub fn same_file_system(mut self, same: bool) -> Self {
        self.same_file_system = same;
        self
    }

    /// Which symbolic links are followed; by default none.
    pub fn follow(mut self, follow: Follow) -> Self {
        self.follow = follow;
        self
    }

    /// The fields of the metadata that are asked for: by default those that
    /// `stat(2)` gives. The type, the inode number and the device are always
    /// there. Few of them are quicker on a file system in a network.
    pub fn fields(mut self, fields: StatxFlags) -> Self {
        self.fields = fields;
        self
    }

    /// In how many threads directories are listed. With one, the default, it is
    /// the thread that iterates, when it needs more; with several they are
    /// threads of their own, which stay a little ahead of it.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// Walks only directories for which this is true. It is asked once for each,
    /// before the directory is an entry or after.
    pub fn descend_if(mut self, filter: impl Fn(&Entry) -> bool + Send + Sync + 'static) -> Self {
        self.filter = Some(Arc::new(filter));
        self
    }
}

impl IntoIterator for Walk {
    type Item = Result<Entry, crate::Error>;
    type IntoIter = Entries;

    fn into_iter(self) -> Entries {
        Entries::new(self)
    }
}

impl fmt::Debug for Walk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Walk")
            .field("roots", &self.roots)
            .field("sorted", &self.sorted)
            .field("min_depth", &self.min_depth)
            .field("max_depth", &self.max_depth)
            .field("same_file_system", &self.same_file_system)
            .field("follow", &self.follow)
            .field("fields", &self.fields)
            .field("threads", &self.threads)
            .finish_non_exhaustive()
    }
}
