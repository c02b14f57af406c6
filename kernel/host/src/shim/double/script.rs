// SPDX-License-Identifier: GPL-2.0-only
//! The task of a test: what it is to do, and what was done to it.

extern crate std;

use std::cell::RefCell;
use std::vec::Vec;

/// What waits: the bits of `sysbatch_pending_work()`.
pub(crate) const RESCHEDULE: u32 = 1;
pub(crate) const TASK_WORK: u32 = 2;
pub(crate) const SIGNAL: u32 = 4;
pub(crate) const EXIT_WORK: u32 = 8;

/// A task, and what was done to it.
#[derive(Default)]
pub(crate) struct Task {
    /// By other means than filters.
    pub(crate) watched: bool,
    /// Its filters let pass what is not scripted.
    pub(crate) has_filters: bool,
    /// What filters say of the calls to come, the next one last: a result, or
    /// what the shim says besides.
    pub(crate) verdicts: Vec<Verdict>,
    /// Which calls they were asked about.
    pub(crate) judged: Vec<(u32, [u64; 6])>,
    /// The module is switched off: the shim's word, and the table.
    pub(crate) off: bool,
    pub(crate) looks_at_all: bool,
    /// What waits now.
    pub(crate) waits: u32,
    /// Results of the calls to come, the next one last.
    pub(crate) results: Vec<i64>,
    /// What waits after each call to come, the next one last; then nothing.
    pub(crate) after_call: Vec<u32>,
    /// Whether nothing tells of exit work any more after task work, as in the
    /// kernel, where both have one flag.
    pub(crate) clears_exit_work: bool,
    /// What waits after task work.
    pub(crate) after_task_work: u32,
    pub(crate) calls: Vec<(u32, [u64; 6])>,
    /// What the looks to come show, the next one last: a magic number and facts; then
    /// nothing.
    pub(crate) files: Vec<(u64, u64)>,
    /// Which looks there were: at a descriptor or a directory, and with these numbers.
    pub(crate) looks: Vec<(u32, [u64; 3])>,
    /// How many calls were made with their waits broken.
    pub(crate) attempts: u32,
    /// What was to be opened from the cache.
    pub(crate) opened: Vec<(i32, u64, u32, u64)>,
    pub(crate) reschedules: u32,
    pub(crate) task_works: u32,
    pub(crate) signal_checks: u32,
    pub(crate) announcements: u32,
}

/// What filters say of a call.
#[derive(Clone, Copy)]
pub(crate) enum Verdict {
    Pass,
    Result(i64),
    Trap,
    /// The shim cannot ask the filters.
    NotMade,
}

std::thread_local! {
    static TASK: RefCell<Task> = RefCell::default();
}

/// Looks at, or scripts, the task of the running test.
pub(crate) fn with_task<T>(f: impl FnOnce(&mut Task) -> T) -> T {
    TASK.with_borrow_mut(f)
}
