//! The caller's `errno`.
#![expect(unsafe_code, reason = "errno is a variable of the C library")]

use core::ffi::{c_int, c_long};

fn get() -> c_int {
    // SAFETY: there is no precondition.
    let location = unsafe { libc::__errno_location() };
    // SAFETY: it is this thread's variable, valid as long as the thread lives.
    unsafe { *location }
}

fn set(errno: c_int) {
    // SAFETY: there is no precondition.
    let location = unsafe { libc::__errno_location() };
    // SAFETY: it is this thread's variable, and no reference to it exists.
    unsafe { *location = errno };
}

/// Does something that must leave `errno` as it is.
pub(crate) fn keep<T>(work: impl FnOnce() -> T) -> T {
    let before = get();
    let result = work();
    set(before);
    result
}

/// Fails the way system calls do in C: `errno` is set and −1 returned. Without
/// an error `errno` is left as it is.
pub(crate) fn report(work: impl FnOnce() -> Result<c_long, rustix::io::Errno>) -> c_long {
    let before = get();
    match work() {
        Ok(value) => {
            set(before);
            value
        }
        Err(errno) => {
            set(errno.raw_os_error());
            -1
        }
    }
}

/// An error as the native functions return it.
pub(crate) fn negated(errno: rustix::io::Errno) -> c_int {
    -errno.raw_os_error()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::io::Errno;

    #[test]
    fn errno_is_kept_or_set() {
        set(7);
        keep(|| set(8));
        assert_eq!(get(), 7);
        assert_eq!(
            report(|| {
                set(8);
                Ok(3)
            }),
            3
        );
        assert_eq!(get(), 7);
        assert_eq!(report(|| Err(Errno::FAULT)), -1);
        assert_eq!(get(), libc::EFAULT);
        assert_eq!(negated(Errno::FAULT), -libc::EFAULT);
    }
}
