//! Comparing two runs of what should be the same program.

use anyhow::{Result, bail, ensure};

use super::run::Run;

/// Fails at the first difference.
///
/// # Errors
/// Then.
pub(super) fn calls(plain: &Run, combined: &Run) -> Result<()> {
    let (left, right) = (&plain.calls, &combined.calls);
    let longest = left.len().max(right.len());
    for at in 0..longest {
        let (expected, found) = (left.get(at), right.get(at));
        if expected != found {
            let before = left.get(at.saturating_sub(8)..at).unwrap_or_default();
            bail!(
                "not the same system calls: after\n  {}\ncomes\n  {}\ninstead of\n  {}",
                before.join("\n  "),
                found.map_or("the end", String::as_str),
                expected.map_or("the end", String::as_str),
            );
        }
    }
    Ok(())
}

/// Fails unless both printed the same, ended with the same, and left the same files.
///
/// # Errors
/// Then.
pub(super) fn outcomes(plain: &Run, combined: &Run) -> Result<()> {
    let (left, right) = (&plain.outcome, &combined.outcome);
    ensure!(
        left.status == right.status && left.errors == right.errors,
        "it ended with {:?} instead of {:?} and said\n{}instead of\n{}",
        right.status,
        left.status,
        right.errors,
        left.errors
    );
    let lines = left.output.lines().zip(right.output.lines());
    for (expected, found) in lines {
        ensure!(
            expected == found,
            "it printed\n  {found}\ninstead of\n  {expected}"
        );
    }
    ensure!(left.output == right.output, "it printed more, or less");
    ensure!(left.files == right.files, "it left other files");
    Ok(())
}
