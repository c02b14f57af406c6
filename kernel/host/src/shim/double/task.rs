// SPDX-License-Identifier: GPL-2.0-only
//! The look at the task, and the work that waits for it.

use super::script::{EXIT_WORK, RESCHEDULE, TASK_WORK, with_task};

/// Whether nothing waits and nobody watches but by filters.
pub(super) fn is_clear_beside_observers() -> bool {
    with_task(|task| !task.watched && task.waits == 0)
}

/// Whether nobody watches and nothing waits.
pub(super) fn is_clear() -> bool {
    is_clear_beside_observers() && !with_task(|task| task.has_filters)
}

pub(in crate::shim) unsafe fn sysbatch_is_watched() -> i32 {
    with_task(|task| (task.watched || task.has_filters || task.off).into())
}

pub(in crate::shim) unsafe fn sysbatch_is_off() -> i32 {
    with_task(|task| task.off.into())
}

pub(in crate::shim) unsafe fn sysbatch_is_watched_beside_observers() -> i32 {
    with_task(|task| (task.watched || task.off).into())
}

pub(in crate::shim) unsafe fn sysbatch_is_clear() -> i32 {
    is_clear().into()
}

pub(in crate::shim) unsafe fn sysbatch_is_clear_beside_observers() -> i32 {
    is_clear_beside_observers().into()
}

pub(in crate::shim) unsafe fn sysbatch_pending_work() -> u32 {
    with_task(|task| task.waits)
}

pub(in crate::shim) unsafe fn sysbatch_reschedule() {
    with_task(|task| {
        task.reschedules += 1;
        task.waits &= !RESCHEDULE;
    });
}

pub(in crate::shim) unsafe fn sysbatch_run_task_work() {
    with_task(|task| {
        task.task_works += 1;
        let cleared = if task.clears_exit_work {
            TASK_WORK | EXIT_WORK
        } else {
            TASK_WORK
        };
        task.waits = task.waits & !cleared | task.after_task_work;
    });
}

pub(in crate::shim) unsafe fn sysbatch_announce_work() {
    with_task(|task| task.announcements += 1);
}

pub(in crate::shim) unsafe fn sysbatch_force_signal_check() {
    with_task(|task| task.signal_checks += 1);
}
