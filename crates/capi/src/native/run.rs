//! Running a batch to its end.
#![expect(unsafe_code, reason = "functions of C that run batches")]

use core::ffi::c_int;

use rustix::io::Errno;
use sysbatch::Direct;
use sysbatch::abi::Run;

use super::backend::{Handle, handle};
use crate::errno;
use crate::memory::Probed;

/// Runs a batch until it is over: done, left by a jump, out of fuel, or wrong.
///
/// What the kernel hands back is done in this process and the batch goes on;
/// the result of a call that a signal interrupted is -EINTR. `run` is left as
/// docs/abi.md says: entering again goes on. It and the program can be used
/// any number of times: set `pc` to 0 and `fuel` to what it may take, as
/// sysbatch_run_init does.
///
/// Returns 0, with the reason in `status`; -EFAULT, -EINVAL or -E2BIG if the
/// batch itself is wrong, at the entry `pc`; else what the device answered.
///
/// # Safety
/// The batch must be sound to run in this process; `run` must be null, or
/// valid for reading and writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sysbatch_run_batch(sysbatch: *mut Handle, run: *mut Run) -> c_int {
    errno::keep(|| {
        // SAFETY: the caller's promise.
        let result = unsafe { run_batch(sysbatch, run) };
        result.map_or_else(errno::negated, |()| 0)
    })
}

/// # Safety
/// As for the function of C.
unsafe fn run_batch(sysbatch: *const Handle, run: *mut Run) -> Result<(), Errno> {
    // SAFETY: the caller's promise.
    let handle = unsafe { handle(sysbatch) }?;
    if !run.is_aligned() {
        return Err(Errno::INVAL);
    }
    // SAFETY: aligned; the rest is the caller's promise.
    let run = unsafe { run.as_mut() }.ok_or(Errno::FAULT)?;
    let ended = if handle.checked {
        // SAFETY: the caller's promise.
        let mut memory = unsafe { Probed::new(0..0) };
        // SAFETY: the caller's promise.
        unsafe { memory.run(&handle.backend, run) }
    } else {
        // SAFETY: the caller's promise.
        let mut memory = unsafe { Direct::new() };
        // SAFETY: the caller's promise.
        unsafe { handle.backend.run(run, &mut memory) }
    };
    ended.map(|_| ())
}
