//! The clock, and lines through two points.

use rustix::time::{ClockId, clock_gettime};

/// Nanoseconds of `CLOCK_MONOTONIC_RAW`, which nobody adjusts; where time is
/// counted in instructions, instructions.
pub(crate) fn now() -> f64 {
    let now = clock_gettime(ClockId::MonotonicRaw);
    now.tv_sec as f64 * 1e9 + now.tv_nsec as f64
}

/// What each of `repeat` runs takes.
pub(crate) fn time(
    repeat: usize,
    mut run: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<f64> {
    let begin = now();
    for _ in 0..repeat {
        run()?;
    }
    Ok((now() - begin) / repeat as f64)
}

/// The median. There must be a value.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) {
        f64::midpoint(values[middle - 1], values[middle])
    } else {
        values[middle]
    }
}
