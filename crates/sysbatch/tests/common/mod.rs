//! What the tests have in common.
#![allow(dead_code, reason = "each test uses a part of it")]

use sysbatch::{Backend, Kind};
use tempfile::TempDir;

/// The backend to test, with a count of its own.
pub(crate) fn backend() -> Backend {
    Backend::select().unwrap()
}

/// A directory that goes away with the test.
pub(crate) fn scratch() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Asserts that so many runs with so many system calls have made as many
/// crossings as they have to.
#[track_caller]
pub(crate) fn assert_crossings(backend: &Backend, runs: u64, calls: u64) {
    let expected = match backend.kind() {
        Kind::Kernel => runs,
        Kind::User => calls,
    };
    assert_eq!(backend.crossings(), expected);
}

/// Does something in a child of `fork`, which must come back from it.
#[expect(unsafe_code, reason = "fork and what ends the child")]
pub(crate) fn in_child(act: impl FnOnce()) {
    // SAFETY: the child does what the C library allows a child of a process
    // with threads, and what sysbatch says that can be done there.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "fork: {}", std::io::Error::last_os_error());
    if child == 0 {
        // SAFETY: the child is ended by a signal if it hangs.
        unsafe { libc::alarm(600) };
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(act));
        // SAFETY: nothing of the parent's is flushed or dropped.
        unsafe { libc::_exit(i32::from(done.is_err())) };
    }
    let child = rustix::process::Pid::from_raw(child);
    let options = rustix::process::WaitOptions::empty();
    let (_, status) = rustix::process::waitpid(child, options).unwrap().unwrap();
    assert_eq!(status.exit_status(), Some(0), "the child: {status:?}");
}
