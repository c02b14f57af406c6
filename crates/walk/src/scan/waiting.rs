//! Directories that are not listed yet, and which of them are next.

use std::collections::VecDeque;

use rustix::io::Errno;

use super::worker::Job;
use super::{ListError, Part};
use crate::anchor::Anchors;
use crate::directory::Directory;

/// Directories that are not listed yet.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// The next one last.
    stack: Vec<(Directory, usize)>,
    /// Those pushed since the last batch was made up, the next one first.
    pushed: Vec<(Directory, usize)>,
    /// The tag of the one to take before all others.
    urgent: Option<usize>,
}

impl Waiting {
    pub(super) fn push(&mut self, directory: Directory, tag: usize) {
        self.pushed.push((directory, tag));
    }

    pub(super) fn hurry(&mut self, tag: usize) {
        self.urgent = Some(tag);
    }

    pub(super) fn len(&self) -> usize {
        self.stack.len() + self.pushed.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Puts what was pushed before what is waiting, and before that what is
    /// urgent. To be called when batches are made up, and no earlier: what the
    /// last batch found stays together, in its order.
    pub(super) fn merge(&mut self) {
        self.stack.extend(self.pushed.drain(..).rev());
        let urgent = self.urgent.take();
        let place =
            urgent.and_then(|urgent| self.stack.iter().rposition(|&(_, tag)| tag == urgent));
        if let Some(place) = place {
            let next = self.stack.remove(place);
            self.stack.push(next);
        }
    }

    /// Makes up a batch of at most so many directories, without those that are
    /// skipped. One that cannot be found is ready at once, with its error, if
    /// `alone` says that no other batch may be what keeps its way closed.
    pub(super) fn fill<T: Default>(
        &mut self,
        anchors: &mut Anchors,
        ready: &mut VecDeque<Part<T>>,
        skip: &mut impl FnMut(usize) -> bool,
        most: usize,
        alone: bool,
    ) -> Vec<Job> {
        let mut jobs = Vec::with_capacity(most.min(self.stack.len()));
        while jobs.len() < most
            && let Some((directory, tag)) = self.stack.pop()
        {
            if skip(tag) {
                continue;
            }
            let anchor = directory
                .anchor()
                .map(|anchor| anchors.open(anchor))
                .transpose();
            match anchor {
                Ok(anchor) => jobs.push(Job {
                    directory,
                    tag,
                    anchor,
                }),
                // Batches, this one or others, need too many anchors at once.
                Err(Errno::MFILE | Errno::NFILE) if !(jobs.is_empty() && alone) => {
                    self.stack.push((directory, tag));
                    break;
                }
                Err(errno) => ready.push_back(Part {
                    directory,
                    tag,
                    found: T::default(),
                    end: Some(Err(ListError::NotOpened(errno))),
                }),
            }
        }
        jobs
    }
}
