//! The ring: batches that run while the program does something else.

mod alike;
mod await_it;
mod cancelled;
mod changed;
#[path = "../common/mod.rs"]
mod common;
mod descriptor;
mod filtered;
mod first_try;
mod forked;
mod gate;
mod lists;
mod raw;
mod room;
mod shut_down;
mod submitted;
mod workers;

use sysbatch::{Ring, RingOptions};

/// A ring on the backend to test.
fn ring() -> Ring {
    Ring::new(common::backend()).unwrap()
}

/// The same, with options.
fn ring_with(options: RingOptions) -> Ring {
    Ring::with_options(common::backend(), options).unwrap()
}
