//! Instructions in user mode, counted by valgrind's callgrind.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::figures::Step;
use crate::{paths, process};

/// What emulating the longest batch may take.
const LIMIT: Duration = Duration::from_secs(10 * 60);

/// The function of `sysbatch-bench` that a batch runs in.
const MEASURED: &str = "sysbatch_bench_measured";

/// Counts the instructions of a program: all of them, or those in a function and
/// what it calls.
///
/// # Errors
/// When valgrind fails, or the program does.
pub(super) fn count(program: &Path, arguments: &[&str], function: Option<&str>) -> Result<Counted> {
    let out = paths::output().join("bench/callgrind.out");
    let mut command = Command::new("valgrind");
    command.arg("--tool=callgrind");
    command.arg(format!("--callgrind-out-file={}", out.display()));
    if let Some(function) = function {
        command.arg(format!("--toggle-collect={function}"));
    }
    command
        .arg(program)
        .args(arguments)
        .env("SYSBATCH_BACKEND", "user");
    let log = process::run_quietly("counting instructions", "callgrind", LIMIT, &mut command)?;
    let text = process::text(&log)?;
    let collected = text.lines().find_map(|line| {
        let (_, number) = line.split_once("Collected : ")?;
        number.trim().parse().ok()
    });
    Ok(Counted {
        instructions: collected
            .with_context(|| format!("callgrind collected nothing: see {}", log.display()))?,
        output: text,
    })
}

/// A program's instructions, and what it printed among valgrind's lines.
pub(super) struct Counted {
    pub(super) instructions: u64,
    output: String,
}

/// What `sysbatch-bench steps` prints.
#[derive(Debug, Deserialize)]
struct Seen {
    allocations: u64,
}

/// Counts a step of the interpreter, in short batches and in one of `entries`.
///
/// # Errors
/// As of [`count`].
pub(super) fn step(program: &Path, name: &str, entries: u64) -> Result<Step> {
    let batch = |entries: u64| {
        let entries = entries.to_string();
        let arguments = ["steps", "--step", name, "--entries", &entries];
        count(program, &arguments, Some(MEASURED))
    };
    let [ten, twenty, many] = [batch(10)?, batch(20)?, batch(entries)?];
    let slope = |first: &Counted, last: &Counted, entries: u64| {
        last.instructions.saturating_sub(first.instructions) as f64 / entries as f64
    };
    let seen = many
        .output
        .lines()
        .find_map(|line| serde_json::from_str::<Seen>(line).ok());
    Ok(Step {
        name: name.to_owned(),
        few: slope(&ten, &twenty, 10),
        many: slope(&ten, &many, entries - 10),
        entries,
        allocations: seen.context("the batch printed nothing")?.allocations,
    })
}
