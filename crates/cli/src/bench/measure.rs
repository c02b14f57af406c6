//! Timing.

use std::time::Duration;

use anyhow::Context as _;
use rustix::time::{ClockId, clock_gettime};
use sysbatch::Backend;
use sysbatch::abi::Format;

use super::batch::Batch;
use super::fit::{Fit, Series, fit};
use super::program;
use super::random::Random;
use super::workload::{Calls, Kind, Workload};
use crate::progress::Progress;

/// How to measure.
#[derive(Debug)]
pub(super) struct Plan<'sizes> {
    /// How many samples each median is of.
    pub(super) rounds: u32,
    /// How many units a sample is made of, at least.
    pub(super) sample: u32,
    /// The batch sizes, in units.
    pub(super) sizes: &'sizes [usize],
    /// The formats.
    pub(super) formats: &'sizes [Format],
}

/// What was measured of a workload. Times are in nanoseconds.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) kind: Kind,
    /// How many entries there are in a unit.
    pub(super) entries: usize,
    /// The time of a unit alone, call by call, if it makes any.
    pub(super) alone: Option<f64>,
    /// The same in batches.
    pub(super) batches: Vec<InBatches>,
}

/// What was measured of a workload in a format on a backend.
#[derive(Debug)]
pub(super) struct InBatches {
    pub(super) backend: sysbatch::Kind,
    pub(super) format: Format,
    /// For each batch size in units, the time of a batch.
    pub(super) times: Vec<(usize, f64)>,
    /// The line through them.
    pub(super) fit: Fit,
}

/// The time of `CLOCK_MONOTONIC_RAW`, which nobody adjusts.
pub(crate) fn now() -> Duration {
    let now = clock_gettime(ClockId::MonotonicRaw);
    let seconds = now.tv_sec.try_into().unwrap_or(0);
    Duration::new(seconds, now.tv_nsec as u32)
}

/// Keeps the processor busy until clock frequencies, caches and whatever starts
/// with the machine have settled.
pub(super) fn settle(time: Duration, progress: &mut Progress) {
    let mut workload = Workload::null();
    let calls = workload.calls();
    let end = now() + time;
    while now() < end {
        calls.make(1000);
        progress.tell(|| "letting the machine settle".to_owned());
    }
}

/// The nanoseconds that `repeat` runs take each, on average.
pub(crate) fn time(
    repeat: usize,
    mut run: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<f64> {
    let begin = now();
    for _ in 0..repeat {
        run()?;
    }
    Ok((now() - begin).as_secs_f64() * 1e9 / repeat as f64)
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

/// Measures a workload. Each round measures everything once, so that whatever
/// changes while it runs touches all alike, and in another order, so that
/// nothing periodic, such as a time slice, touches the same ones each time.
pub(super) fn measure(
    plan: &Plan<'_>,
    kind: Kind,
    calls: &Calls<'_>,
    backends: &[Backend],
    progress: &mut Progress,
) -> anyhow::Result<Measured> {
    let sample = plan.sample as usize;
    let formats = plan.formats.iter().copied();
    let formats = formats.filter(|&format| format == Format::Native || kind.is_in_every_format());
    let places: Vec<(&Backend, Format)> = backends
        .iter()
        .flat_map(|backend| formats.clone().map(move |format| (backend, format)))
        .collect();
    let mut samples = Vec::new();
    for &(backend, format) in &places {
        for &units in plan.sizes {
            let mut batch = Batch::new(calls, format, units);
            batch.check(backend).with_context(|| {
                let (format, backend) = (program::name(format), backend.kind().name());
                format!("in the {format} format, {backend} backend")
            })?;
            let rounds = Vec::new();
            samples.push((backend, batch, Series { x: units, rounds }));
        }
    }
    let mut alone = Vec::new();
    let has_alone = calls.system_calls() > 0;
    let mut order: Vec<_> = (0..samples.len() + usize::from(has_alone)).collect();
    let mut random = Random::new();
    for round in 1..=plan.rounds {
        random.shuffle(&mut order);
        for &index in &order {
            // What this leaves in the caches is gone after the first run below, which
            // is not timed.
            progress.tell(|| format!("{}, round {round} of {}", kind.name(), plan.rounds));
            let Some((backend, batch, series)) = samples.get_mut(index) else {
                calls.make(sample.div_ceil(8));
                alone.push(time(1, || {
                    calls.make(sample);
                    Ok(())
                })?);
                continue;
            };
            let mut run = || batch.run(backend).map(drop);
            run()?;
            series.rounds.push(time(sample.div_ceil(series.x), run)?);
        }
    }
    let series: Vec<Series> = samples.into_iter().map(|(_, _, series)| series).collect();
    let batches = places
        .iter()
        .zip(series.chunks(plan.sizes.len()))
        .map(|(&(backend, format), series)| InBatches {
            backend: backend.kind(),
            format,
            times: series
                .iter()
                .map(|series| (series.x, series.median()))
                .collect(),
            fit: fit(series),
        })
        .collect();
    Ok(Measured {
        kind,
        entries: calls.len(),
        alone: has_alone.then(|| median(&mut alone) / sample as f64),
        batches,
    })
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn medians() {
        assert_eq!(median(&mut [3.0]), 3.0);
        assert_eq!(median(&mut [9.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&mut [4.0, 1.0, 3.0, 100.0]), 3.5);
    }
}
