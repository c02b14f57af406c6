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
