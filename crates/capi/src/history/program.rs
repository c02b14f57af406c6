//! What earlier interfaces have in common.
#![expect(unsafe_code, reason = "the environment is read where it is")]

use core::ffi::CStr;
use std::sync::OnceLock;

use rustix::fs::Access;
use rustix::io::Errno;
use sysbatch::abi::{DEVICE_PATH, Format, RUN_SIZE, Run};
use sysbatch::{Backend, DeviceError, Kind};

use crate::signals::Blocked;

/// The backend of the process for all of these interfaces, chosen when the
/// first of them is used.
///
/// `BATCH_EMUL` in the environment, whatever its value, means user space;
/// `SYSBATCH_BACKEND` is as for [`Backend::select`]. Otherwise it is the
/// kernel where the device can be used.
///
/// # Errors
/// When `SYSBATCH_BACKEND` asks for what cannot be had: `EINVAL` if it is no
/// word that it can be, else the error of the device.
#[inline]
pub(super) fn backend() -> Result<&'static Backend, Errno> {
    match SHARED.get() {
        Some(chosen) => chosen.as_ref().map_err(|errno| *errno),
        None => choose(),
    }
}

static SHARED: OnceLock<Result<Backend, Errno>> = OnceLock::new();

/// Chooses. A handler that comes in between would wait for what it has interrupted.
#[cold]
fn choose() -> Result<&'static Backend, Errno> {
    let blocked = Blocked::all();
    let chosen = SHARED.get_or_init(select);
    drop(blocked);
    chosen.as_ref().map_err(|errno| *errno)
}

/// As this may be in a handler nothing is allocated, except for an error that is to be
/// told.
fn select() -> Result<Backend, Errno> {
    let word = variable(c"SYSBATCH_BACKEND").filter(|word| !word.is_empty());
    if variable(c"BATCH_EMUL").is_some() {
        return Ok(Backend::user());
    }
    let is_there = || rustix::fs::access(DEVICE_PATH, Access::READ_OK | Access::WRITE_OK).is_ok();
    match word.map(CStr::to_bytes) {
        None if !is_there() => Ok(Backend::user()),
        None => Ok(Backend::kernel().unwrap_or_else(|_| Backend::user())),
        Some(word) if word == Kind::User.name().as_bytes() => Ok(Backend::user()),
        Some(word) if word == Kind::Kernel.name().as_bytes() => {
            Backend::kernel().map_err(|error| device_errno(&error))
        }
        Some(_) => Err(Errno::INVAL),
    }
}

/// A variable of the environment, without a copy of it.
fn variable(name: &CStr) -> Option<&'static CStr> {
    // SAFETY: the name is a string. As with any program of C, nobody changes the
    // environment at the same time.
    let value = unsafe { libc::getenv(name.as_ptr()) };
    if value.is_null() {
        return None;
    }
    // SAFETY: it is a string, and stays as long as the environment is not changed; it is
    // only used at once.
    Some(unsafe { CStr::from_ptr(value) })
}

/// The error that stands for a device that cannot be used.
pub(crate) fn device_errno(error: &DeviceError) -> Errno {
    match error {
        DeviceError::Open { errno, .. } | DeviceError::Read { errno } => *errno,
        _ => Errno::NODEV,
    }
}

/// The header of a program of `len` entries with as many results.
pub(super) fn header(format: Format, program: u64, len: u64, results: u64) -> Run {
    Run {
        size: RUN_SIZE as u32,
        format: format.raw(),
        program,
        len,
        results,
        results_len: len,
        fuel: len,
        ..Run::default()
    }
}

/// The addresses of `len` result slots.
pub(super) fn slots(results: u64, len: u64) -> core::ops::Range<u64> {
    results..results.saturating_add(len.saturating_mul(8))
}
