//! Threads that may be cancelled at any moment (`pthread_setcanceltype(3)`).
#![expect(unsafe_code, reason = "a function of the C library")]

use core::ffi::c_int;

const DEFERRED: c_int = 0;
const ASYNCHRONOUS: c_int = 1;

unsafe extern "C-unwind" {
    fn pthread_setcanceltype(new: c_int, old: *mut c_int) -> c_int;
}

/// Does something in which the thread is not cancelled.
///
/// A cancellation unwinds the stack, and may so come into the middle of what must be
/// done wholly, or where nothing can be unwound. One that has come meanwhile acts when
/// this is over.
#[inline(always)]
pub(super) fn deferred<R: Copy>(work: impl FnOnce() -> R) -> R {
    let mut before = DEFERRED;
    // SAFETY: it writes the variable.
    unsafe { pthread_setcanceltype(DEFERRED, &raw mut before) };
    let result = work();
    if before == ASYNCHRONOUS {
        // SAFETY: as above. If it unwinds it does so from here, where nothing is kept.
        unsafe { pthread_setcanceltype(ASYNCHRONOUS, &raw mut before) };
    }
    result
}
