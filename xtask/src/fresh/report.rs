//! The table at the end.

use std::time::Duration;

use super::table::{Case, Expect};

/// What came of one step.
#[derive(Clone, Debug)]
pub(super) struct Row {
    case: String,
    typed: &'static str,
    person: &'static str,
    expect: Expect,
    /// Whether it was as expected.
    pub(super) good: bool,
    /// In words.
    pub(super) happened: String,
    pub(super) time: Duration,
}

impl Row {
    /// A step that has not happened.
    pub(super) fn new(
        case: &Case,
        typed: &'static str,
        person: &'static str,
        expect: Expect,
    ) -> Self {
        Self {
            case: case.name(),
            typed,
            person,
            expect,
            good: false,
            happened: String::new(),
            time: Duration::ZERO,
        }
    }

    /// A machine that could not be made.
    pub(super) fn unprepared(case: &Case, error: &anyhow::Error) -> Self {
        Self {
            happened: format!("{error:#}"),
            ..Self::new(case, "-", "root", Expect::Passes)
        }
    }

    /// As expected or not, and what happened, in one line.
    pub(super) fn verdict(&self) -> String {
        let line = self.happened.lines().next().unwrap_or_default();
        format!("{}: {line}", if self.good { "ok" } else { "FAILED" })
    }
}

/// The rows as lines of text with a count of them at the end.
pub(super) fn table(rows: &[Row]) -> String {
    let mut text = String::new();
    for row in rows {
        let expect = match row.expect {
            Expect::Passes => "passes".to_owned(),
            Expect::RefusesNaming(words) => format!("refuses, naming `{words}`"),
        };
        text += &format!(
            "{:22} {:7} {:8} {expect:28} {:6.0} s  {}\n",
            row.case,
            row.typed,
            row.person,
            row.time.as_secs_f64(),
            row.verdict()
        );
    }
    for row in rows.iter().filter(|row| !row.good) {
        text += &format!("\nFAILED {} {}: {}\n", row.case, row.typed, row.happened);
    }
    let good = rows.iter().filter(|row| row.good).count();
    text + &format!("\n{good} passed, {} failed\n", rows.len() - good)
}

#[cfg(test)]
mod tests {
    use super::{Row, table};
    use crate::fresh::table::{Expect, cases};

    #[test]
    fn the_last_line_counts() {
        let cases = cases();
        let mut row = Row::new(&cases[0], "demo", "root", Expect::Passes);
        row.happened = "too bad\nin all detail".to_owned();
        let failed = row.clone();
        row.good = true;
        let text = table(&[row, failed]);
        assert!(text.ends_with("\n1 passed, 1 failed\n"), "{text}");
        assert!(text.contains("FAILED 12-current-root demo: too bad\nin all detail\n"));
    }
}
