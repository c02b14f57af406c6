//! Listing directories in batches, with what is found folded where it lies.
//!
//! ```text
//!  Scan ── makes batches of directories, and hands out what they find
//!    ├─ waiting ── directories that are not listed yet
//!    ├─ Fold ── what the caller makes of each name
//!    ├─ worker ── runs a batch and folds what it finds
//!    └─ crew ── workers in threads of their own
//! ```

mod crew;
mod waiting;
mod worker;

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::fs::StatxFlags;
use rustix::io::Errno;
use sysbatch::Backend;

use crate::anchor::Anchors;
use crate::directory::Directory;
use crate::follow::Follow;
use crate::listing::{BatchError, Child, ITEMS_MAX, NAMES_SIZE, NAMES_SIZE_EACH};
use crate::statistics::Statistics;
use crew::Crew;
use waiting::Waiting;
use worker::Worker;

/// What is made of the names in directories.
///
/// It is called for each name, by the thread that listed the directory, with
/// the name and its metadata still in the memory that the batch filled. What is
/// worth keeping goes into [`Fold::Found`], one for each directory.
pub trait Fold: Send + Sync + 'static {
    /// What is kept of the names in one directory.
    type Found: Default + Send + 'static;

    /// Whether a directory with many names is handed out in several
    /// [parts](Part), so that memory does not grow with their number; by
    /// default it is not.
    fn in_parts(&self) -> bool {
        false
    }

    /// Adds a name to what was found in a directory. "." and ".." are left out.
    fn child(&self, directory: &Directory, found: &mut Self::Found, child: &Child<'_>);
}

/// How directories are listed.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ScanOptions {
    /// Which symbolic links are followed: whether a [`Child`] has the metadata
    /// of a link or of what it leads to, and whether a directory that was found
    /// by way of a link can be listed.
    pub follow: Follow,
    /// The fields that `statx` is asked for.
    pub fields: StatxFlags,
    /// In how many threads; with one, it is the caller's.
    pub threads: usize,
}

impl Default for ScanOptions {
    fn default() -> Self {
        Self {
            follow: Follow::Never,
            fields: StatxFlags::BASIC_STATS,
            threads: 1,
        }
    }
}

/// What was found in a directory, or in a part of one.
#[derive(Debug)]
pub struct Part<T> {
    /// The directory.
    pub directory: Directory,
    /// The number that it was pushed with.
    pub tag: usize,
    /// What the names in it were folded to.
    pub found: T,
    /// What became of the directory; `None` if more of it is to come.
    pub end: Option<Result<(), ListError>>,
}

/// Why not all of a directory could be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// It could not be opened.
    #[error("cannot open directory: {}", io::Error::from(*.0))]
    NotOpened(Errno),
    /// It could not be read to its end.
    #[error("cannot read directory: {}", io::Error::from(*.0))]
    NotRead(Errno),
}

impl ListError {
    /// The error that the system gave.
    #[must_use]
    pub fn errno(self) -> Errno {
        match self {
            Self::NotOpened(errno) | Self::NotRead(errno) => errno,
        }
    }
}

/// Lists directories, many with one batch.
///
/// It does not walk by itself: the caller pushes directories, and those among
/// what it finds that it wants to be listed as well. This is what
/// [`Walk`](crate::Walk) is made of, and what to use where an iterator of
/// entries would cost too much.
///
/// ```
/// use std::sync::Arc;
/// use sysbatch::Backend;
/// use sysbatch_walk::scan::{Fold, Scan, ScanOptions};
/// use sysbatch_walk::{Child, Directory, FileId, Follow, statuses};
///
/// /// Adds up what files take; directories are kept by name.
/// struct Blocks;
///
/// impl Fold for Blocks {
///     type Found = (u64, Vec<(Vec<u8>, FileId)>);
///
///     fn child(&self, _: &Directory, (blocks, below): &mut Self::Found, child: &Child<'_>) {
///         if let Ok(metadata) = child.metadata {
///             *blocks += metadata.blocks();
///             if metadata.is_dir() {
///                 below.push((child.name.to_vec(), metadata.id()));
///             }
///         }
///     }
/// }
///
/// let backend = Arc::new(Backend::select()?);
/// let options = ScanOptions::default();
/// let path: &[u8] = b"/usr/share/doc";
/// let mut scan = Scan::new(Arc::clone(&backend), options, Blocks);
/// for root in statuses(&backend, &[path], options.follow, options.fields, scan.statistics_mut())? {
///     scan.push(Directory::root(path, &root?), 0);
/// }
/// let mut total = 0;
/// while let Some(part) = scan.next()? {
///     let (blocks, below) = part.found;
///     total += blocks;
///     for (name, id) in below {
///         scan.push(part.directory.child(&name, id), 0);
///     }
/// }
/// println!("{total} blocks of 512 bytes");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Scan<F: Fold> {
    anchors: Anchors,
    waiting: Waiting,
    ready: VecDeque<Part<F::Found>>,
    workers: Workers<F>,
    statistics: Statistics,
}

/// Who lists directories.
enum Workers<F: Fold> {
    /// The caller's thread, as far as it is asked for parts.
    Here(Box<Worker<F>>),
    /// Threads of their own.
    Threads(Crew<F>),
}

impl<F: Fold> Scan<F> {
    /// A scan with no directories to list yet.
    #[must_use]
    pub fn new(backend: Arc<Backend>, options: ScanOptions, fold: F) -> Self {
        let ScanOptions {
            follow,
            fields,
            threads,
        } = options;
        let fold = Arc::new(fold);
        let names_size = if threads > 1 {
            NAMES_SIZE_EACH
        } else {
            NAMES_SIZE
        };
        let worker = || {
            let (backend, fold) = (Arc::clone(&backend), Arc::clone(&fold));
            Worker::new(backend, fold, follow, fields, names_size)
        };
        let workers = if threads <= 1 {
            Workers::Here(Box::new(worker()))
        } else {
            Workers::Threads(Crew::new(threads, worker))
        };
        Self {
            anchors: Anchors::new(follow),
            waiting: Waiting::default(),
            ready: VecDeque::new(),
            workers,
            statistics: Statistics::default(),
        }
    }

    /// Has a directory listed. `tag` is a number of the caller's, which comes
    /// back with what was found.
    ///
    /// Of the directories pushed since the last batch began those that were
    /// pushed first are listed first, and before all that were pushed earlier:
    /// who pushes what is found in a directory gets an order near to depth
    /// first, and few directories wait.
    pub fn push(&mut self, directory: Directory, tag: usize) {
        self.waiting.push(directory, tag);
    }

    /// Has the directory with this tag, if it is waiting, listed with the next
    /// batch.
    pub fn hurry(&mut self, tag: usize) {
        self.waiting.hurry(tag);
    }

    /// What was found next; `None` when no directory is left.
    ///
    /// With one thread directories come in the order in which they are listed,
    /// with more in any order; the parts of one in theirs.
    ///
    /// # Errors
    /// If a batch was refused. Errors about a directory are in its
    /// [part](Part::end), and about a name in its [metadata](Child::metadata).
    #[expect(
        clippy::should_implement_trait,
        reason = "more can come after there was none, and errors are not items"
    )]
    pub fn next(&mut self) -> Result<Option<Part<F::Found>>, BatchError> {
        self.next_unless(|_| false)
    }

    /// As [`Scan::next`], but directories for whose tags `skip` is true when it
    /// would be their turn to be listed are dropped.
    ///
    /// # Errors
    /// As for [`Scan::next`].
    pub fn next_unless(
        &mut self,
        mut skip: impl FnMut(usize) -> bool,
    ) -> Result<Option<Part<F::Found>>, BatchError> {
        loop {
            if let Some(part) = self.ready.pop_front() {
                return Ok(Some(part));
            }
            if !self.advance(&mut skip)? {
                return Ok(None);
            }
        }
    }

    /// Runs a batch, or waits for one; `false` if there is none.
    fn advance(&mut self, skip: &mut impl FnMut(usize) -> bool) -> Result<bool, BatchError> {
        match &mut self.workers {
            Workers::Here(worker) => {
                if !worker.is_busy() {
                    let waiting = &mut self.waiting;
                    waiting.merge();
                    let jobs =
                        waiting.fill(&mut self.anchors, &mut self.ready, skip, ITEMS_MAX, true);
                    if jobs.is_empty() {
                        return Ok(!self.ready.is_empty());
                    }
                    worker.begin(jobs);
                }
                worker.advance(&mut self.ready)?;
            }
            Workers::Threads(crew) => {
                let waiting = &mut self.waiting;
                waiting.merge();
                while !waiting.is_empty()
                    && let Some(place) = crew.idle()
                {
                    let share = waiting.len().div_ceil(2 * crew.len()).min(ITEMS_MAX);
                    let alone = !crew.is_busy();
                    let jobs = waiting.fill(&mut self.anchors, &mut self.ready, skip, share, alone);
                    if jobs.is_empty() {
                        break;
                    }
                    crew.give(place, jobs)?;
                }
                if !self.ready.is_empty() {
                    return Ok(true);
                }
                if crew.is_gone() {
                    return Err(BatchError::Thread);
                }
                if !crew.is_busy() {
                    return Ok(false);
                }
                crew.receive(&mut self.ready)?;
            }
        }
        Ok(true)
    }

    /// Opens a directory as a place for paths to start from (`O_PATH`). It is
    /// found in the way in which it would be listed.
    ///
    /// # Errors
    /// Those of `openat(2)` and `openat2(2)`.
    pub fn open(&mut self, directory: &Directory) -> Result<OwnedFd, Errno> {
        let anchor = match directory.anchor() {
            Some(anchor) => Some(self.anchors.open(anchor)?),
            None => None,
        };
        let path = directory.path_from_anchor();
        self.anchors.open_below(anchor.as_deref(), &path)
    }

    /// What it took until now.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        let mut all = self.statistics;
        all.calls += self.anchors.calls();
        all += match &self.workers {
            Workers::Here(worker) => worker.statistics(),
            Workers::Threads(crew) => crew.statistics(),
        };
        all
    }

    /// Where what the caller does for the same walk can be added.
    pub fn statistics_mut(&mut self) -> &mut Statistics {
        &mut self.statistics
    }
}

impl<F: Fold> fmt::Debug for Scan<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scan")
            .field("waiting", &self.waiting.len())
            .field("ready", &self.ready.len())
            .field("statistics", &self.statistics())
            .finish_non_exhaustive()
    }
}
