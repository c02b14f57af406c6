//! What passed and what failed.

use anyhow::{Result, ensure};

/// A count of tests, with the reasons of those that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// How many passed.
    pub(crate) passed: usize,
    /// Why the others failed, one text for each.
    pub(crate) failures: Vec<String>,
}

impl Tally {
    /// Only passes.
    pub(crate) const fn passed(passed: usize) -> Self {
        Self {
            passed,
            failures: Vec::new(),
        }
    }

    /// One failure.
    pub(crate) fn failure(reason: String) -> Self {
        Self {
            passed: 0,
            failures: vec![reason],
        }
    }

    /// Adds another count.
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failures.extend(other.failures);
    }
}

/// How many tests the standard harness says passed in `text`, which may be the
/// output of several programs; none if no harness ran.
///
/// # Errors
/// When one was ignored: that is not a pass.
pub(crate) fn harness_passes<'a>(text: impl IntoIterator<Item = &'a str>) -> Result<Option<usize>> {
    let mut sum = None;
    for line in text {
        let Some((_, counts)) = line.split_once("test result: ") else {
            continue;
        };
        let count = |word: &str| {
            counts
                .split([';', '.'])
                .find_map(|part| part.trim().strip_suffix(word)?.trim().parse::<usize>().ok())
        };
        ensure!(
            count("ignored").unwrap_or(0) == 0,
            "a test is ignored: {line}"
        );
        *sum.get_or_insert(0) += count("passed").unwrap_or(0);
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::harness_passes;

    #[test]
    fn the_counts_of_several_harnesses_are_added() {
        let text = "running 2 tests\n\
            test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
            test result: FAILED. 40 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s\n";
        assert_eq!(
            harness_passes(text.lines()).expect("nothing is ignored"),
            Some(42)
        );
        assert_eq!(
            harness_passes("no harness\n".lines()).expect("nothing is ignored"),
            None
        );
    }

    #[test]
    fn an_ignored_test_is_an_error() {
        let text = "test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out";
        assert!(harness_passes(text.lines()).is_err());
    }
}
