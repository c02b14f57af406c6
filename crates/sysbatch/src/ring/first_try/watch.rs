//! Whether a seccomp filter watches the calls of a thread.

use core::cell::Cell;

use syscalls::Sysno;

use super::STEPS;
use super::host::NowaitHost;
use crate::Memory;

/// `PR_GET_SECCOMP` of `prctl(2)`.
const PR_GET_SECCOMP: u64 = 21;

thread_local! {
    /// Whether a filter has been seen to watch this thread: none ever goes away.
    static IS_WATCHED: Cell<bool> = const { Cell::new(false) };
}

/// What has been asked. It holds for one batch, or for some of a list that this thread
/// tries one after another: for so many as have not made more steps together than one
/// batch may.
#[derive(Clone, Copy, Debug)]
pub(in crate::ring) struct Watch {
    /// Whether other calls may be made than those of the batch, once that has been
    /// asked.
    free: Option<bool>,
    /// Steps since it was.
    steps: u64,
}

impl Watch {
    /// Nothing has been asked.
    pub(in crate::ring) const fn new() -> Self {
        Self {
            free: None,
            steps: 0,
        }
    }

    /// A batch has made so many steps.
    pub(super) const fn passed(&mut self, steps: u64) {
        self.steps = self.steps.saturating_add(steps);
        if self.steps >= STEPS {
            *self = Self::new();
        }
    }
}

impl<M: Memory> NowaitHost<M> {
    /// Whether no filter watches the calls of this thread.
    pub(super) fn is_free(&mut self) -> bool {
        if let Some(free) = self.watch.free {
            return free;
        }
        let free = !IS_WATCHED.get() && self.is_unwatched();
        self.watch = Watch {
            free: Some(free),
            steps: 0,
        };
        free
    }

    /// Asks the kernel.
    fn is_unwatched(&mut self) -> bool {
        let mode = self.make(Sysno::prctl, [PR_GET_SECCOMP, 0, 0, 0, 0, 0]);
        if mode != 0 {
            IS_WATCHED.set(true);
        }
        mode == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_holds_for_as_many_steps_as_one_batch_may_make() {
        let mut watch = Watch {
            free: Some(true),
            steps: 0,
        };
        watch.passed(STEPS - 1);
        assert_eq!(watch.free, Some(true));
        watch.passed(1);
        assert_eq!(watch.free, None);
        watch.passed(STEPS);
        watch.passed(u64::MAX);
        assert_eq!((watch.free, watch.steps), (None, 0));
    }
}
