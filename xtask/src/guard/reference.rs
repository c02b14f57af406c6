//! What counts are compared with, and how strictly.
//!
//! | compilers, kernel and emulator | commit that set the figures | compared with | dearer by at most |
//! | --- | --- | --- | --- |
//! | those of the figures | | the figures | 3 % |
//! | others | can be counted here | what it comes to here | 3 % |
//! | others | nothing that is counted changed since | nothing: the same sources would be compared with themselves | |
//! | others | can't be counted here | the figures | 30 % and 30 instructions |
//!
//! The last is well above what other compilers were seen to take more: of
//! 1.88 and 1.96 each makes some of the figures dearer than the other, by up to 12
//! instructions in a step, 27 in a jump and 79 in what is fixed.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::Result;

use super::baseline::Baseline;
use super::figures::Record;
use super::place::Place;

/// By how much a figure may be exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Allowance {
    percent: usize,
    /// Beside that.
    instructions: usize,
}

/// Where both were made with the same.
const STRICT: Allowance = Allowance {
    percent: 3,
    instructions: 0,
};

/// Where nothing but the figures of other conditions is there.
const LOOSE: Allowance = Allowance {
    percent: 30,
    instructions: 30,
};

impl Allowance {
    fn holds(self, count: usize, expected: usize) -> bool {
        count * 100 <= expected * (100 + self.percent) + self.instructions * 100
    }
}

impl fmt::Display for Allowance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.percent)?;
        if self.instructions > 0 {
            write!(f, " and {} instructions", self.instructions)?;
        }
        Ok(())
    }
}

/// What to compare with.
#[derive(Debug)]
pub(super) struct Reference {
    /// None where each count is what it has to be.
    instructions: Option<BTreeMap<String, usize>>,
    allowance: Allowance,
    /// What it is, for people.
    pub(super) words: String,
}

/// Chooses by how `here`, what was counted, came about.
pub(super) fn choose(place: Place, committed: &Record, here: &Record) -> Reference {
    let differences = committed.conditions.differences(&here.conditions);
    if differences.is_empty() {
        return Reference {
            instructions: Some(committed.instructions.clone()),
            allowance: STRICT,
            words: format!(
                "made with what the figures were made with, so at most {STRICT} above them"
            ),
        };
    }
    let differences = differences.join(", ");
    match again(place, here) {
        Ok((name, None)) => Reference {
            instructions: None,
            allowance: STRICT,
            words: format!(
                "made with {differences}, and nothing that is counted was changed since {name} \
                 set the figures: there is nothing to compare"
            ),
        },
        Ok((name, Some(record))) => Reference {
            instructions: Some(record.instructions),
            allowance: STRICT,
            words: format!(
                "made with {differences}, so at most {STRICT} above what {name}, which set the \
                 figures, comes to with that, too"
            ),
        },
        Err(error) => Reference {
            instructions: Some(committed.instructions.clone()),
            allowance: LOOSE,
            words: format!(
                "made with {differences}, and the commit that set the figures can't be counted \
                 again ({error:#}): compared with its figures, at most {LOOSE} above them, \
                 which finds what is grossly dearer and no more"
            ),
        },
    }
}

/// The commit that set the figures and what it comes to here, unless it is the
/// same as what is counted.
fn again(place: Place, here: &Record) -> Result<(String, Option<Record>)> {
    let baseline = Baseline::find()?;
    let record = if baseline.is_unchanged()? {
        None
    } else {
        Some(baseline.count(place, here)?)
    };
    Ok((baseline.name().to_owned(), record))
}

impl Reference {
    /// Compares a figure.
    ///
    /// # Errors
    /// The text of the failure, if it is dearer than it may be.
    pub(super) fn compare(&self, place: Place, name: &str, count: usize) -> Result<(), String> {
        let Some(instructions) = &self.instructions else {
            return Ok(());
        };
        let Some(&expected) = instructions.get(name) else {
            return Err(format!(
                "there is no figure for `{name}` in {}: cargo xtask guard --update",
                place.name()
            ));
        };
        if self.allowance.holds(count, expected) {
            return Ok(());
        }
        // The workload that shows it, where that has another name.
        let workload = if name == "fixed" {
            "unimplemented --whole"
        } else {
            name
        };
        Err(format!(
            "`{name}` in {} takes {count} instructions instead of {expected}, more than {} \
             above.\nWhere they go: cargo xtask profile {} --workload {workload} --listing\nIf it \
             has to be so, say in the commit why, and commit with it: cargo xtask guard --update",
            place.name(),
            self.allowance,
            place.option(),
        ))
    }

    /// What takes less by more than may be exceeded.
    pub(super) fn cheaper<'a>(&self, here: &'a Record) -> Vec<&'a str> {
        let expected = |name: &String| self.instructions.as_ref()?.get(name).copied();
        let counted = here.instructions.iter();
        counted
            .filter(|&(name, &count)| {
                expected(name).is_some_and(|expected| !self.allowance.holds(expected, count))
            })
            .map(|(name, _)| name.as_str())
            .collect()
    }

    /// Figures that nothing was counted for.
    pub(super) fn missing<'a>(&'a self, here: &'a Record) -> impl Iterator<Item = &'a String> {
        let names = self.instructions.iter().flat_map(BTreeMap::keys);
        names.filter(|&name| !here.instructions.contains_key(name))
    }
}

#[cfg(test)]
mod tests {
    use super::{Allowance, LOOSE, Place, Reference, STRICT};
    use crate::guard::figures::{Conditions, Record};

    fn reference(allowance: Allowance) -> Reference {
        Reference {
            instructions: Some([("plain".to_owned(), 100), ("jump".to_owned(), 20)].into()),
            allowance,
            words: String::new(),
        }
    }

    #[test]
    fn what_is_dearer_than_it_may_be_fails() {
        for (allowance, name, count, holds) in [
            (STRICT, "plain", 50, true),
            (STRICT, "plain", 103, true),
            (STRICT, "plain", 104, false),
            (STRICT, "jump", 20, true),
            (STRICT, "jump", 21, false),
            (LOOSE, "plain", 160, true),
            (LOOSE, "plain", 161, false),
            (LOOSE, "jump", 56, true),
            (LOOSE, "jump", 57, false),
            (STRICT, "unknown", 1, false),
        ] {
            let compared = reference(allowance).compare(Place::UserSpace, name, count);
            assert_eq!(compared.is_ok(), holds, "{name} {count}: {compared:?}");
        }
    }

    fn record(plain: usize) -> Record {
        Record {
            conditions: Conditions {
                rust_compiler: String::new(),
                c_compiler: None,
                kernel: None,
                emulator: None,
            },
            instructions: [("plain".to_owned(), plain)].into(),
        }
    }

    #[test]
    fn what_is_counted_no_more_is_told() {
        let (reference, here) = (reference(STRICT), record(100));
        assert_eq!(reference.missing(&here).collect::<Vec<_>>(), ["jump"]);
    }

    #[test]
    fn what_has_become_cheaper_is_told() {
        assert_eq!(reference(STRICT).cheaper(&record(97)), ["plain"]);
        assert!(reference(STRICT).cheaper(&record(98)).is_empty());
        assert!(reference(LOOSE).cheaper(&record(97)).is_empty());
    }
}
