//! What batches cost here, for who only wants to know that.

use sysbatch::Backend;
use sysbatch::abi::Format;
use sysbatch_advise::Costs;

use super::measure::{Plan, measure};
use super::parts::Parts;
use super::workload::{Kind, Workload};
use crate::progress::Progress;

/// Rounds that the medians are of.
const ROUNDS: u32 = 9;
/// Calls that a sample is made of.
const SAMPLE: u32 = 2048;
/// The sizes of batches that are measured where the kernel runs them.
const SIZES: [usize; 4] = [1, 8, 64, 512];

/// Measures: by batches where the kernel runs them, else by their parts.
///
/// # Errors
/// If something can't be measured.
pub(crate) fn costs() -> anyhow::Result<Costs> {
    let Ok(kernel) = Backend::kernel() else {
        let Parts {
            crossing,
            ioctl,
            enter,
            step,
        } = Parts::measure(ROUNDS, SAMPLE)?;
        return Ok(Costs {
            crossing,
            batch: ioctl + enter,
            step,
            measured: false,
        });
    };
    let plan = Plan {
        rounds: ROUNDS,
        sample: SAMPLE,
        sizes: &SIZES,
        formats: &[Format::Native],
    };
    let mut none = Workload::new(Kind::Unimplemented, "".as_ref())?;
    let mut trivial = Workload::null();
    let (none, trivial) = (none.calls(), trivial.calls());
    let (kind, calls) = if none.is_answered() {
        (Kind::Unimplemented, &none)
    } else {
        (Kind::Getppid, &trivial)
    };
    let mut progress = Progress::default();
    let measured = measure(&plan, kind, calls, &[kernel], &mut progress)?;
    let line = measured.batches.first().map(|batches| batches.fit.line);
    let (Some(crossing), Some(line)) = (measured.alone, line) else {
        anyhow::bail!("nothing was measured");
    };
    Ok(Costs {
        crossing,
        batch: line.a.max(0.0),
        step: line.b,
        measured: true,
    })
}
