// SPDX-License-Identifier: GPL-2.0-only
//! Safe faces of the functions in `../*.c`.
#![expect(unsafe_code, reason = "the shim is C")]

use core::mem::MaybeUninit;

use sysbatch_abi::Width;
use sysbatch_engine::Fault;

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

    /// Deferred work of a call, the last `fput` of a closed file for one.
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

/// The answers of `sysbatch_call()` that it did nothing, as in `shim.h`.
const WATCHED: u32 = 16;
const SIGNALLED: u32 = 32;

/// Reads a word of the task's memory.
#[expect(
    clippy::multiple_unsafe_ops_per_block,
    reason = "one of the calls is made, and one proof holds for each"
)]
pub(crate) fn load(address: u64, width: Width) -> Result<u64, Fault> {
    let mut word = 0;
    // SAFETY: the shim treats `address` as a user address and checks it;
    // `word` is an exclusive, aligned u64 for the time of the call.
    let failed = unsafe {
        match width {
            Width::One => c::sysbatch_load1(address, &raw mut word),
            Width::Two => c::sysbatch_load2(address, &raw mut word),
            Width::Four => c::sysbatch_load4(address, &raw mut word),
            Width::Eight => c::sysbatch_load8(address, &raw mut word),
        }
    };
    if failed == 0 { Ok(word) } else { Err(Fault) }
}

/// Writes the low bytes of a word to the task's memory.
#[expect(
    clippy::multiple_unsafe_ops_per_block,
    reason = "one of the calls is made, and one proof holds for each"
)]
pub(crate) fn store(address: u64, width: Width, value: u64) -> Result<(), Fault> {
    // SAFETY: the shim treats `address` as a user address and checks it; no
    // pointer of the kernel's is passed.
    let failed = unsafe {
        match width {
            Width::One => c::sysbatch_store1(address, value),
            Width::Two => c::sysbatch_store2(address, value),
            Width::Four => c::sysbatch_store4(address, value),
            Width::Eight => c::sysbatch_store8(address, value),
        }
    };
    if failed == 0 { Ok(()) } else { Err(Fault) }
}

/// Reads consecutive words of the task's memory.
pub(crate) fn load_words<const N: usize>(address: u64) -> Result<[u64; N], Fault> {
    let mut words = MaybeUninit::<[u64; N]>::uninit();
    let to = words.as_mut_ptr().cast();
    let failed = match u32::try_from(N) {
        // An entry, the hot path: its size is a constant for C, too.
        Ok(8) => {
            // SAFETY: `to` has room for N = 8 words, which is what the shim
            // writes; `address` is checked as a user address there.
            unsafe { c::sysbatch_load_entry(address, to) }
        }
        Ok(count) => {
            // SAFETY: `to` has room for N = `count` words, which is what the
            // shim writes; `address` is checked as a user address there.
            unsafe { c::sysbatch_load_words(address, to, count) }
        }
        Err(_) => return Err(Fault),
    };
    if failed != 0 {
        return Err(Fault);
    }
    // SAFETY: the shim has written all N words, for it returned zero, and any
    // value of a word is a u64.
    Ok(unsafe { words.assume_init() })
}

/// Whether someone watches or filters the calls of the task.
pub(crate) fn is_watched() -> bool {
    // SAFETY: reads fields of the current task, which only that task changes
    // or which are meant to be read at any time.
    unsafe { c::sysbatch_is_watched() != 0 }
}

/// What became of a system call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Called {
    /// Its result, and what waits to be seen to before the next one.
    Returned(i64, PendingWork),
    /// The task is watched: nothing was done.
    Watched,
    /// A signal came first: nothing was done.
    Signalled,
}

/// Makes a system call with the task's own registers.
pub(crate) fn call(number: u32, args: &[u64; 6]) -> Called {
    let mut result = 0;
    // SAFETY: `args` points to six readable words and `result` is an exclusive,
    // aligned i64. The call gets only user values, as from the system call
    // instruction, and the registers it works on were saved by
    // `sysbatch_ioctl()`, which restores them.
    let bits = unsafe { c::sysbatch_call(number, args.as_ptr(), &raw mut result) };
    match bits {
        WATCHED => Called::Watched,
        SIGNALLED => Called::Signalled,
        _ => Called::Returned(result, PendingWork(bits)),
    }
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

/// Makes the way to user space look for signals.
pub(crate) fn force_signal_check() {
    // SAFETY: sets a flag of the current task that the kernel itself clears.
    unsafe { c::sysbatch_force_signal_check() }
}

#[cfg(not(test))]
mod c {
    unsafe extern "C" {
        pub(super) fn sysbatch_load1(address: u64, word: *mut u64) -> i32;
        pub(super) fn sysbatch_load2(address: u64, word: *mut u64) -> i32;
        pub(super) fn sysbatch_load4(address: u64, word: *mut u64) -> i32;
        pub(super) fn sysbatch_load8(address: u64, word: *mut u64) -> i32;
        pub(super) fn sysbatch_store1(address: u64, value: u64) -> i32;
        pub(super) fn sysbatch_store2(address: u64, value: u64) -> i32;
        pub(super) fn sysbatch_store4(address: u64, value: u64) -> i32;
        pub(super) fn sysbatch_store8(address: u64, value: u64) -> i32;
        pub(super) fn sysbatch_load_entry(address: u64, words: *mut u64) -> i32;
        pub(super) fn sysbatch_load_words(address: u64, words: *mut u64, count: u32) -> i32;
        pub(super) fn sysbatch_is_watched() -> i32;
        pub(super) fn sysbatch_call(number: u32, args: *const u64, result: *mut i64) -> u32;
        pub(super) fn sysbatch_pending_work() -> u32;
        pub(super) fn sysbatch_reschedule();
        pub(super) fn sysbatch_run_task_work();
        pub(super) fn sysbatch_force_signal_check();
    }
}

/// Stand-ins for the shim, for unit tests: a machine without memory on which
/// every system call fails.
#[cfg(test)]
mod c {
    pub(super) use super::double::*;
}

#[cfg(test)]
#[path = "shim_double.rs"]
pub(crate) mod double;
