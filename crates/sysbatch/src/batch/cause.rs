//! Why a call of a run was not executed: the call that failed before it.
//!
//! A result slot says that its entry was not executed, not why. An earlier failure is
//! the reason if the call needs the result of the one that failed, or if the failure led
//! past the call. For the second the branches that the run took are found again from the
//! results.

use std::collections::HashSet;
use std::sync::OnceLock;

use sysbatch_abi::{Entry, JUMP_EXIT, Status, is_errno};

use super::Results;
use super::program::{Program, SKIPPED, is_executed};

/// The branches past entries that a run took, in the order of the entries, found when
/// they are first asked for.
pub(super) type Branches = OnceLock<Vec<Branch>>;

/// A branch past entries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Branch {
    /// The entry that led elsewhere.
    from: usize,
    /// The entry that it led to.
    to: usize,
    /// Whether its result was negative.
    failed: bool,
}

impl Results<'_, '_> {
    /// The operation whose failure is the reason that `operation` was not executed, if
    /// there is one: the one that it needs rather than one that led past it.
    pub(super) fn cause(&self, operation: usize) -> Option<usize> {
        let mut candidates = vec![operation];
        let mut seen = HashSet::new();
        while let Some(candidate) = candidates.pop() {
            if self.errno(candidate).is_some() {
                return Some(candidate);
            }
            if is_executed(self.batch.slot(candidate)) || !seen.insert(candidate) {
                continue;
            }
            let needs = || self.batch.operations[candidate].needs();
            if let Some(failed) = needs().find(|&needed| self.errno(needed).is_some()) {
                return Some(failed);
            }
            // The last is looked at next.
            candidates.extend(self.led_past(candidate));
            candidates.extend(needs());
        }
        None
    }

    /// The operation whose failure, or whose being skipped, led past `operation`.
    fn led_past(&self, operation: usize) -> Option<usize> {
        let program = self.batch.program.as_ref()?;
        let entry = program.main[operation];
        let branches = self.branches.get_or_init(|| self.find_branches(program));
        let before = branches.partition_point(|branch| branch.from < entry);
        let mut before = branches[..before].iter().rev();
        let branch = before.find(|branch| entry < branch.to)?;
        if !branch.failed {
            return None;
        }
        program.operation(branch.from)
    }

    fn find_branches(&self, program: &Program) -> Vec<Branch> {
        let (entries, results) = (&program.entries, &self.batch.results);
        let branch = |from: usize| destination(&entries[from], results[from], from, entries.len());
        let mut branches = Vec::new();
        if program.loops {
            // How each operation went the last time, and what left the batch.
            let exit = program.operation(self.stop);
            let exit = exit.filter(|_| self.status == Status::Exit);
            for (operation, &main) in program.main.iter().enumerate() {
                let from = match results[main] {
                    SKIPPED => program.skips(operation),
                    result if entries[main].nr >= 0 && is_errno(result) => main,
                    _ if exit == Some(operation) => self.stop,
                    _ => continue,
                };
                let from_main = Branch {
                    from: main,
                    ..branch(from)
                };
                branches.push(from_main);
            }
        } else {
            // Each entry has run once at most, so the results say how the run went.
            let mut at = 0;
            while at < entries.len() && (at != self.stop || self.status == Status::Exit) {
                branches.push(branch(at));
                at = branch(at).to;
            }
        }
        branches.retain(|branch| branch.to > branch.from + 1);
        branches
    }
}

/// Where an entry led to with this result. An exit leads to the end.
fn destination(entry: &Entry, result: i64, from: usize, len: usize) -> Branch {
    let failed = if entry.nr < 0 {
        result < 0
    } else {
        is_errno(result)
    };
    let offset = match result {
        _ if failed => entry.on_neg,
        0 => entry.on_zero,
        _ => entry.on_pos,
    };
    let to = match offset {
        JUMP_EXIT => len,
        offset => (from + 1).saturating_add_signed(offset.into()),
    };
    Branch { from, to, failed }
}
