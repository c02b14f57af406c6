//! What the kernel keeps of a task, changed in a batch and looked at in the same:
//! as between the same calls made one by one.

mod limits;
mod rights;
mod rseq;

use crate::harness::Case;

pub(crate) fn cases() -> Vec<Case> {
    [limits::cases(), rights::cases(), rseq::cases()].concat()
}
