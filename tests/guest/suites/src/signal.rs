//! Signal handlers that leave a trace.
#![expect(unsafe_code, reason = "signal handlers")]

use core::ffi::c_int;
use core::mem::MaybeUninit;
use core::ptr;
use core::sync::atomic::{AtomicI32, AtomicU64, Ordering};

use rustix::process::{Pid, Signal};

/// How often the counting handler has run.
static HANDLED: AtomicU64 = AtomicU64::new(0);
/// Where it writes a byte each time, if not negative.
static REPORT_TO: AtomicI32 = AtomicI32::new(-1);

/// What a handler is called with: the signal, and two pointers that are only
/// good with `SA_SIGINFO`.
pub(crate) type Handler = extern "C" fn(c_int, *mut libc::siginfo_t, *mut core::ffi::c_void);

/// Handles a signal by counting, with these flags of `sigaction(2)`.
pub(crate) fn count(signal: Signal, flags: c_int) {
    handle(signal, flags, counting);
}

/// Handles a signal by this function.
pub(crate) fn handle(signal: Signal, flags: c_int, handler: Handler) {
    // SAFETY: all zeroes is a valid value: no handler, an empty mask.
    let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = handler as usize;
    action.sa_flags = flags | libc::SA_SIGINFO;
    // SAFETY: the handlers of these suites do only what a handler may do.
    let result = unsafe { libc::sigaction(signal.as_raw(), &raw const action, ptr::null_mut()) };
    assert_eq!(result, 0, "sigaction");
}

/// How often the counting handler has run.
pub(crate) fn handled() -> u64 {
    HANDLED.load(Ordering::SeqCst)
}

/// The address of that number, for a batch to read.
pub(crate) fn handled_address() -> u64 {
    crate::lab::to_u64(HANDLED.as_ptr().expose_provenance())
}

/// Makes the counting handler write an `h` to this descriptor each time.
pub(crate) fn report_to(fd: &impl std::os::fd::AsRawFd) {
    REPORT_TO.store(fd.as_raw_fd(), Ordering::SeqCst);
}

extern "C" fn counting(_: c_int, _: *mut libc::siginfo_t, _: *mut core::ffi::c_void) {
    HANDLED.fetch_add(1, Ordering::SeqCst);
    let fd = REPORT_TO.load(Ordering::SeqCst);
    if fd >= 0 {
        // SAFETY: write is safe in a handler, and reads one byte that exists.
        // That it may fail is of no concern: whoever waits for it will tell.
        unsafe { libc::write(fd, c"h".as_ptr().cast(), 1) };
    }
}

/// Sends a signal to a process.
#[track_caller]
pub(crate) fn send(pid: Pid, signal: Signal) {
    rustix::process::kill_process(pid, signal).expect("kill");
}

/// A set of signals as the kernel has it: bit *n* − 1 for signal *n*.
pub(crate) fn set_of(signals: &[Signal]) -> [u64; 1] {
    [signals
        .iter()
        .fold(0, |set, signal| set | 1 << (signal.as_raw() - 1))]
}
