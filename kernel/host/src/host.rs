// SPDX-License-Identifier: GPL-2.0-only
//! The interpreter's view of the task that entered the module.

use sysbatch_abi::{PuntReason, Resume, Width, is_handed_back};
use sysbatch_engine::{Call, Fault, Host, Outcome};

use crate::restart::Restart;
use crate::shim;

/// Number of `restart_syscall(2)`, which continues a call by its restart block.
const RESTART_SYSCALL: u32 = 219;

/// The calling task: its memory, its system calls, its signals.
#[derive(Debug, Default)]
pub(crate) struct KernelHost {
    /// How the ioctl is to be restarted once a signal has been seen to.
    restart: Option<Restart>,
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
        // Read again for each sub-call: the one before may have changed it.
        if shim::is_watched() {
            return Outcome::Punt(PuntReason::Watched);
        }
        let number = match call.resume {
            Resume::Fresh if is_handed_back(call.number, &call.args) => {
                return Outcome::Punt(PuntReason::Call);
            }
            Resume::Fresh => call.number,
            Resume::RestartBlock => RESTART_SYSCALL,
        };
        let result = shim::call(number, &call.args);
        match Restart::from_result(result) {
            // As on the way out of a call made alone: without a signal these
            // are values like any other. F_GETOWN of a process group has them.
            Some(restart) if shim::pending_work().signal => {
                self.restart = Some(restart);
                Outcome::Interrupted(restart.resume())
            }
            _ => Outcome::Returned(result),
        }
    }

    fn pending(&mut self) -> bool {
        let mut work = shim::pending_work();
        if work.is_none() {
            return false;
        }
        if work.reschedule {
            shim::reschedule();
        }
        if work.task_work {
            shim::run_task_work();
        }
        // Both may have taken time, and task work may raise a signal.
        work = shim::pending_work();
        if work.leaves() {
            self.restart = Some(Restart::Always);
        }
        work.leaves()
    }
}

#[cfg(test)]
#[path = "host_tests.rs"]
mod tests;
