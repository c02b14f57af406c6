// SPDX-License-Identifier: GPL-2.0-only
//! Stand-ins for the C shim in unit tests: the memory of the test itself, and
//! a task whose state each test scripts.

extern crate std;

use std::cell::RefCell;
use std::vec::Vec;

/// What the stand-ins answer, and what they were asked.
#[derive(Default)]
pub(crate) struct Task {
    pub(crate) watched: bool,
    /// Whether a signal comes just before the next call.
    pub(crate) signalled: bool,
    /// Results of the calls to come, the next one last.
    pub(crate) results: Vec<i64>,
    /// Answers of `sysbatch_pending_work` to come, the next one last; then zero.
    pub(crate) pending: Vec<u32>,
    pub(crate) calls: Vec<(u32, [u64; 6])>,
    pub(crate) reschedules: u32,
    pub(crate) task_works: u32,
    pub(crate) signal_checks: u32,
}

std::thread_local! {
    static TASK: RefCell<Task> = RefCell::default();
}

/// Looks at, or scripts, the task of the running test.
pub(crate) fn with_task<T>(f: impl FnOnce(&mut Task) -> T) -> T {
    TASK.with_borrow_mut(f)
}

macro_rules! accesses {
    ($($load:ident $store:ident $type:ty),*) => {$(
        pub(super) unsafe fn $load(address: u64, word: *mut u64) -> i32 {
            let from = core::ptr::with_exposed_provenance::<$type>(address as usize);
            // SAFETY: tests pass addresses of live variables only.
            let value = unsafe { from.read_unaligned() };
            // SAFETY: the caller passes an exclusive u64.
            unsafe { word.write(u64::from(value)) };
            0
        }

        pub(super) unsafe fn $store(address: u64, value: u64) -> i32 {
            let to = core::ptr::with_exposed_provenance_mut::<$type>(address as usize);
            // SAFETY: tests pass addresses of live variables only.
            unsafe { to.write_unaligned(value as $type) };
            0
        }
    )*};
}
accesses!(
    sysbatch_load1 sysbatch_store1 u8,
    sysbatch_load2 sysbatch_store2 u16,
    sysbatch_load4 sysbatch_store4 u32,
    sysbatch_load8 sysbatch_store8 u64
);

pub(super) unsafe fn sysbatch_load_entry(address: u64, words: *mut u64) -> i32 {
    // SAFETY: as the caller promises, for the eight words of an entry.
    unsafe { sysbatch_load_words(address, words, 8) }
}

pub(super) unsafe fn sysbatch_load_words(address: u64, words: *mut u64, count: u32) -> i32 {
    let from = core::ptr::with_exposed_provenance::<u64>(address as usize);
    // SAFETY: tests pass addresses of live arrays only, and the caller room
    // for `count` words.
    unsafe { words.copy_from(from, count as usize) };
    0
}

pub(super) unsafe fn sysbatch_is_watched() -> i32 {
    with_task(|task| task.watched.into())
}

pub(super) unsafe fn sysbatch_call(number: u32, args: *const u64, result: *mut i64) -> u32 {
    if with_task(|task| task.watched) {
        return 16;
    }
    if with_task(|task| std::mem::take(&mut task.signalled)) {
        return 32;
    }
    // SAFETY: the caller passes six words.
    let args = unsafe { args.cast::<[u64; 6]>().read() };
    let value = with_task(|task| {
        task.calls.push((number, args));
        task.results.pop().expect("the test scripts each call")
    });
    // SAFETY: the caller passes an exclusive i64.
    unsafe { result.write(value) };
    // SAFETY: it has no conditions here.
    unsafe { sysbatch_pending_work() }
}

pub(super) unsafe fn sysbatch_pending_work() -> u32 {
    with_task(|task| task.pending.pop().unwrap_or(0))
}

pub(super) unsafe fn sysbatch_reschedule() {
    with_task(|task| task.reschedules += 1);
}

pub(super) unsafe fn sysbatch_run_task_work() {
    with_task(|task| task.task_works += 1);
}

pub(super) unsafe fn sysbatch_force_signal_check() {
    with_task(|task| task.signal_checks += 1);
}
