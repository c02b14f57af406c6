//! Handlers, restarts and masks: as between ordinary calls.

mod handlers;
mod jumps;
mod masks;
mod restarts;
pub(crate) mod storm;
#[cfg(target_arch = "x86_64")]
mod watchpoints;

use crate::harness::Case;

pub(crate) fn cases() -> Vec<Case> {
    let cases = [
        handlers::cases(),
        restarts::cases(),
        masks::cases(),
        storm::cases(),
        jumps::cases(),
        // Elsewhere a watchpoint is hit before the access is made: what a handler of its
        // signal returns to hits it again, for ever.
        #[cfg(target_arch = "x86_64")]
        watchpoints::cases(),
    ];
    cases.concat()
}
