//! Whoever watches or filters the calls of a task sees every sub-call: with
//! its own number and arguments, and in time to act.

#[cfg(target_arch = "x86_64")]
mod dispatch;
pub(crate) mod filter;
mod filters;
pub(crate) mod notifications;
pub(crate) mod threads;
mod tracepoints;
pub(crate) mod tracers;
mod traps;

use crate::harness::Case;
use crate::lab::{Batch, Lab, UNWRITTEN};

pub(crate) fn cases() -> Vec<Case> {
    let cases = [
        filters::cases(),
        traps::cases(),
        notifications::cases(),
        threads::cases(),
        tracers::cases(),
        // Other architectures do not have it.
        #[cfg(target_arch = "x86_64")]
        dispatch::cases(),
        tracepoints::cases(),
    ];
    cases.concat()
}

/// Checks that a watched task gets its first sub-call back: entry 0 must be a
/// built-in, entry 1 a system call.
#[track_caller]
pub(crate) fn assert_handed_back(lab: &mut Lab, batch: &Batch) {
    use sysbatch::abi::{PuntReason, Status};
    if !lab.is_kernel() {
        return;
    }
    let mut batch = batch.clone();
    assert_eq!(lab.enter(&mut batch), Ok(Status::Punt));
    assert_eq!(batch.run.reason, PuntReason::Watched.raw());
    assert_eq!((batch.run.pc, batch.run.steps), (1, 1), "built-ins run on");
    assert!(batch.results[1..].iter().all(|&slot| slot == UNWRITTEN));
}
