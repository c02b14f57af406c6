//! `asys_submit` and `asys_await_completion`, as C programs call them.
#![expect(unsafe_code, reason = "functions of C that make system calls")]

use anyhow::ensure;
use sysbatch_capi::history::{sysbatch_compat_asys_await_completion, sysbatch_compat_asys_submit};
use syscalls::Sysno;

/// `struct asys_input`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Input {
    number: i32,
    cookie: u64,
    count: u64,
    arguments: u64,
}

/// `struct asys_completion`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Completion {
    pub(crate) return_code: i64,
    pub(crate) cookie: u64,
}

impl Input {
    /// A call with the arguments that are there when it is submitted.
    pub(crate) fn new(number: Sysno, cookie: u64, arguments: &mut [u64]) -> Self {
        Self {
            number: number.id(),
            cookie,
            count: arguments.len() as u64,
            arguments: arguments.as_mut_ptr().expose_provenance() as u64,
        }
    }
}

/// Submits calls; how many were taken.
///
/// # Safety
/// They must be sound to make until they have completed, and their arguments
/// still be there.
pub(crate) unsafe fn submit(inputs: &mut [Input]) -> anyhow::Result<usize> {
    let count = inputs.len() as u64;
    // SAFETY: the caller's promise; there are as many.
    let taken = unsafe { sysbatch_compat_asys_submit(inputs.as_mut_ptr().cast(), count) };
    let error = std::io::Error::last_os_error();
    ensure!(taken >= 0, "asys_submit: {error}");
    Ok(taken as usize)
}

/// Waits for a call to complete.
pub(crate) fn await_one() -> anyhow::Result<Completion> {
    let mut completion = Completion::default();
    // SAFETY: it is as large as what is written.
    let waited = unsafe { sysbatch_compat_asys_await_completion((&raw mut completion).cast()) };
    let error = std::io::Error::last_os_error();
    ensure!(waited == 1, "asys_await_completion: {error}");
    Ok(completion)
}
