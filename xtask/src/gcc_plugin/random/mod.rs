//! Functions made at random do the same with the plugin and without.
//!
//! The ordinary run makes some; `SYSBATCH_FUNCTIONS=2000` makes as many as that, and
//! `SYSBATCH_SEED` others.

mod condition;
mod function;
mod numbers;

use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use super::build::{Plugin, Way};
use super::compare;
use super::run::{Call, run};
use function::Function;
use numbers::Numbers;

const SOURCE: &str = "tests/random.c";
/// How many functions are made in the ordinary run.
const ORDINARY: u64 = 60;
/// How many are in one program.
const PROGRAM: u64 = 60;
const LEVELS: [&str; 3] = ["-O2", "-O3", "-O1"];

/// Compares as many functions as are wanted; how many.
///
/// # Errors
/// At the first difference.
pub(super) fn check(plugin: &Plugin) -> Result<usize> {
    let count = setting("SYSBATCH_FUNCTIONS", ORDINARY)?;
    let seed = setting("SYSBATCH_SEED", 1)?;
    let mut done = 0;
    while done < count {
        let numbers = done..count.min(done + PROGRAM);
        let level = LEVELS[(done / PROGRAM) as usize % LEVELS.len()];
        check_some(plugin, seed, numbers.clone(), level).with_context(|| {
            format!(
                "functions {numbers:?} of SYSBATCH_SEED={seed} with {level}, in {}",
                plugin.built("functions.inc").display()
            )
        })?;
        done = numbers.end;
    }
    Ok(usize::try_from(done)?)
}

fn check_some(
    plugin: &Plugin,
    seed: u64,
    numbers: std::ops::Range<u64>,
    level: &'static str,
) -> Result<()> {
    let count = numbers.end - numbers.start;
    let functions = numbers.map(|which| Numbers::new(seed << 32 | which));
    let mut text = String::new();
    let mut table = String::from("static const function functions[] = {\n");
    for (index, mut numbers) in functions.enumerate() {
        text.push_str(&Function::new(&mut numbers).text(index));
        table.push_str(&format!("\tfunction_{index},\n"));
    }
    std::fs::write(plugin.built("functions.inc"), format!("{text}{table}}};\n"))
        .context("cannot write the functions")?;
    let call = Call {
        arguments: &[],
        limit: "--nofile=24",
        output: "",
    };
    let programs = [Way::Plain, Way::Combined(level)]
        .map(|way| run(plugin, &plugin.program(Path::new(SOURCE), way)?, &call));
    let [plain, combined] = programs;
    let (plain, combined) = (plain?, combined?);
    ensure!(
        plain.outcome.status == Some(0),
        "it ended with {:?}: {}",
        plain.outcome.status,
        plain.outcome.errors
    );
    compare::calls(&plain, &combined)?;
    compare::outcomes(&plain, &combined)?;
    // Most functions have a batch, and there are five situations.
    ensure!(
        combined.batches > count,
        "only {} batches were run",
        combined.batches
    );
    Ok(())
}

fn setting(name: &str, ordinary: u64) -> Result<u64> {
    match std::env::var(name) {
        Ok(text) => text.parse().with_context(|| format!("{name}={text}")),
        Err(_) => Ok(ordinary),
    }
}
