//! Single calls, as they are and on a ring.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use sysbatch::{Backend, Batch, Ring};

use super::is_inline;

/// A system call, by its number and arguments.
pub(super) type Call = (libc::c_long, [u64; 6]);

/// A ring that tries in user space.
pub(super) fn user_ring() -> Ring {
    Ring::new(Backend::user()).unwrap()
}

/// A path that a call can be given.
pub(super) fn c_path(path: &Path) -> CString {
    CString::new(path.as_os_str().as_bytes()).unwrap()
}

pub(super) fn address<T: ?Sized>(value: &T) -> u64 {
    std::ptr::from_ref(value).expose_provenance() as u64
}

/// An address to write to.
pub(super) fn room<T: ?Sized>(value: &mut T) -> u64 {
    std::ptr::from_mut(value).expose_provenance() as u64
}

/// Makes a call as it is; what it returns, or the error, negated.
pub(super) fn plain((number, args): Call) -> i64 {
    let [a, b, c, d, e, f] = args;
    // SAFETY: the tests give calls the addresses of what they own.
    let result = unsafe { libc::syscall(number, a, b, c, d, e, f) };
    match result {
        -1 => -i64::from(std::io::Error::last_os_error().raw_os_error().unwrap()),
        result => result,
    }
}

/// Makes a call on a ring; whether that was on this thread, and what it returned.
pub(super) fn on_ring(ring: &Ring, (number, args): Call) -> (bool, i64) {
    let mut batch = Batch::new();
    // SAFETY: as above.
    let handle = unsafe { batch.syscall(number as u32, args.map(Into::into)) };
    let (inline, mut completion) = is_inline(ring, batch);
    let results = completion.results().unwrap();
    let result = match results.get(&handle) {
        Ok(result) => result,
        Err(error) => -i64::from(error.errno().unwrap().raw_os_error()),
    };
    (inline, result)
}
