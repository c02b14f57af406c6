//! The least that can be done asynchronously: what submitting it and waiting for it
//! takes, all threads and the kernel together where the machine has one processor.

mod ways;

use clap::ValueEnum;
use serde::Serialize;
use sysbatch::Backend;

use crate::clock::{median, time};
use ways::Submits;

/// How many are submitted before they are waited for.
const LIST: usize = 64;
/// Units that a sample is made of.
const SAMPLE: usize = 512;

/// What takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Way {
    /// `asys_submit` and `asys_await_completion` of `getppid`.
    Asys,
    /// A batch of one `getppid`, submitted to a ring.
    Ring,
    /// The same batch, and a worker of the ring runs it.
    RingWorker,
    /// A `nop` of `io_uring` with `IOSQE_ASYNC`.
    IoUringAsync,
    /// A `nop` of `io_uring`, which the submitting thread makes.
    IoUring,
    /// A closure that calls `getppid`, handed to a pool of rayon's.
    Rayon,
}

/// What was measured, in the clock's nanoseconds.
#[derive(Debug, Serialize)]
pub(crate) struct Trivial {
    way: Way,
    /// Where batches ran: `kernel` or `user`.
    backend: &'static str,
    /// `getppid` by the system call instruction.
    plain: f64,
    /// One is submitted and waited for.
    one: f64,
    /// Each of 64 that are submitted and then waited for.
    each_of_many: f64,
}

/// Measures one way.
///
/// # Errors
/// When it can't be had, or does not do what it should.
pub(crate) fn measure(way: Way, rounds: u32) -> anyhow::Result<Trivial> {
    // Before there are threads.
    let plain = sample(rounds, SAMPLE, || {
        ways::getppid();
        Ok(())
    })?;
    let mut submits: Box<dyn Submits> = match way {
        Way::Asys => Box::new(ways::Asys::new(LIST)),
        Way::Ring => Box::new(ways::OnRing::new(LIST, true)?),
        Way::RingWorker => Box::new(ways::OnRing::new(LIST, false)?),
        Way::IoUringAsync => Box::new(ways::Uring::new(LIST, true)?),
        Way::IoUring => Box::new(ways::Uring::new(LIST, false)?),
        Way::Rayon => Box::new(ways::Rayon::new()?),
    };
    let one = sample(rounds, SAMPLE, || submits.submit(1))?;
    let list = sample(rounds, SAMPLE / LIST, || submits.submit(LIST))?;
    Ok(Trivial {
        way,
        backend: Backend::select()?.kind().name(),
        plain,
        one,
        each_of_many: list / LIST as f64,
    })
}

/// The median of what a run takes, after samples that do not count.
fn sample(
    rounds: u32,
    repeat: usize,
    mut run: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<f64> {
    let mut samples = Vec::new();
    for round in 0..=rounds {
        let sample = time(repeat, &mut run)?;
        if round > 0 {
            samples.push(sample);
        }
    }
    Ok(median(&mut samples))
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::{Way, measure};

    #[test]
    fn every_way_completes() {
        for &way in Way::value_variants() {
            let measured = match measure(way, 1) {
                // Containers often have no io_uring.
                Err(error) if matches!(way, Way::IoUring | Way::IoUringAsync) => {
                    assert!(format!("{error:#}").contains("io_uring"), "{error:#}");
                    continue;
                }
                measured => measured.expect("it can be measured"),
            };
            assert!(
                measured.one > 0.0 && measured.each_of_many > 0.0,
                "{measured:?}"
            );
        }
    }
}
