//! Directories that paths are relative to.
//!
//! A directory that waits to be listed is known by an anchor and a path below
//! it that is short enough for the kernel. An anchor is opened when it is
//! needed and closed again when too many are; it is then found again by its
//! own anchor and path. So neither `PATH_MAX` nor `RLIMIT_NOFILE` limits a walk.

use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat, openat2};
use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};

use crate::follow::Follow;

/// A directory that others are found from.
#[derive(Debug)]
pub(crate) struct Anchor {
    /// The anchor that `path` is relative to; `None` for a root.
    parent: Option<Arc<Anchor>>,
    path: Vec<u8>,
    /// Its descriptor, while it is open. A batch that needs it has it, too.
    fd: Mutex<Option<Arc<OwnedFd>>>,
    /// When it was needed last.
    used: AtomicU64,
}

impl Drop for Anchor {
    fn drop(&mut self) {
        // One by one: a chain may be too long for a call each.
        let mut parent = self.parent.take();
        while let Some(mut only) = parent.and_then(Arc::into_inner) {
            parent = only.parent.take();
        }
    }
}

impl Anchor {
    /// A directory at a path below an anchor, or a root.
    pub(crate) fn new(parent: Option<Arc<Self>>, path: Vec<u8>) -> Arc<Self> {
        Arc::new(Self {
            parent,
            path,
            fd: Mutex::default(),
            used: AtomicU64::new(0),
        })
    }

    fn slot(&self) -> MutexGuard<'_, Option<Arc<OwnedFd>>> {
        self.fd.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its descriptor, if it is open.
    fn fd(&self) -> Option<Arc<OwnedFd>> {
        self.slot().clone()
    }

    /// Whether it is open, and no batch has its descriptor.
    fn is_idle(&self) -> bool {
        self.slot()
            .as_ref()
            .is_some_and(|fd| Arc::strong_count(fd) == 1)
    }
}

/// The anchors that are open.
#[derive(Debug)]
pub(crate) struct Anchors {
    open: Vec<Weak<Anchor>>,
    most: usize,
    now: u64,
    calls: u64,
    follow: Follow,
    /// Whether the kernel, or a sandbox, is without `openat2`.
    without_openat2: bool,
}

/// The most anchors that are kept open, however many files may be.
const OPEN_MAX: u64 = 256;

impl Anchors {
    /// None yet. Half of the files that the process may open are for anchors.
    pub(crate) fn new(follow: Follow) -> Self {
        let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        Self {
            open: Vec::new(),
            most: (limit / 2).clamp(2, OPEN_MAX) as usize,
            now: 0,
            calls: 0,
            follow,
            without_openat2: false,
        }
    }

    /// System calls made for anchors, those included that will close the ones
    /// that are open.
    pub(crate) fn calls(&self) -> u64 {
        self.calls
    }

    /// The open descriptor of an anchor. The anchor is not closed as long as
    /// somebody has it.
    ///
    /// # Errors
    /// Those of `openat(2)`. `EMFILE` if it cannot be opened beside the ones
    /// that somebody has.
    pub(crate) fn open(&mut self, anchor: &Arc<Anchor>) -> Result<Arc<OwnedFd>, Errno> {
        self.now += 1;
        anchor.used.store(self.now, Ordering::Relaxed);
        if let Some(fd) = anchor.fd() {
            return Ok(fd);
        }
        // Those that have to be opened on the way to it, itself first.
        let mut closed = Vec::new();
        let mut next = Some(anchor);
        while let Some(anchor) = next
            && anchor.fd().is_none()
        {
            closed.push(anchor);
            next = anchor.parent.as_ref();
        }
        // The last one on the way, kept open by being had.
        let mut last = next.and_then(|anchor| anchor.fd());
        for anchor in closed.into_iter().rev() {
            self.open.retain(|anchor| anchor.strong_count() > 0);
            while self.open.len() >= self.most {
                if !self.close_one() {
                    return Err(Errno::MFILE);
                }
            }
            let fd = Arc::new(self.open_below(last.as_deref(), &anchor.path)?);
            *anchor.slot() = Some(Arc::clone(&fd));
            self.open.push(Arc::downgrade(anchor));
            last = Some(fd);
        }
        last.ok_or(Errno::BADF)
    }

    /// Opens a directory below an anchor, or a root, as a place for paths to
    /// start from.
    ///
    /// # Errors
    /// Those of `openat(2)` and `openat2(2)`.
    pub(crate) fn open_below(
        &mut self,
        anchor: Option<&OwnedFd>,
        path: &[u8],
    ) -> Result<OwnedFd, Errno> {
        loop {
            self.calls += 1;
            match self.try_open(anchor, path) {
                Ok(fd) => {
                    self.calls += 1;
                    return Ok(fd);
                }
                Err(Errno::MFILE | Errno::NFILE) if self.close_one() => {}
                Err(Errno::NOSYS | Errno::PERM) if anchor.is_some() && !self.without_openat2 => {
                    self.without_openat2 = true;
                }
                Err(errno) => return Err(errno),
            }
        }
    }

    fn try_open(&self, anchor: Option<&OwnedFd>, path: &[u8]) -> Result<OwnedFd, Errno> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let nofollow = flags | OFlags::NOFOLLOW;
        let mode = Mode::empty();
        match (anchor, self.follow) {
            (None, Follow::Never) => openat(CWD, path, nofollow, mode),
            (None, Follow::Roots | Follow::Always) => openat(CWD, path, flags, mode),
            (Some(fd), Follow::Always) => openat(fd, path, flags, mode),
            (Some(fd), Follow::Never | Follow::Roots) if self.without_openat2 => {
                openat(fd, path, nofollow, mode)
            }
            (Some(fd), Follow::Never | Follow::Roots) => {
                openat2(fd, path, nofollow, mode, ResolveFlags::NO_SYMLINKS)
            }
        }
    }

    /// Closes the anchor that was not needed for longest, if there is one that
    /// nobody has.
    fn close_one(&mut self) -> bool {
        let oldest = self
            .open
            .iter()
            .enumerate()
            .filter_map(|(index, anchor)| Some((index, anchor.upgrade()?)))
            .filter(|(_, anchor)| anchor.is_idle())
            .min_by_key(|(_, anchor)| anchor.used.load(Ordering::Relaxed));
        let Some((index, anchor)) = oldest else {
            return false;
        };
        anchor.slot().take();
        self.open.swap_remove(index);
        true
    }
}

impl Drop for Anchors {
    fn drop(&mut self) {
        // What a walk found may live longer than the walk, with its anchors.
        for anchor in self.open.iter().filter_map(Weak::upgrade) {
            anchor.slot().take();
        }
    }
}
