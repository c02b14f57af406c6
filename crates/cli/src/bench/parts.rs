//! What a batch's cost is made of, as far as it can be measured on a machine
//! without the module.
#![expect(unsafe_code, reason = "makes a system call that does nothing")]

use std::fs::File;
use std::os::fd::AsRawFd as _;

use anyhow::Context as _;
use serde::Serialize;
use sysbatch::abi::{Format, RUN_REQUEST};
use syscalls::Sysno;

use super::batch::Batch;
use super::measure::{median, time};
use super::workload::{Calls, Kind, Workload};

/// Entries of the batch whose steps are measured.
const STEPS: usize = 1024;

/// Measured times, in nanoseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Parts {
    /// A crossing: a system call that does nothing, made alone.
    pub(super) crossing: f64,
    /// The way to a device: an `ioctl` that `/dev/null` does not know.
    pub(super) ioctl: f64,
    /// The interpreter, for a batch without entries.
    pub(super) enter: f64,
    /// The interpreter, for an entry whose call is not made.
    pub(super) step: f64,
}

impl Parts {
    /// Measures them: medians of `rounds`, in each of which all are measured, for
    /// `sample` times.
    pub(super) fn measure(rounds: u32, sample: u32) -> anyhow::Result<Self> {
        let sample = sample as usize;
        let null = File::open("/dev/null").context("cannot open /dev/null")?;
        let (mut none, mut trivial) = (
            Workload::new(Kind::Unimplemented, "".as_ref())?,
            Workload::null(),
        );
        let (none, trivial) = (none.calls(), trivial.calls());
        let crossing: &Calls<'_> = if none.is_answered() { &none } else { &trivial };
        let mut empty = Batch::new(&trivial, Format::Native, 0);
        let mut full = Batch::new(&trivial, Format::Native, STEPS);
        let mut columns: [Vec<f64>; 4] = Default::default();
        // A round more, to bring everything into the caches.
        for round in 0..=rounds {
            let times = [
                // As the workloads are made alone, by one loop.
                time(1, || {
                    crossing.make(sample);
                    Ok(())
                })? / sample as f64,
                time(sample, || {
                    unknown_request(&null);
                    Ok(())
                })?,
                time(sample, || empty.interpret().map(drop))?,
                time(sample.div_ceil(STEPS), || full.interpret().map(drop))?,
            ];
            if round > 0 {
                for (column, time) in columns.iter_mut().zip(times) {
                    column.push(time);
                }
            }
        }
        let [crossing, ioctl, enter, whole] = columns.map(|mut column| median(&mut column));
        Ok(Self {
            crossing,
            ioctl,
            enter,
            step: (whole - enter) / STEPS as f64,
        })
    }
}

/// Has a device refuse a request.
fn unknown_request(device: &File) {
    let fd = device.as_raw_fd() as usize;
    // SAFETY: no device but this project's knows the request, and null is no
    // address of a header either.
    unsafe { syscalls::raw::syscall3(Sysno::ioctl as usize, fd, RUN_REQUEST as usize, 0) };
}
