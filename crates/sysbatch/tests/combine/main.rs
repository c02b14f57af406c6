//! Functions that `combine` has combined do what they do as they are written.

mod basic;
mod calls;
#[path = "../common/mod.rs"]
mod common;
mod directories;
mod examples;
mod lists;
mod numbers;

use std::sync::{Mutex, PoisonError};

use sysbatch::{Kind, combined_backend, combined_batches};

/// What something comes to, and how many batches it takes.
///
/// # Panics
/// If it takes more crossings than it has to: in the kernel one for each batch, and in user
/// space as many as there are calls, if that is known.
#[track_caller]
fn crossings<T>(calls: Option<u64>, of: impl FnOnce() -> T) -> (T, u64) {
    // All code that was combined has the same backend.
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let backend = combined_backend();
    let before = (backend.crossings(), combined_batches());
    let value = of();
    let crossings = backend.crossings() - before.0;
    let batches = combined_batches() - before.1;
    match backend.kind() {
        Kind::Kernel => assert_eq!(crossings, batches),
        Kind::User => assert_eq!(crossings, calls.unwrap_or(crossings)),
    }
    (value, batches)
}

/// The same where nobody counts calls.
#[track_caller]
fn batches<T>(of: impl FnOnce() -> T) -> (T, u64) {
    crossings(None, of)
}
