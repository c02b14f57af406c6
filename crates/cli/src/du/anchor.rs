//! Directories that paths are relative to.
//!
//! A directory that waits to be listed is known by an anchor and a path below
//! it that is short enough for the kernel. An anchor is opened when it is
//! needed and closed again when too many are; it is then found again by its
//! own anchor and path. So neither `PATH_MAX` nor `RLIMIT_NOFILE` limits a walk.

use std::cell::{Cell, RefCell};
use std::os::fd::{AsRawFd as _, OwnedFd, RawFd};
use std::rc::{Rc, Weak};

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat, openat2};
use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};

use super::program::OpenCall;

/// A directory that others are found from.
#[derive(Debug)]
pub(super) struct Anchor {
    /// The anchor that `path` is relative to; `None` for an operand.
    parent: Option<Rc<Anchor>>,
    path: Vec<u8>,
    fd: RefCell<Option<OwnedFd>>,
    /// The batch that needed it last.
    used: Cell<u64>,
    calls: Rc<Cell<u64>>,
}

impl Drop for Anchor {
    fn drop(&mut self) {
        if self.fd.get_mut().is_some() {
            self.calls.set(self.calls.get() + 1);
        }
        // One by one: a chain may be too long for a call each.
        let mut parent = self.parent.take();
        while let Some(mut only) = parent.and_then(Rc::into_inner) {
            parent = only.parent.take();
        }
    }
}

impl Anchor {
    /// Its descriptor, if it is open.
    fn raw(&self) -> Option<RawFd> {
        self.fd.borrow().as_ref().map(|fd| fd.as_raw_fd())
    }
}

/// The anchors that are open.
#[derive(Debug)]
pub(super) struct Anchors {
    open: Vec<Weak<Anchor>>,
    most: usize,
    batch: u64,
    calls: Rc<Cell<u64>>,
}

/// The most anchors that are kept open, however many files may be.
const OPEN_MAX: u64 = 256;

impl Anchors {
    /// None yet. Half of the files that the process may open are for anchors.
    pub(super) fn new() -> Self {
        let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        Self {
            open: Vec::new(),
            most: (limit / 2).clamp(2, OPEN_MAX) as usize,
            batch: 0,
            calls: Rc::default(),
        }
    }

    /// System calls made for anchors: each opened or closed one.
    pub(super) fn calls(&self) -> u64 {
        self.calls.get()
    }

    /// A directory at a path below an anchor, or one that the user named.
    pub(super) fn anchor(&self, parent: Option<Rc<Anchor>>, path: Vec<u8>) -> Rc<Anchor> {
        Rc::new(Anchor {
            parent,
            path,
            fd: RefCell::new(None),
            used: Cell::new(0),
            calls: Rc::clone(&self.calls),
        })
    }

    /// Begins a new batch: anchors of the last one may be closed.
    pub(super) fn begin_batch(&mut self) {
        self.batch += 1;
        self.open.retain(|anchor| anchor.strong_count() > 0);
    }

    /// The open descriptor of an anchor. It stays open until the next batch
    /// begins.
    ///
    /// # Errors
    /// Those of `openat(2)`. `EMFILE` if it cannot be opened beside the ones
    /// that this batch needs already.
    pub(super) fn open(&mut self, anchor: &Rc<Anchor>, how: OpenCall) -> Result<RawFd, Errno> {
        // Those that have to be opened on the way to it, itself first.
        let mut closed = Vec::new();
        let mut next = Some(anchor);
        while let Some(anchor) = next
            && anchor.raw().is_none()
        {
            closed.push(anchor);
            next = anchor.parent.as_ref();
        }
        for anchor in closed.into_iter().rev() {
            let parent = anchor.parent.as_ref().and_then(|parent| parent.raw());
            self.open.retain(|anchor| anchor.strong_count() > 0);
            while self.open.len() >= self.most {
                if !self.close_one(parent) {
                    return Err(Errno::MFILE);
                }
            }
            let fd = loop {
                match self.open_below(anchor.parent.as_deref(), &anchor.path, how) {
                    Err(Errno::MFILE | Errno::NFILE) if self.close_one(parent) => {}
                    other => break other?,
                }
            };
            anchor.fd.replace(Some(fd));
            self.open.push(Rc::downgrade(anchor));
        }
        anchor.used.set(self.batch);
        anchor.raw().ok_or(Errno::BADF)
    }

    /// Opens a directory below an anchor that is open already, or an operand.
    /// The caller closes it, and counts that.
    ///
    /// # Errors
    /// Those of `openat(2)` and `openat2(2)`.
    pub(super) fn open_below(
        &self,
        anchor: Option<&Anchor>,
        path: &[u8],
        how: OpenCall,
    ) -> Result<OwnedFd, Errno> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::empty();
        self.count(1);
        let Some(anchor) = anchor else {
            return openat(CWD, path, flags, mode);
        };
        let fd = anchor.fd.borrow();
        let fd = fd.as_ref().ok_or(Errno::BADF)?;
        match how {
            OpenCall::Openat2 => openat2(fd, path, flags, mode, ResolveFlags::NO_SYMLINKS),
            OpenCall::Openat => openat(fd, path, flags, mode),
        }
    }

    /// Counts system calls made beside the batches.
    pub(super) fn count(&self, calls: u64) {
        self.calls.set(self.calls.get() + calls);
    }

    /// Closes the anchor that was not needed for longest, if there is one that
    /// this batch does not need and that is not `keep`.
    fn close_one(&mut self, keep: Option<RawFd>) -> bool {
        let oldest = self
            .open
            .iter()
            .enumerate()
            .filter_map(|(index, anchor)| Some((index, anchor.upgrade()?)))
            .filter(|(_, anchor)| anchor.used.get() < self.batch && anchor.raw() != keep)
            .min_by_key(|(_, anchor)| anchor.used.get());
        let Some((index, anchor)) = oldest else {
            return false;
        };
        anchor.fd.replace(None);
        self.count(1);
        self.open.swap_remove(index);
        true
    }
}
