// SPDX-License-Identifier: GPL-2.0-only
//! What is known of the task, and what is done to it between two sub-calls.

use super::c;

/// What waits to be seen to between two sub-calls: the bits of
/// `sysbatch_pending_work()`, as in `shim.h`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PendingWork(u32);

impl PendingWork {
    /// Whether nothing waits.
    pub(crate) const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Another task should run.
    pub(crate) const fn reschedule(self) -> bool {
        self.0 & 1 != 0
    }

    /// Deferred work of a call, the last `fput` of a closed file for one; or
    /// something else that is announced in the same way.
    pub(crate) const fn task_work(self) -> bool {
        self.0 & 2 != 0
    }

    /// A signal.
    pub(crate) const fn signal(self) -> bool {
        self.0 & 4 != 0
    }

    /// Something that only the way to user space sees to: a signal, a signal
    /// mask to be put back, a wait imposed by a cgroup.
    pub(crate) const fn leaves(self) -> bool {
        self.0 & (4 | 8) != 0
    }
}

/// Whether a sub-call may be made with nothing done before it: nobody watches
/// the task, and nothing waits.
#[inline(always)]
pub(crate) fn is_clear() -> bool {
    // SAFETY: reads fields of the current task.
    unsafe { c::sysbatch_is_clear() != 0 }
}

/// The same of a task that is observed.
#[inline(always)]
pub(crate) fn is_clear_beside_observers() -> bool {
    // SAFETY: reads fields of the current task.
    unsafe { c::sysbatch_is_clear_beside_observers() != 0 }
}

/// Whether someone watches or filters the calls of the task, or the module is
/// switched off: none of its calls is made here.
pub(crate) fn is_watched() -> bool {
    // SAFETY: reads a word of the shim's and fields of the current task, which only
    // that task changes or which are meant to be read at any time.
    unsafe { c::sysbatch_is_watched() != 0 }
}

/// Whether the module is switched off.
pub(crate) fn is_off() -> bool {
    // SAFETY: reads a word of the shim's that is meant to be read at any time.
    unsafe { c::sysbatch_is_off() != 0 }
}

/// Whether someone but observers watches the calls of the task.
pub(crate) fn is_watched_beside_observers() -> bool {
    // SAFETY: as for `is_watched`.
    unsafe { c::sysbatch_is_watched_beside_observers() != 0 }
}

/// What waits to be seen to before the next sub-call.
pub(crate) fn pending_work() -> PendingWork {
    // SAFETY: reads flags of the current task.
    let bits = unsafe { c::sysbatch_pending_work() };
    PendingWork(bits)
}

/// Lets another task run.
pub(crate) fn reschedule() {
    // SAFETY: the ioctl runs in process context and holds no lock.
    unsafe { c::sysbatch_reschedule() }
}

/// Does the task's deferred work.
pub(crate) fn run_task_work() {
    // SAFETY: the ioctl runs in process context and holds no lock; it holds
    // its own reference on the device file, so no work frees what it uses.
    unsafe { c::sysbatch_run_task_work() }
}

/// Makes the way to user space look for work of the kind that
/// [`run_task_work`] does.
#[cold]
pub(crate) fn announce_work() {
    // SAFETY: sets a flag of the current task that the kernel itself clears.
    unsafe { c::sysbatch_announce_work() }
}

/// Makes the way to user space look for signals.
pub(crate) fn force_signal_check() {
    // SAFETY: sets a flag of the current task that the kernel itself clears.
    unsafe { c::sysbatch_force_signal_check() }
}
