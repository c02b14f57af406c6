//! Where batches run.
#![expect(unsafe_code, reason = "functions of C")]

use core::ffi::{c_char, c_int, c_uint};
use std::os::fd::AsRawFd as _;
use std::sync::Arc;

use rustix::io::Errno;
use sysbatch::{Backend, Kind, SelectError};

use super::text;
use super::uninterrupted;
use crate::errno;
use crate::history::device_errno;

/// `SYSBATCH_KERNEL`: run batches in the kernel.
const KERNEL: c_uint = 1;
/// `SYSBATCH_USER`: run batches in this process.
const USER: c_uint = 2;
/// `SYSBATCH_CHECKED`: look at addresses before they are used.
const CHECKED: c_uint = 0x100;

/// `struct sysbatch`: where batches run.
#[derive(Debug)]
pub struct Handle {
    pub(crate) backend: Arc<Backend>,
    pub(crate) checked: bool,
}

/// Opens what runs batches and puts it into `*sysbatch`.
///
/// `flags` is SYSBATCH_SELECT for the kernel where its module is loaded and
/// fits, else this process, unless SYSBATCH_BACKEND=kernel, =user or
/// BATCH_EMUL=1 in the environment decide it; or SYSBATCH_KERNEL or
/// SYSBATCH_USER. With SYSBATCH_CHECKED a bad address in a batch is -EFAULT in
/// this process, too, at the price of a system call for each page that is not
/// the program's own data, heap or stack and has not been found good in this
/// batch; without it it is SIGSEGV there.
///
/// What it came to, or what to do about the error, is written to `why`, at
/// most `size` bytes with the zero at the end; `why` may be null if `size` is
/// zero.
///
/// Returns 0; -EINVAL for unknown flags or an environment that contradicts
/// itself, -EFAULT if `sysbatch` is null, else why the device cannot be used.
///
/// # Safety
/// `sysbatch` must be null or valid for writing, `why` for `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sysbatch_open(
    sysbatch: *mut *mut Handle,
    flags: c_uint,
    why: *mut c_char,
    size: usize,
) -> c_int {
    uninterrupted(|| {
        let (result, reason) = match open(flags) {
            Ok(handle) => {
                let reason = handle.backend.choice().to_string();
                (Ok(handle), reason)
            }
            Err((errno, reason)) => (Err(errno), reason),
        };
        // SAFETY: the caller's promise.
        unsafe { text::copy(&reason, why, size) };
        match result {
            Ok(_) if sysbatch.is_null() => errno::negated(Errno::FAULT),
            Ok(handle) => {
                // SAFETY: not null; the rest is the caller's promise.
                unsafe { sysbatch.write(Box::into_raw(Box::new(handle))) };
                0
            }
            Err(errno) => errno::negated(errno),
        }
    })
}

fn open(flags: c_uint) -> Result<Handle, (Errno, String)> {
    let backend = match flags & !CHECKED {
        0 => Backend::select().map_err(|error| {
            let errno = match &error {
                SelectError::Forced(device) => device_errno(device),
                _ => Errno::INVAL,
            };
            (errno, error.to_string())
        })?,
        KERNEL => Backend::kernel().map_err(|error| (device_errno(&error), error.to_string()))?,
        USER => Backend::user(),
        _ => return Err((Errno::INVAL, format!("the flags {flags:#x} are unknown"))),
    };
    Ok(Handle {
        backend: Arc::new(backend),
        checked: flags & CHECKED != 0,
    })
}

/// Closes what sysbatch_open opened. Null is closed already. Rings that were
/// made with it work on.
///
/// # Safety
/// `sysbatch` must be null or from sysbatch_open, and no batch may run with it,
/// except for those of rings.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sysbatch_close(sysbatch: *mut Handle) {
    uninterrupted(|| {
        if !sysbatch.is_null() {
            // SAFETY: it came from a box, and nobody uses it any more.
            drop(unsafe { Box::from_raw(sysbatch) });
        }
    });
}

/// A reference to what C handed in.
///
/// # Safety
/// `sysbatch` must be null or from `sysbatch_open` and not closed during `'a`.
pub(crate) unsafe fn handle<'a>(sysbatch: *const Handle) -> Result<&'a Handle, Errno> {
    // SAFETY: the caller's promise.
    unsafe { sysbatch.as_ref() }.ok_or(Errno::FAULT)
}

/// Where batches run: SYSBATCH_KERNEL or SYSBATCH_USER; -EFAULT for null.
///
/// # Safety
/// `sysbatch` must be null or open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sysbatch_kind(sysbatch: *const Handle) -> c_int {
    // SAFETY: the caller's promise.
    match unsafe { handle(sysbatch) } {
        Ok(handle) => match handle.backend.kind() {
            Kind::Kernel => KERNEL as c_int,
            Kind::User => USER as c_int,
        },
        Err(errno) => errno::negated(errno),
    }
}

/// The open descriptor of the device, which stays the library's; -ENODEV if
/// batches run in this process, -EFAULT for null.
///
/// # Safety
/// `sysbatch` must be null or open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sysbatch_device_fd(sysbatch: *const Handle) -> c_int {
    // SAFETY: the caller's promise.
    match unsafe { handle(sysbatch) } {
        Ok(handle) => match handle.backend.device() {
            Some(device) => device.as_raw_fd(),
            None => errno::negated(Errno::NODEV),
        },
        Err(errno) => errno::negated(errno),
    }
}

/// How many crossings to the kernel batches have made through `sysbatch`:
/// entries of the device, and system calls made in this process for a batch.
/// Zero for null.
///
/// # Safety
/// `sysbatch` must be null or open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sysbatch_crossings(sysbatch: *const Handle) -> u64 {
    // SAFETY: the caller's promise.
    unsafe { handle(sysbatch) }.map_or(0, |handle| handle.backend.crossings())
}
