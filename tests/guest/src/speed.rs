//! How much slower the machine is than limits are made for.

use std::time::{Duration, Instant};

use sysbatch_guest::MAX_SCALE;

/// What a round takes on an emulated machine with a processor of its own.
const USUAL: Duration = Duration::from_millis(50);
/// The slowest round counts: what else the host does comes and goes.
const ROUNDS: u32 = 8;
const STEPS: u32 = 60_000;

/// What to multiply limits by, on a kernel that takes `slowness` times as long as
/// another.
pub(crate) fn scale(slowness: f64) -> f64 {
    // So that a round takes about as long.
    let steps = f64::from(STEPS) / slowness;
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a positive number below that of the steps"
    )]
    let steps = steps as u32;
    let slowest = (0..ROUNDS).map(|_| round(steps)).max().unwrap_or(USUAL);
    (slowest.as_secs_f64() / USUAL.as_secs_f64()).clamp(1.0, MAX_SCALE) * slowness
}

/// A fixed piece of work: system calls, and arithmetic between them.
fn round(steps: u32) -> Duration {
    let started = Instant::now();
    let mut mixed = 1_u64;
    for _ in 0..steps {
        let parent = rustix::process::getppid();
        mixed = mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ u64::from(parent.is_some());
    }
    std::hint::black_box(mixed);
    started.elapsed()
}
