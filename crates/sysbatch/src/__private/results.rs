//! What calls have returned.
#![expect(
    unsafe_code,
    reason = "memory that the kernel wrote, descriptors it made"
)]

use core::convert::Infallible;
use core::mem::MaybeUninit;
use std::os::fd::{FromRawFd as _, OwnedFd};

use rustix::io::Errno;
use sysbatch_abi::is_errno;

/// Two descriptors, as `pipe` writes them.
pub type Pair = [i32; 2];

/// Memory for what a call returns.
#[derive(Debug)]
pub struct Room<T>(MaybeUninit<T>);

impl<T> Default for Room<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Room<T> {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self(MaybeUninit::uninit())
    }

    /// Where it is, as long as it is not moved.
    pub fn address(&mut self) -> u64 {
        self.0.as_mut_ptr().expose_provenance() as u64
    }

    /// What was written.
    ///
    /// # Safety
    /// A call has written it.
    pub unsafe fn get(&self) -> T
    where
        T: Copy,
    {
        // SAFETY: the caller's.
        unsafe { self.0.assume_init() }
    }
}

/// The error of a call that has failed, for `?`.
pub fn failed(result: i64) -> Result<Infallible, Errno> {
    Err(errno(result))
}

/// The error that a result is.
#[must_use]
pub fn errno(result: i64) -> Errno {
    Errno::from_raw_os_error(-result as i32)
}

/// The result that an error is.
#[must_use]
pub fn negated(errno: Errno) -> u64 {
    (-i64::from(errno.raw_os_error())).cast_unsigned()
}

/// Whether a call has succeeded.
pub fn outcome(result: i64) -> Result<(), Errno> {
    if is_errno(result) {
        return Err(errno(result));
    }
    Ok(())
}

/// The descriptor that a call returned.
///
/// # Safety
/// The call was made and has succeeded, and nobody has closed what it returned, or owns it.
#[must_use]
pub unsafe fn owned(result: i64) -> OwnedFd {
    // SAFETY: the caller's.
    unsafe { OwnedFd::from_raw_fd(result as i32) }
}
