//! The clock.
#![expect(unsafe_code, reason = "the C library's clock")]

/// Nanoseconds of `CLOCK_MONOTONIC_RAW`, which nobody adjusts; where time is
/// counted in instructions, instructions.
///
/// It is read by the C library: rustix looks for the kernel's vDSO, and what runs
/// under valgrind has none.
pub(crate) fn now() -> f64 {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: it is there to be written to. The clock is one that every kernel has.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC_RAW, &raw mut now) };
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
