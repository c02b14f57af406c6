//! What the interfaces that came before have in common.

use std::env;
use std::ffi::OsStr;
use std::sync::OnceLock;

use rustix::io::Errno;
use sysbatch::abi::{Format, RUN_SIZE, Run};
use sysbatch::{Backend, DeviceError, Kind};

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
pub(super) fn backend() -> Result<&'static Backend, Errno> {
    static SHARED: OnceLock<Result<Backend, Errno>> = OnceLock::new();
    SHARED.get_or_init(select).as_ref().map_err(|errno| *errno)
}

fn select() -> Result<Backend, Errno> {
    let word = env::var_os("SYSBATCH_BACKEND").filter(|word| !word.is_empty());
    if env::var_os("BATCH_EMUL").is_some() {
        return Ok(Backend::user());
    }
    match word {
        None => Ok(Backend::kernel().unwrap_or_else(|_| Backend::user())),
        Some(word) if word == OsStr::new(Kind::User.name()) => Ok(Backend::user()),
        Some(word) if word == OsStr::new(Kind::Kernel.name()) => {
            Backend::kernel().map_err(|error| device_errno(&error))
        }
        Some(_) => Err(Errno::INVAL),
    }
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
