//! Handlers, restarts and masks: as between ordinary calls.

mod handlers;
mod jumps;
mod masks;
mod restarts;
pub(crate) mod storm;
mod watchpoints;

use crate::harness::Case;

pub(crate) fn cases() -> Vec<Case> {
    let cases = [
        handlers::cases(),
        restarts::cases(),
        masks::cases(),
        storm::cases(),
        jumps::cases(),
        watchpoints::cases(),
    ];
    cases.concat()
}
