//! What `--json` prints: a line for each step, or one with the result slots, and one
//! with how the run ended.

use serde::Serialize;

/// A step.
#[derive(Debug, Serialize)]
pub(super) struct Step<'shown> {
    /// The index of the entry.
    pub(super) entry: u64,
    /// The line of the source that it comes from.
    pub(super) line: Option<usize>,
    /// The name of the system call or built-in.
    pub(super) call: &'shown str,
    /// Its arguments as the trace shows them.
    pub(super) arguments: Vec<String>,
    /// Its result; there is none if the step was not completed.
    pub(super) result: Option<i64>,
    /// The name of the error that the result of a system call means.
    pub(super) error: Option<&'static str>,
    /// Why no call was made, if none was.
    pub(super) no_call: Option<&'shown str>,
}

/// The result slots at the end of a run in one go.
#[derive(Debug, Serialize)]
pub(super) struct Slots<'program> {
    pub(super) slots: Vec<Slot<'program>>,
}

/// A result slot.
#[derive(Debug, Serialize)]
pub(super) struct Slot<'program> {
    pub(super) slot: usize,
    pub(super) value: i64,
    /// What the source calls it.
    pub(super) names: Vec<&'program str>,
}

/// How the run ended.
#[derive(Debug, Serialize)]
pub(super) struct End {
    pub(super) status: &'static str,
    pub(super) steps: u64,
    pub(super) crossings: u64,
    pub(super) backend: &'static str,
    /// The index of the entry that it stopped at.
    pub(super) entry: u64,
}

/// A line of it.
pub(super) fn line(value: &impl Serialize) -> anyhow::Result<String> {
    Ok(serde_json::to_string(value)? + "\n")
}
