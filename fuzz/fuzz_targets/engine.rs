//! Decoding and running whatever the bytes say: the engine must do what the
//! model does, and never panic.
//!
//! `cargo +nightly fuzz run engine`. The same body runs on random inputs in
//! the engine's test `wild`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sysbatch_reference::wild;

fuzz_target!(|bytes: &[u8]| {
    if let Err(difference) = wild::exercise(bytes) {
        panic!("{difference}");
    }
});
