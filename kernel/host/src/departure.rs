// SPDX-License-Identifier: GPL-2.0-only
//! When a batch is left, and how: for a signal, for work that only the way to user
//! space does, or for a call that the caller has to make.

use sysbatch_abi::{PuntReason, Resume};
use sysbatch_engine::Outcome;

use crate::restart::Restart;
use crate::shim::{self, PendingWork};

/// What one ioctl has to do on its way out.
#[derive(Debug)]
pub(crate) struct Departure {
    /// How the ioctl is to be restarted once a signal has been seen to.
    restart: Option<Restart>,
    /// Whether the way to user space has to be told to look for work: the flag
    /// that says so was taken for task work.
    announces: bool,
}

impl Departure {
    /// That of an ioctl which has done nothing yet.
    pub(crate) const fn new() -> Self {
        Self {
            restart: None,
            announces: false,
        }
    }

    /// What has to be done before the ioctl returns, whatever it returns.
    #[inline(always)]
    pub(crate) fn finish(&self) {
        if self.announces {
            shim::announce_work();
        }
    }

    /// What the ioctl returns after [`Status::Interrupted`](sysbatch_abi::Status).
    ///
    /// Makes sure that the kernel's signal code looks at it on the way to user
    /// space: without that a restart code would be seen there.
    #[cold]
    pub(crate) fn leave(&self) -> i64 {
        shim::force_signal_check();
        self.restart.unwrap_or(Restart::Always).ioctl_result()
    }

    /// Does what waits between two steps, and says whether the batch has to be left.
    #[inline(always)]
    pub(crate) fn pending(&mut self) -> bool {
        let work = shim::pending_work();
        !work.is_none() && self.see_to(work)
    }

    #[cold]
    fn see_to(&mut self, work: PendingWork) -> bool {
        if work.reschedule() {
            shim::reschedule();
        }
        if work.task_work() {
            shim::run_task_work();
            self.announces = true;
        }
        // Both may have taken time, and task work may raise a signal. What was
        // seen first is announced no more.
        let leaves = work.leaves() || shim::pending_work().leaves();
        if leaves {
            self.restart = Some(Restart::Always);
        }
        leaves
    }

    /// What becomes of a call instead of being made, if anything does: whether it
    /// is one that is handed back, whether the task is watched, and whether a signal
    /// waits, in this order.
    #[inline(always)]
    pub(crate) fn instead(
        &mut self,
        is_handed_back: bool,
        is_watched: impl Fn() -> bool,
        resume: Resume,
        is_first: bool,
    ) -> Option<Outcome> {
        if is_handed_back {
            return Some(Outcome::Punt(if is_watched() {
                reason()
            } else {
                PuntReason::Call
            }));
        }
        if is_watched() {
            return Some(Outcome::Punt(reason()));
        }
        // A page fault on an entry may have taken any time. At the first step what
        // waits may be there because the batch was read (`perf_event_open(2)`,
        // `sigtrap`), and would be each time: the call is made, as one whose task
        // gets a signal on its way into the kernel.
        if !is_first && shim::pending_work().signal() {
            self.restart = Some(Restart::Always);
            return Some(Outcome::Interrupted(resume));
        }
        None
    }

    /// What a result that may be a restart code means.
    #[cold]
    pub(crate) fn outcome_of_restart(&mut self, result: i64) -> Outcome {
        match Restart::from_result(result) {
            // As on the way out of a call made alone: without a signal these
            // are values like any other. F_GETOWN of a process group has them.
            Some(restart) if shim::pending_work().signal() => {
                self.restart = Some(restart);
                Outcome::Interrupted(restart.resume())
            }
            _ => Outcome::Returned(result),
        }
    }
}

/// Why all calls are handed back, of a task for which they are.
#[cold]
fn reason() -> PuntReason {
    if shim::is_off() {
        PuntReason::Off
    } else {
        PuntReason::Watched
    }
}
