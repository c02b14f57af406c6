//! Timing.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use sysbatch::{Backend, Kind};

use super::batch::Batch;
use super::fit::{Fit, Point, fit};
use super::workload::Workload;

/// How to measure.
#[derive(Debug)]
pub(super) struct Plan<'sizes> {
    /// How many samples each median is of.
    pub(super) rounds: u32,
    /// How many units a sample is made of, at least.
    pub(super) sample: u32,
    /// The batch sizes, in units.
    pub(super) sizes: &'sizes [usize],
}

/// What was measured of a workload. Times are in nanoseconds.
#[derive(Debug)]
pub(super) struct Measured {
    /// The name of the workload.
    pub(super) name: &'static str,
    /// How many calls there are in a unit.
    pub(super) calls: usize,
    /// The time of a unit alone, call by call.
    pub(super) alone: f64,
    /// The same in batches.
    pub(super) backends: Vec<InBatches>,
}

/// What was measured of a workload on a backend.
#[derive(Debug)]
pub(super) struct InBatches {
    /// Which backend.
    pub(super) kind: Kind,
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
pub(super) fn settle(time: Duration) {
    let mut workload = Workload::null();
    let calls = workload.calls();
    let end = now() + time;
    while now() < end {
        calls.make(1000);
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

/// Puts things in another order, the same one in each run of the program.
fn shuffle(order: &mut [usize], random: &mut u64) {
    for end in (1..order.len()).rev() {
        // Numbers of MMIX by Knuth; the high bits are the good ones.
        *random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        order.swap(end, (*random >> 33) as usize % (end + 1));
    }
}

/// Measures a workload. Each round measures everything once, so that whatever
/// changes while it runs touches all alike, and in another order, so that
/// nothing periodic, such as a time slice, touches the same ones each time.
pub(super) fn measure(
    plan: &Plan<'_>,
    workload: &mut Workload,
    backends: &[Backend],
) -> anyhow::Result<Measured> {
    let name = workload.name();
    let calls = workload.calls();
    let sample = plan.sample as usize;
    let mut series = Vec::new();
    for backend in backends {
        for &units in plan.sizes {
            let mut batch = Batch::new(&calls, units);
            batch.check(backend)?;
            series.push((backend, units, batch, Vec::new()));
        }
    }
    let mut alone = Vec::new();
    let mut order: Vec<_> = (0..=series.len()).collect();
    let mut random = 1;
    for _ in 0..plan.rounds {
        shuffle(&mut order, &mut random);
        for &index in &order {
            let Some((backend, units, batch, times)) = series.get_mut(index) else {
                calls.make(sample.div_ceil(8));
                alone.push(time(1, || {
                    calls.make(sample);
                    Ok(())
                })?);
                continue;
            };
            let mut run = || batch.run(backend).map(drop);
            run()?;
            times.push(time(sample.div_ceil(*units), run)?);
        }
    }
    let times = series
        .iter_mut()
        .map(|(_, units, _, times)| (*units, median(times)));
    let times: Vec<_> = times.collect();
    let backends = backends
        .iter()
        .zip(times.chunks(plan.sizes.len()))
        .map(|(backend, times)| InBatches {
            kind: backend.kind(),
            times: times.to_vec(),
            fit: fit(times.iter().map(|&(units, time)| Point {
                x: units as f64,
                y: time,
            })),
        })
        .collect();
    Ok(Measured {
        name,
        calls: calls.len(),
        alone: median(&mut alone) / sample as f64,
        backends,
    })
}

#[cfg(test)]
mod tests {
    use super::{median, shuffle};

    #[test]
    fn each_order_has_everything() {
        let (mut order, mut random) = ([0, 1, 2, 3, 4, 5, 6, 7], 1);
        let mut orders = std::collections::HashSet::new();
        for _ in 0..100 {
            shuffle(&mut order, &mut random);
            orders.insert(order);
            let mut sorted = order;
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3, 4, 5, 6, 7]);
        }
        assert!(orders.len() > 90, "{} orders", orders.len());
    }

    #[test]
    fn medians() {
        assert_eq!(median(&mut [3.0]), 3.0);
        assert_eq!(median(&mut [9.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&mut [4.0, 1.0, 3.0, 100.0]), 3.5);
    }
}
