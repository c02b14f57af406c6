//! What a tracer sees beside the calls of functions.

use sysbatch::rustix;

pub fn mark(text: &str) {
    let _ = rustix::fs::access(format!("/mark/{text}"), rustix::fs::Access::EXISTS);
}

/// An error of somebody's own.
pub struct Failure(pub rustix::io::Errno);

impl std::fmt::Debug for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl From<rustix::io::Errno> for Failure {
    fn from(error: rustix::io::Errno) -> Self {
        mark("conversion");
        Self(error)
    }
}

/// What no batch can have in it.
pub fn helper(log: &mut Vec<u64>, number: u64) {
    mark("helper");
    log.push(number);
}
