//! What batches cost here, for who only wants to know that.

use anyhow::Context as _;
use sysbatch::Backend;
use sysbatch::abi::Format;
use sysbatch_advise::Costs;

use super::measure::{Plan, measure};
use super::workload::{Kind, Workload};
use crate::progress::Progress;

/// Rounds that the medians are of.
const ROUNDS: u32 = 9;
/// Calls that a sample is made of.
const SAMPLE: u32 = 2048;
/// The sizes of batches that are measured where the kernel runs them.
const SIZES: [usize; 4] = [1, 8, 64, 512];

/// Instructions of a number that is no call on Linux 6.12, by docs/performance.md: alone,
/// of a batch without any, and of an entry of it.
const INSTRUCTIONS: [f64; 3] = [218.0, 967.0, 59.0];

/// Measures them by batches where the kernel runs them. Elsewhere a crossing is measured,
/// and a batch and a step are estimated to be as much dearer or cheaper than it as they are
/// in instructions.
///
/// # Errors
/// If something can't be measured.
pub(crate) fn costs() -> anyhow::Result<Costs> {
    let backends: Vec<Backend> = Backend::kernel().into_iter().collect();
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
    let measured = measure(&plan, kind, calls, &backends, &mut Progress::default())?;
    let crossing = measured.alone.context("a call takes time alone")?;
    Ok(match measured.batches.first() {
        Some(batches) => Costs {
            crossing,
            batch: batches.fit.line.a.max(0.0),
            step: batches.fit.line.b,
            measured: true,
        },
        None => estimate(crossing),
    })
}

/// What the others cost, where a crossing costs so much.
fn estimate(crossing: f64) -> Costs {
    let [alone, batch, step] = INSTRUCTIONS;
    Costs {
        crossing,
        batch: crossing * batch / alone,
        step: crossing * step / alone,
        measured: false,
    }
}

#[cfg(test)]
mod tests {
    use super::estimate;

    #[test]
    fn an_estimated_batch_pays_from_seven_calls_on() {
        let costs = estimate(100.0);
        assert!(!costs.measured);
        assert!(costs.saved(6, 6) < 0.0);
        assert!(costs.saved(7, 7) > 0.0);
    }
}
