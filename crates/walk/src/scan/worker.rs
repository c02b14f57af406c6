//! Running a batch and folding what it finds.

use std::collections::VecDeque;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::sync::Arc;

use rustix::fs::StatxFlags;
use rustix::io::Errno;
use sysbatch::Backend;

use super::{Fold, ListError, Part};
use crate::directory::Directory;
use crate::follow::Follow;
use crate::listing::{BatchError, Lister, OpenCall, Origin, Progress};
use crate::statistics::Statistics;

/// A directory to be listed.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) directory: Directory,
    pub(super) tag: usize,
    /// Where its path starts, open; `None` for a root.
    pub(super) anchor: Option<Arc<OwnedFd>>,
}

/// Lists directories, one batch at a time.
pub(super) struct Worker<F: Fold> {
    backend: Arc<Backend>,
    fold: Arc<F>,
    lister: Lister,
    jobs: Vec<Job>,
    /// Those that `openat2` was refused for.
    again: Vec<Job>,
    /// What was found of the directory at hand until now.
    found: F::Found,
    busy: bool,
}

impl<F: Fold> Worker<F> {
    pub(super) fn new(
        backend: Arc<Backend>,
        fold: Arc<F>,
        follow: Follow,
        fields: StatxFlags,
        names_size: usize,
    ) -> Self {
        Self {
            backend,
            fold,
            lister: Lister::new(follow, fields.bits(), names_size),
            jobs: Vec::new(),
            again: Vec::new(),
            found: F::Found::default(),
            busy: false,
        }
    }

    /// Whether its batch is not at its end.
    pub(super) fn is_busy(&self) -> bool {
        self.busy
    }

    /// What its batches took.
    pub(super) fn statistics(&self) -> Statistics {
        Statistics {
            sub_calls: self.lister.sub_calls(),
            steps: self.lister.steps(),
            batches: self.lister.batches(),
            calls: 0,
        }
    }

    /// Begins a batch.
    pub(super) fn begin(&mut self, jobs: Vec<Job>) {
        self.lister.clear();
        for job in &jobs {
            let origin = match &job.anchor {
                Some(fd) => Origin::Anchor(fd.as_raw_fd()),
                None => Origin::Operand,
            };
            self.lister.push(origin, &job.directory.path_from_anchor());
        }
        self.lister.begin();
        self.jobs = jobs;
        self.busy = true;
    }

    /// Goes on with its batch, for as long as there is memory for what it
    /// finds.
    ///
    /// # Errors
    /// If the batch was refused.
    pub(super) fn advance(
        &mut self,
        parts: &mut VecDeque<Part<F::Found>>,
    ) -> Result<(), BatchError> {
        let Self {
            backend,
            fold,
            lister,
            jobs,
            again,
            found,
            ..
        } = self;
        let open = lister.open_call();
        let done = lister.advance(&**backend, |index, children, progress| {
            let job = &jobs[index];
            for child in children {
                fold.child(&job.directory, found, &child);
            }
            let end = match progress {
                Progress::Partial if fold.in_parts() => None,
                Progress::Partial => return,
                // A kernel, or a sandbox, without this call.
                Progress::NotOpened(Errno::NOSYS | Errno::PERM) if open == OpenCall::Openat2 => {
                    again.push(Job {
                        directory: job.directory.clone(),
                        tag: job.tag,
                        anchor: job.anchor.clone(),
                    });
                    return;
                }
                Progress::Complete => Some(Ok(())),
                Progress::NotOpened(errno) => Some(Err(ListError::NotOpened(errno))),
                Progress::NotRead(errno) => Some(Err(ListError::NotRead(errno))),
            };
            parts.push_back(Part {
                directory: job.directory.clone(),
                tag: job.tag,
                found: std::mem::take(found),
                end,
            });
        })?;
        if done {
            self.jobs.clear();
            self.busy = false;
            if !self.again.is_empty() {
                self.lister.avoid_openat2();
                let again = std::mem::take(&mut self.again);
                self.begin(again);
            }
        }
        Ok(())
    }
}
