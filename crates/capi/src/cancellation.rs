//! Threads that may be cancelled (`pthread_cancel(3)`).
#![expect(unsafe_code, reason = "functions of the C library")]

use core::ffi::c_int;

const ENABLED: c_int = 0;
const DISABLED: c_int = 1;

const DEFERRED: c_int = 0;
const ASYNCHRONOUS: c_int = 1;

unsafe extern "C-unwind" {
    fn pthread_setcancelstate(new: c_int, old: *mut c_int) -> c_int;
    fn pthread_setcanceltype(new: c_int, old: *mut c_int) -> c_int;
}

/// Does something in which the thread is not cancelled.
///
/// A cancellation unwinds the stack, and may so come into the middle of what must be
/// done wholly, or where nothing can be unwound. One that has come meanwhile acts when
/// this is over.
///
/// The type alone would not do: `close` and other functions of the C library make it
/// asynchronous for the time of their call, and when a cancellation has begun by then they
/// wait for its signal, which may be [blocked](crate::signals::Blocked) here. Nor would
/// the state alone: a thread of asynchronous type that glibc 2.36 cancels when the state
/// is enabled again does not have `PTHREAD_CANCELED` as its result.
#[inline(always)]
pub(crate) fn uncancelled<R: Copy>(work: impl FnOnce() -> R) -> R {
    let (mut kind, mut state) = (DEFERRED, DISABLED);
    // SAFETY: it writes the variable.
    unsafe { pthread_setcanceltype(DEFERRED, &raw mut kind) };
    // SAFETY: as above.
    unsafe { pthread_setcancelstate(DISABLED, &raw mut state) };
    let result = work();
    let mut ignored = 0;
    if state == ENABLED {
        // SAFETY: as above. As the type is deferred it does not unwind.
        unsafe { pthread_setcancelstate(ENABLED, &raw mut ignored) };
    }
    if kind == ASYNCHRONOUS {
        // SAFETY: as above. If it unwinds it does so from here, where nothing is kept.
        unsafe { pthread_setcanceltype(ASYNCHRONOUS, &raw mut ignored) };
    }
    result
}
