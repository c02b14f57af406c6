//! What a crossing costs here.

use serde::Serialize;
use sysbatch::Backend;
use sysbatch::abi::Format;

use crate::bench::batch::Batch;
use crate::bench::measure::{median, time};
use crate::bench::workload::Workload;

/// Samples that each median is of.
const SAMPLES: usize = 25;
/// Calls that a sample is made of.
const CALLS: usize = 2000;

/// Measured times, in nanoseconds.
#[derive(Debug, Serialize)]
pub(super) struct Cost {
    /// A trivial system call, alone.
    pub(super) null_call: f64,
    /// An empty batch on the device.
    pub(super) empty_batch: Option<f64>,
    /// A trivial call in a batch of [`BATCH`] on the device.
    pub(super) call_in_batch: Option<f64>,
}

/// The size of the batch that calls are measured in.
pub(super) const BATCH: usize = 256;

impl Cost {
    /// Measures.
    pub(super) fn measure(kernel: Option<&Backend>) -> anyhow::Result<Self> {
        let mut workload = Workload::null();
        let calls = workload.calls();
        let mut empty = Batch::new(&calls, Format::Native, 0);
        let mut full = Batch::new(&calls, Format::Native, BATCH);
        // Once to bring everything into the caches.
        calls.make(CALLS);
        Ok(Self {
            null_call: sample(CALLS, || {
                calls.make(1);
                Ok(())
            })?,
            empty_batch: kernel
                .map(|kernel| sample(CALLS, || empty.run(kernel).map(drop)))
                .transpose()?,
            call_in_batch: kernel
                .map(|kernel| sample(CALLS / BATCH, || full.run(kernel).map(drop)))
                .transpose()?
                .map(|time| time / BATCH as f64),
        })
    }
}

/// The median time of a run.
fn sample(repeat: usize, mut run: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    let samples = (0..SAMPLES).map(|_| time(repeat, &mut run));
    Ok(median(&mut samples.collect::<Result<Vec<_>, _>>()?))
}
