//! What the kernel keeps of a task, changed in a batch and looked at in the same:
//! as between the same calls made one by one.

mod limits;
mod rights;
mod rseq;
mod times;

use crate::harness::Case;

pub(crate) fn cases() -> Vec<Case> {
    let cases = [
        limits::cases(),
        rights::cases(),
        rseq::cases(),
        times::cases(),
    ];
    cases.concat()
}
