//! What the tests have in common.
#![allow(dead_code, reason = "each test uses a part of it")]
#![expect(unsafe_code, reason = "fork and what a child does")]

use std::os::fd::{AsRawFd, BorrowedFd};
use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicI32, Ordering};

use rustix::pipe::PipeFlags;
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

/// The pipe that a child of `fork` writes the message of its panic to; negative in others.
static PANICS: AtomicI32 = AtomicI32::new(-1);

/// Has panics of children written to [`PANICS`]: what is printed in a child is lost with the
/// output that the test harness captures.
fn report_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| match PANICS.load(Ordering::Relaxed) {
            ..0 => previous(info),
            pipe => {
                let text = info.to_string();
                // As much as fits a pipe that nobody reads yet.
                let text = &text.as_bytes()[..text.len().min(4096)];
                // SAFETY: the pipe is open as long as the child lives.
                let pipe = unsafe { BorrowedFd::borrow_raw(pipe) };
                // A filter may forbid it; the status says that the child failed.
                let _ = rustix::io::write(pipe, text);
            }
        }));
    });
}

/// Does something in a child of `fork`, which must come back from it. A panic of the child
/// is one of the caller, with its message.
#[track_caller]
pub(crate) fn in_child(act: impl FnOnce()) {
    report_panics();
    let (reader, writer) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC).unwrap();
    // SAFETY: the child does what the C library allows a child of a process
    // with threads, and what sysbatch says that can be done there.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "fork: {}", std::io::Error::last_os_error());
    if child == 0 {
        PANICS.store(writer.as_raw_fd(), Ordering::Relaxed);
        // SAFETY: the child is ended by a signal if it hangs.
        unsafe { libc::alarm(600) };
        let done = panic::catch_unwind(panic::AssertUnwindSafe(act));
        // SAFETY: nothing of the parent's is flushed or dropped.
        unsafe { libc::_exit(i32::from(done.is_err())) };
    }
    let child = rustix::process::Pid::from_raw(child);
    let options = rustix::process::WaitOptions::empty();
    let (_, status) = rustix::process::waitpid(child, options).unwrap().unwrap();
    // With its own end open, and perhaps those of other children, it would wait for more.
    rustix::io::ioctl_fionbio(&reader, true).unwrap();
    let mut message = [0; 4096];
    let length = rustix::io::read(&reader, &mut message).unwrap_or(0);
    let message = String::from_utf8_lossy(&message[..length]);
    assert_eq!(
        status.exit_status(),
        Some(0),
        "the child: {status:?}: {message}"
    );
}
