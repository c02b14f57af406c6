//! What is measured on this machine, without the module.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::de::DeserializeOwned;

use super::figures::{Counted, Host};
use super::{Programs, asynchronous, callgrind, trees};
use crate::process;
use crate::progress::Progress;

/// What a measurement may take.
const LIMIT: Duration = Duration::from_secs(5 * 60);
/// How long to look at how much the processors have to do.
const LOOK: Duration = Duration::from_secs(1);

/// Measures.
///
/// # Errors
/// When a program fails.
pub(super) fn measure(programs: &Programs, quick: bool) -> Result<Host> {
    let small = trees::small(programs)?;
    let progress = Progress::start("measuring on this machine");
    let idle = idle()?;
    let rounds = if quick { "5" } else { "15" };
    let mut bench = Command::new(&programs.command);
    bench.args(["bench", "--json", "--backend", "user", "--rounds", rounds]);
    let mut calls = Command::new(&programs.beside);
    calls.args(["calls", "--rounds", rounds, "--file"]);
    calls.arg(&programs.command).env("SYSBATCH_BACKEND", "user");
    let bench: super::figures::CommandBench = printed(&mut bench, "bench")?;
    let calls = printed(&mut calls, "calls")?;
    let asynchronous = asynchronous::on_host(programs, quick)?;
    progress.end("ok");
    let walks = trees::measure(programs, quick)?;
    let host = Host {
        kernel_release: bench.kernel_release.clone(),
        processors: std::thread::available_parallelism()?.get(),
        idle,
        bench,
        calls,
        walks,
        counted: Counted {
            steps: Vec::new(),
            walk: 0,
            walk_gnu: 0,
        },
        asynchronous,
    };
    let progress = Progress::start("counting instructions on this machine");
    let entries = if quick { 1_000_000 } else { 10_000_000 };
    let steps = ["call", "built-in"].map(|name| callgrind::step(&programs.beside, name, entries));
    let [call, built_in] = steps;
    let small = small.to_string_lossy();
    let du = |program: &Path, arguments: &[&str]| {
        callgrind::count(program, &[arguments, &["-s", &small]].concat(), None)
    };
    let counted = Counted {
        steps: vec![call?, built_in?],
        walk: du(&programs.command, &["du"])?.instructions,
        walk_gnu: du(Path::new("/usr/bin/du"), &[])?.instructions,
    };
    progress.end("ok");
    Ok(Host { counted, ..host })
}

/// What a program prints.
///
/// # Errors
/// When it fails, or prints something else.
pub(super) fn printed<T: DeserializeOwned>(command: &mut Command, name: &str) -> Result<T> {
    let log = process::run_quietly(name, &format!("bench-{name}"), LIMIT, command)?;
    super::parse(&process::text(&log)?)
        .with_context(|| format!("what is printed in {}", log.display()))
}

/// How many processors have nothing to do.
///
/// # Errors
/// When the kernel does not tell.
pub(super) fn idle() -> Result<f64> {
    let before = ticks()?;
    std::thread::sleep(LOOK);
    let after = ticks()?;
    let all = after.all.saturating_sub(before.all).max(1) as f64;
    let idle = after.idle.saturating_sub(before.idle) as f64;
    Ok(idle / all * after.processors)
}

/// Ticks since the machine's start, of all processors.
struct Ticks {
    idle: u64,
    all: u64,
    processors: f64,
}

fn ticks() -> Result<Ticks> {
    let stat = std::fs::read_to_string("/proc/stat").context("can't read /proc/stat")?;
    parse_ticks(&stat).context("/proc/stat has no line `cpu`")
}

/// `cpu user nice system idle iowait …`, then a line for each processor.
fn parse_ticks(stat: &str) -> Option<Ticks> {
    let mut lines = stat.lines().filter(|line| line.starts_with("cpu"));
    let fields = lines.next()?.split_whitespace().skip(1);
    let fields: Vec<u64> = fields.filter_map(|field| field.parse().ok()).collect();
    Some(Ticks {
        idle: fields.get(3)? + fields.get(4)?,
        // What guests took is in what users took.
        all: fields.iter().take(8).sum(),
        processors: lines.count() as f64,
    })
}

#[cfg(test)]
mod tests {
    use super::parse_ticks;

    #[test]
    fn ticks_are_read_from_the_first_line() {
        let stat = "cpu  10 0 20 60 10 0 0 0 5 0\ncpu0 5 0 10 30 5 0 0 0 5 0\ncpu1 5 0 10 30 5 0 0 0 0 0\nintr 7\n";
        let ticks = parse_ticks(stat).expect("there is a line");
        assert_eq!((ticks.idle, ticks.all, ticks.processors), (70, 100, 2.0));
        assert!(parse_ticks("intr 7\n").is_none());
    }
}
