//! What the tests have in common.
#![allow(dead_code, reason = "each test uses a part of it")]

use sysbatch::Backend;
use tempfile::TempDir;

/// The backend to test, with a count of its own.
pub(crate) fn backend() -> Backend {
    Backend::select().unwrap()
}

/// A directory that goes away with the test.
pub(crate) fn scratch() -> TempDir {
    tempfile::tempdir().unwrap()
}
