//! Types what a case has typed and judges what comes of it.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use super::packages;
use super::readme::Commands;
use super::report::Row;
use super::root::Root;
use super::table::{Case, Expect, Person, Step, Typed};
use crate::process;
use crate::progress::Progress;

const DEMO_LIMIT: Duration = Duration::from_secs(40 * 60);
const TEST_LIMIT: Duration = Duration::from_secs(120 * 60);
/// What a refused command may leave on the machine, in bytes, apart from what
/// finding out takes: xtask itself, built, and the archive's lists.
const SMALL: u64 = 100_000_000;
const TO_FIND_OUT: &[&str] = &["target/debug", "target/apt"];

/// Plays `case` in `root`, which is prepared; one row for each step.
pub(super) fn play(root: &Root<'_>, case: &Case, commands: &Commands) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    // What the step before printed.
    let mut before = String::new();
    for (index, step) in case.steps.iter().enumerate() {
        let person = match step.typed {
            Typed::Line => Person::Root,
            _ => case.person,
        };
        let mut row = Row::new(case, step.typed.name(), person.name(), step.expect);
        if rows.iter().any(|row| !row.good) {
            row.happened = "not tried".to_owned();
            rows.push(row);
            continue;
        }
        let name = format!("{} {}", case.name(), step.typed.name());
        let log = format!("fresh-{}-{}-{}", case.name(), index + 1, step.typed.name());
        let progress = Progress::start(format!("{name} as {}", person.name()));
        let began = Instant::now();
        let judged = line(step.typed, commands, &before)
            .and_then(|line| type_line(root, step, person, &line, &log));
        row.time = began.elapsed();
        match judged {
            Ok((judgement, output)) => {
                row.good = judgement.is_ok();
                row.happened = judgement.unwrap_or_else(|wrong| wrong);
                before = output;
            }
            Err(error) => row.happened = format!("{error:#}"),
        }
        progress.end(&row.verdict());
        rows.push(row);
    }
    rows
}

/// What came of a step: as expected, or not.
type Judgement = Result<String, String>;

fn type_line(
    root: &Root<'_>,
    step: &Step,
    person: Person,
    line: &str,
    log: &str,
) -> Result<(Judgement, String)> {
    let limit = match step.typed {
        Typed::Test | Typed::Package | Typed::Upgrade => TEST_LIMIT,
        _ => DEMO_LIMIT,
    };
    let before = root.size_without(TO_FIND_OUT)?;
    let result = process::run_quietly(line, log, limit, &mut root.command(person, line));
    let grown = root.size_without(TO_FIND_OUT)?.saturating_sub(before);
    let output = read(&process::log(log))?;
    Ok((judge(step, result.is_ok(), &output, grown), output))
}

fn read(log: &Path) -> Result<String> {
    let bytes = std::fs::read(log).with_context(|| format!("can't read {}", log.display()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Whether what happened is as expected; in words.
fn judge(step: &Step, success: bool, output: &str, grown: u64) -> Judgement {
    let last = |text| {
        let mut lines = output.lines().map(str::trim).rev();
        lines.find(|line| !line.is_empty() && line.contains(text))
    };
    let end = last("").unwrap_or("(nothing printed)").to_owned();
    let promise = step.typed.promise();
    match (step.expect, success) {
        (Expect::Passes, true) => match last(promise) {
            Some(line) => Ok(line.to_owned()),
            None => Err(format!("it did not print `{promise}` but: {end}")),
        },
        (Expect::Passes, false) => Err(refusal(output).map_or(end, str::to_owned)),
        (Expect::RefusesNaming(_), true) => Err(format!("it passed: {end}")),
        (Expect::RefusesNaming(words), false) => match refusal(output) {
            Some(text) if !text.contains(words) => Err(format!("`{words}` is not in: {text}")),
            Some(_) if grown > SMALL => Err(format!(
                "it refused, but left {} MB on the machine",
                grown / 1_000_000
            )),
            Some(text) => Ok(text.lines().next().unwrap_or_default().to_owned()),
            None => Err(format!("it ended without an error in words: {end}")),
        },
    }
}

/// The error that a command ended with.
fn refusal(output: &str) -> Option<&str> {
    let start = output.rfind("\nerror: ").map(|at| at + 1);
    let start = start.or_else(|| output.starts_with("error: ").then_some(0))?;
    Some(output[start..].trim_end())
}

/// What is to be typed.
fn line(typed: Typed, commands: &Commands, before: &str) -> Result<String> {
    match typed {
        Typed::Demo => Ok(commands.demo.clone()),
        Typed::Test => Ok(commands.test.clone()),
        Typed::Line => {
            line_to_type(before).context("the refusal has no `type:` with a line to type behind it")
        }
        Typed::Package => Ok("cargo xtask package".to_owned()),
        Typed::Install => Ok(packages::INSTALL.to_owned()),
        Typed::Use => Ok(packages::USE.to_owned()),
        Typed::Boot => Ok(packages::BOOT.to_owned()),
        Typed::Upgrade => Ok(packages::UPGRADE.to_owned()),
        Typed::Remove => Ok(packages::REMOVE.to_owned()),
    }
}

/// What a refusal says is to be typed, on the same line or the next, as root
/// types it, answering yes. Root needs no `sudo`, and may not have it.
fn line_to_type(output: &str) -> Option<String> {
    let (_, rest) = refusal(output)?.split_once("type:")?;
    let line = rest.trim_start().lines().next()?;
    Some(format!("yes | {{ {}; }}", line.replace("sudo ", "")))
}

#[cfg(test)]
mod tests {
    use super::{SMALL, line_to_type};
    use crate::fresh::table::{Expect, Step, Typed};

    const REFUSED: &str = "… asking\nerror: packages are missing: make\nAs root, type:\n  \
                           apt-get update && apt-get install make\nand then the same again\n";

    fn judge(expect: Expect, success: bool, output: &str, grown: u64) -> super::Judgement {
        let typed = Typed::Test;
        super::judge(&Step { typed, expect }, success, output, grown)
    }

    #[test]
    fn what_passes_prints_what_is_promised() {
        let output = "…\n5 passed, 0 failed\n\nmore\n";
        let told = Ok("5 passed, 0 failed".to_owned());
        assert_eq!(judge(Expect::Passes, true, output, 0), told);
        assert!(judge(Expect::Passes, false, output, 0).is_err());
        assert!(judge(Expect::Passes, true, "", 0).is_err());
        assert!(judge(Expect::RefusesNaming("failed"), true, output, 0).is_err());
    }

    #[test]
    fn a_refusal_counts_only_in_the_words_expected() {
        let judge = |words, output| judge(Expect::RefusesNaming(words), false, output, 0);
        assert!(judge("make", REFUSED).is_ok());
        assert!(judge("security", REFUSED).is_err());
        // Not in the error itself.
        assert!(judge("asking", REFUSED).is_err());
        assert!(judge("killed", "killed\n").is_err());
    }

    #[test]
    fn a_refusal_counts_only_if_it_comes_early() {
        let judge = |grown| judge(Expect::RefusesNaming("make"), false, REFUSED, grown);
        assert!(judge(SMALL).is_ok());
        assert!(judge(SMALL + 1).is_err());
    }

    #[test]
    fn root_needs_no_sudo() {
        let line = "yes | { apt-get update && apt-get install make; }".to_owned();
        assert_eq!(line_to_type(REFUSED).as_ref(), Some(&line));
        let sudo = "error: make is missing\ntype: sudo apt-get update && sudo apt-get install make";
        assert_eq!(line_to_type(sudo), Some(line));
        assert_eq!(line_to_type("error: type it\n"), None);
    }
}
