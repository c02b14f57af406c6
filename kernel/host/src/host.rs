// SPDX-License-Identifier: GPL-2.0-only
//! The interpreter's view of the task that entered the module.

use sysbatch_abi::{PuntReason, Resume, Width, is_handed_back};
use sysbatch_engine::{Call, Fault, Host, Outcome};

use crate::restart::Restart;
use crate::shim::{self, Called, PendingWork};

/// Number of `restart_syscall(2)`, which continues a call by its restart block.
const RESTART_SYSCALL: u32 = 219;

/// The calling task: its memory, its system calls, its signals.
#[derive(Debug, Default)]
pub(crate) struct KernelHost {
    /// How the ioctl is to be restarted once a signal has been seen to.
    restart: Option<Restart>,
    /// What waited after the sub-call just made, until it is asked for.
    after_call: Option<PendingWork>,
}

impl KernelHost {
    /// What the ioctl returns after [`Status::Interrupted`](sysbatch_abi::Status).
    ///
    /// Makes sure that the kernel's signal code looks at it on the way to user
    /// space: without that a restart code would be seen there.
    pub(crate) fn leave(&self) -> i64 {
        shim::force_signal_check();
        self.restart.unwrap_or(Restart::Always).ioctl_result()
    }

    /// Does what waits, and says whether the batch has to be left.
    #[cold]
    fn see_to(&mut self, work: PendingWork) -> bool {
        if work.reschedule() {
            shim::reschedule();
        }
        if work.task_work() {
            shim::run_task_work();
        }
        // Both may have taken time, and task work may raise a signal.
        let leaves = shim::pending_work().leaves();
        if leaves {
            self.restart = Some(Restart::Always);
        }
        leaves
    }
}

impl Host for KernelHost {
    fn load(&mut self, address: u64, width: Width) -> Result<u64, Fault> {
        shim::load(address, width)
    }

    fn store(&mut self, address: u64, width: Width, value: u64) -> Result<(), Fault> {
        shim::store(address, width, value)
    }

    fn load_words<const N: usize>(&mut self, address: u64) -> Result<[u64; N], Fault> {
        shim::load_words(address)
    }

    fn call(&mut self, call: &Call) -> Outcome {
        let number = match call.resume {
            Resume::Fresh if is_handed_back(call.number, &call.args) => {
                return Outcome::Punt(if shim::is_watched() {
                    PuntReason::Watched
                } else {
                    PuntReason::Call
                });
            }
            Resume::Fresh => call.number,
            Resume::RestartBlock => RESTART_SYSCALL,
        };
        let (result, work) = match shim::call(number, &call.args) {
            Called::Returned(result, work) => (result, work),
            Called::Watched => return Outcome::Punt(PuntReason::Watched),
            Called::Signalled => {
                self.restart = Some(Restart::Always);
                return Outcome::Interrupted(call.resume);
            }
        };
        match Restart::from_result(result) {
            // As on the way out of a call made alone: without a signal these
            // are values like any other. F_GETOWN of a process group has them.
            Some(restart) if work.signal() => {
                self.restart = Some(restart);
                Outcome::Interrupted(restart.resume())
            }
            _ => {
                self.after_call = Some(work);
                Outcome::Returned(result)
            }
        }
    }

    #[inline]
    fn pending(&mut self) -> bool {
        let work = match self.after_call.take() {
            Some(work) => work,
            None => shim::pending_work(),
        };
        !work.is_none() && self.see_to(work)
    }
}

#[cfg(test)]
#[path = "host_tests.rs"]
mod tests;
