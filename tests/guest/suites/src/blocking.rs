//! Sub-calls that wait, and batches that take long: whoever waits can be woken,
//! killed, stopped and continued, and others get the processor meanwhile.

mod ends;
mod sleeps;
mod tree;
mod waits;

use crate::harness::Case;

pub(crate) fn cases() -> Vec<Case> {
    [
        waits::cases(),
        sleeps::cases(),
        ends::cases(),
        tree::cases(),
    ]
    .concat()
}
