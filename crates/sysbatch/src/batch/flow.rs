//! Where an operation leads when it fails, and which need a check first.
//!
//! An operation that needs the result of another (a descriptor, a length) must
//! not be done when that one has failed: a negative length would be a huge one,
//! and `-ENETDOWN` happens to be `AT_FDCWD`. It is skipped, as if it had
//! failed itself. Often this costs nothing: an operation that fails leads past
//! all that need it. Where control can arrive on another path, and in loops, where
//! what is skipped must not keep the result of an earlier round, a *check*
//! precedes the operation.

use super::handle::{Label, Target};
use super::operation::Operation;

/// The farthest that an operation is led past others, in operations. Beyond it
/// a jump might be too long for an entry; what follows is checked instead.
const SKIP_MAX: usize = 3500;

/// A place in the list of operations; its length is the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Before this operation.
    Before(usize),
    /// Out of the batch.
    Exit,
}

/// What is known of the ways through a batch.
#[derive(Debug)]
pub(super) struct Flow {
    /// Where each operation leads when it fails, or is skipped.
    failure: Vec<Place>,
    /// The latest operation at or before each that a label is placed before.
    labelled: Vec<Option<usize>>,
}

/// The place that a target stands for, if its label is placed.
pub(super) fn place(target: Target, labels: &[Option<usize>]) -> Option<Place> {
    match target {
        Target::Exit => Some(Place::Exit),
        Target::Label(Label { index, .. }) => labels[index].map(Place::Before),
    }
}

impl Flow {
    /// Looks at the operations of a batch, all of whose labels are placed.
    ///
    /// `loops` says whether any can be come by more than once.
    pub(super) fn of(operations: &[Operation], labels: &[Option<usize>], loops: bool) -> Self {
        let mut placed = vec![false; operations.len() + 1];
        for &at in labels.iter().flatten() {
            placed[at] = true;
        }
        let mut latest = None;
        let labelled = (0..operations.len())
            .map(|at| {
                if placed[at] {
                    latest = Some(at);
                }
                latest
            })
            .collect();
        let failure = (0..operations.len())
            .map(|index| failure(operations, labels, loops, index))
            .collect();
        Self { failure, labelled }
    }

    /// Where an operation leads when it fails, or is skipped.
    pub(super) fn failure(&self, index: usize) -> Place {
        self.failure[index]
    }

    /// Whether operation `index`, which needs the result of `needed`, can be
    /// come by without that one having been done right before.
    pub(super) fn must_check(&self, operations: &[Operation], index: usize, needed: usize) -> bool {
        // A label between them: control can come from anywhere.
        if self.labelled[index].is_some_and(|at| at > needed) {
            return true;
        }
        // None between, so an explicit target is none between either. Without
        // one, control goes on past what is skipped: not past this one?
        operations[needed].on_error.is_none()
            && matches!(self.failure[needed], Place::Before(at) if at <= index)
    }
}

/// Where operation `index` leads when it fails, or is skipped: where it was
/// told to, or to the next operation that can be done without it.
fn failure(operations: &[Operation], labels: &[Option<usize>], loops: bool, index: usize) -> Place {
    if let Some(target) = operations[index].on_error {
        return place(target, labels).unwrap_or(Place::Exit);
    }
    if loops {
        return Place::Before(index + 1);
    }
    let mut failed = vec![index];
    for (at, operation) in operations.iter().enumerate().skip(index + 1) {
        if !operation.needs().any(|needed| failed.contains(&needed)) {
            return Place::Before(at);
        }
        if at - index > SKIP_MAX {
            return Place::Before(index + 1);
        }
        if let Some(target) = operation.on_error {
            return place(target, labels).unwrap_or(Place::Exit);
        }
        failed.push(at);
    }
    Place::Before(operations.len())
}
