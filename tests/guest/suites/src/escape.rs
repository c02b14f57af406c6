//! `siglongjmp` for Rust: leaving a function from a signal handler.
//!
//! C's `setjmp` returns twice, which Rust cannot express. Here a function is
//! called in between, and the jump looks like its return.
#![expect(unsafe_code, reason = "the stack pointer is set by hand")]

use core::ffi::c_void;
use core::sync::atomic::{AtomicU64, Ordering};

use crate::arch::{enter, leave};

/// The stack pointer to go back to.
static FRAME: AtomicU64 = AtomicU64::new(0);

/// Calls `body`, and returns false when it returns or true when
/// [`escape`] is called during it.
///
/// Frames between the two are dropped without running their destructors: they
/// must not own anything that matters.
pub(crate) fn with_escape<F: FnMut()>(mut body: F) -> bool {
    extern "C" fn call<F: FnMut()>(body: *mut c_void) {
        // SAFETY: it is the reference that `with_escape` passes below.
        let body = unsafe { &mut *body.cast::<F>() };
        body();
    }
    let body: *mut F = &raw mut body;
    // SAFETY: `enter` calls the function with the pointer.
    let escaped = unsafe { enter(call::<F>, body.cast(), FRAME.as_ptr()) };
    escaped != 0
}

/// Returns from the [`with_escape`] that is being run, from within it.
///
/// # Safety
/// It must be being run, on this thread's stack.
pub(crate) unsafe fn escape() -> ! {
    let frame = FRAME.load(Ordering::SeqCst);
    // SAFETY: the frame is below on this stack, by the contract.
    unsafe { leave(frame) }
}
