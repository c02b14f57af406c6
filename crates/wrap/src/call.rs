//! How a system call of the program's is made.
#![expect(unsafe_code, reason = "system calls that the program asked for")]

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use sysbatch_abi::{Entry, Format, RUN_REQUEST, RUN_SIZE, Resume, Run, Status};

use crate::arch;
use crate::layout::{self, Descriptor};
use crate::nr;
use crate::shared::Shared;
use crate::sys;

/// The highest of the loader's descriptors. A child by `fork(2)` has a copy.
static TOP: AtomicU32 = AtomicU32::new(0);

pub(crate) fn set_top(top: u32) {
    TOP.store(top, Relaxed);
}

/// The highest of the loader's descriptors.
pub(crate) fn top() -> u32 {
    TOP.load(Relaxed)
}

/// The number of one of them.
pub(crate) fn descriptor(descriptor: Descriptor) -> u64 {
    descriptor.number(top()).into()
}

/// What all processes share.
fn shared() -> &'static Shared {
    let pointer = core::ptr::with_exposed_provenance(layout::SHARED as usize);
    // SAFETY: mapped there before the first call of a program is trapped, and never
    // taken away. Its words are only used as atomic ones.
    unsafe { &*pointer }
}

/// Makes a call that the program has asked for directly, without the module.
///
/// # Safety
/// The program has asked for it, or for one that differs from it as it must under
/// this loader; and it comes back here, with this thread's stack as it is.
pub(crate) unsafe fn directly(number: u32, args: [u64; 6]) -> i64 {
    count_direct();
    // SAFETY: by the contract of this function.
    unsafe { arch::syscall(number, args) }
}

/// Counts a call that is about to be made directly.
pub(crate) fn count_direct() {
    shared().count_direct();
}

/// Makes a call that the program has asked for as a batch of one.
///
/// # Safety
/// As [`directly`].
pub(crate) unsafe fn batched(number: u32, args: [u64; 6]) -> i64 {
    let shared = shared();
    let Ok(number_in_entry) = i32::try_from(number) else {
        // An entry has no room for it: it would be a built-in.
        // SAFETY: by the contract of this function.
        return unsafe { directly(number, args) };
    };
    if shared.is_direct() {
        // SAFETY: as above.
        return unsafe { directly(number, args) };
    }
    let entry = Entry {
        nr: number_in_entry,
        args,
        ..Entry::default()
    };
    let mut result = 0_i64;
    let mut run = Run {
        size: RUN_SIZE as u32,
        format: Format::Native.raw(),
        program: sys::address(&entry),
        len: 1,
        results: sys::address_mut(&mut result),
        results_len: 1,
        fuel: 1,
        ..Run::default()
    };
    let device = descriptor(Descriptor::Device);
    let header = sys::address_mut(&mut run);
    // SAFETY: header, entry and slot are whole and this function's own. The rest is the
    // contract of this function.
    let returned =
        unsafe { arch::syscall(nr::IOCTL, [device, RUN_REQUEST.into(), header, 0, 0, 0]) };
    match Status::from_raw(run.status) {
        Some(Status::Done) => {
            shared.count_batched();
            result
        }
        // The handler of a filter of the program's own has given the result.
        Some(Status::Trapped) => {
            shared.count_batched();
            returned
        }
        // A signal has interrupted the call.
        Some(Status::Interrupted) => {
            shared.count_batched();
            returned
        }
        Some(Status::Punt) => {
            shared.count_handed_back();
            let (number, args) = if run.resume == Resume::RestartBlock as u32 {
                (nr::RESTART_SYSCALL, [0; 6])
            } else {
                (number, args)
            };
            // SAFETY: by the contract of this function.
            unsafe { arch::syscall(number, args) }
        }
        // The batch was not accepted, and nothing of it has happened: a filter of the
        // program's own forbids it, or the descriptor is gone with the table of files.
        // SAFETY: as above.
        _ => unsafe { directly(number, args) },
    }
}
