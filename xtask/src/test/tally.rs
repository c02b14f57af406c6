//! What passed and what failed.

use anyhow::{Result, ensure};

/// A count of tests, with the reasons of those that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// How many passed.
    pub(crate) passed: usize,
    /// Why the others failed, one text for each.
    pub(crate) failures: Vec<String>,
    /// What was run a second time, and why: no part of the count.
    pub(crate) repeated: Vec<String>,
    /// What was not run, and why: no part of the count either.
    pub(crate) not_run: Vec<String>,
}

impl Tally {
    /// Only passes.
    pub(crate) const fn passed(passed: usize) -> Self {
        Self {
            passed,
            failures: Vec::new(),
            repeated: Vec::new(),
            not_run: Vec::new(),
        }
    }

    /// One failure.
    pub(crate) fn failure(reason: String) -> Self {
        Self {
            passed: 0,
            failures: vec![reason],
            repeated: Vec::new(),
            not_run: Vec::new(),
        }
    }

    /// Nothing, for this machine has not what it takes.
    pub(crate) fn not_run(reason: String) -> Self {
        Self {
            not_run: vec![reason],
            ..Self::default()
        }
    }

    /// Adds another count.
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failures.extend(other.failures);
        self.repeated.extend(other.repeated);
        self.not_run.extend(other.not_run);
    }
}

/// What the standard harness says in `lines`, which may be the output of
/// several programs; none if no harness ran.
///
/// # Errors
/// When a test was ignored: that is not a pass.
pub(crate) fn harness<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<Option<Tally>> {
    let mut tally = None;
    // What the failed test that is being described printed.
    let mut failure: Option<String> = None;
    for line in lines {
        let described = line
            .strip_prefix("---- ")
            .and_then(|rest| rest.split_once(" stdout ----"));
        if let Some((name, _)) = described {
            let tally = tally.get_or_insert_with(Tally::default);
            tally
                .failures
                .extend(failure.replace(format!("test {name}:")));
        } else if let Some(counts) = line.strip_prefix("test result: ") {
            ensure!(count(counts, "ignored") == 0, "a test is ignored: {line}");
            let tally = tally.get_or_insert_with(Tally::default);
            tally.passed += count(counts, "passed");
            tally.failures.extend(failure.take());
        } else if line == "failures:" {
            // Before the descriptions, and before a list of names after them.
            let tally = tally.get_or_insert_with(Tally::default);
            tally.failures.extend(failure.take());
        } else if let Some(text) = &mut failure {
            text.push_str("\n  ");
            text.push_str(line);
        }
    }
    Ok(tally)
}

/// The number before `word` in `ok. 2 passed; 0 failed; …`.
fn count(counts: &str, word: &str) -> usize {
    let numbers = counts.split([';', '.']);
    let mut numbers =
        numbers.filter_map(|part| part.trim().strip_suffix(word)?.trim().parse().ok());
    numbers.next().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{Tally, harness};

    const OUTPUT: &str = "\
running 2 tests
test a ... ok
test b ... ok

test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s

running 3 tests
test c ... ok
test d ... FAILED
test e ... FAILED

failures:

---- d stdout ----
left is not right
---- e stdout ----
nor here

failures:
    d
    e

test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s
";

    #[test]
    fn the_results_of_several_programs_are_added() {
        let tally = harness(OUTPUT.lines()).expect("nothing is ignored");
        let Tally {
            passed, failures, ..
        } = tally.expect("a harness ran");
        assert_eq!(passed, 3);
        assert_eq!(failures.len(), 2);
        assert_eq!(failures[0], "test d:\n  left is not right");
        assert!(failures[1].starts_with("test e:\n  nor here"));
    }

    #[test]
    fn output_without_a_harness_is_told() {
        assert_eq!(
            harness("no harness\n".lines()).expect("nothing is ignored"),
            None
        );
    }

    #[test]
    fn an_ignored_test_is_an_error() {
        let text = "test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out";
        assert!(harness(text.lines()).is_err());
    }
}
