//! What is measured on this machine, without the module.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::de::DeserializeOwned;

use super::figures::{Counted, Host, Took};
use super::{Programs, callgrind};
use crate::progress::Progress;
use crate::{paths, process};

/// What a measurement may take.
const LIMIT: Duration = Duration::from_secs(5 * 60);
/// How long to look at how much the processors have to do.
const LOOK: Duration = Duration::from_secs(1);

/// A tree: its name, how many directories it has, and how many files.
type Tree = (&'static str, u32, u32);
/// As in the guest.
const SMALL: Tree = ("small", 500, 20_000);
const LARGE: Tree = ("large", 5_000, 200_000);
/// As many directories, and fewer files.
const SPARSE: Tree = ("sparse", 5_000, 20_000);

/// Our own walks, in one thread and in four.
const OURS: &[(&str, &str)] = &[
    ("sysbatch du, user", "du -s"),
    ("sysbatch du, 4 threads", "du -s --threads=4"),
];

/// Programs that add up trees, with four threads if they can have some, before the
/// tree's path.
const OTHERS: &[(&str, &str, &str)] = &[
    ("GNU du", "du", "-s"),
    ("busybox du", "busybox", "du -s"),
    ("dust", "dust", "-T 4 -d 0"),
    ("pdu", "pdu", "--threads=4 --max-depth=1"),
    ("diskus", "diskus", "-j 4"),
    ("dua", "dua", "-t 4 aggregate"),
];

/// Measures.
///
/// # Errors
/// When a program fails.
pub(super) fn measure(programs: &Programs, quick: bool) -> Result<Host> {
    let trees = [SMALL, LARGE, SPARSE].map(|tree| make(programs, tree));
    let [small, large, sparse] = trees;
    let (small, large, sparse) = (small?, large?, sparse?);
    let progress = Progress::start("measuring on this machine");
    let idle = idle()?;
    let rounds = if quick { "5" } else { "15" };
    let mut bench = Command::new(&programs.command);
    bench.args(["bench", "--json", "--backend", "user", "--rounds", rounds]);
    let mut calls = Command::new(&programs.beside);
    calls.args(["calls", "--rounds", rounds, "--file"]);
    calls.arg(&programs.command).env("SYSBATCH_BACKEND", "user");
    let bench: super::figures::CommandBench = printed(&mut bench, "bench")?;
    let host = Host {
        kernel_release: bench.kernel_release.clone(),
        processors: std::thread::available_parallelism()?.get(),
        idle,
        bench,
        calls: printed(&mut calls, "calls")?,
        trees: walk(programs, &large, if quick { "2" } else { "5" }, OTHERS)?,
        few_files: walk(programs, &sparse, "1", &[])?,
        counted: Counted {
            steps: Vec::new(),
            walk: 0,
            walk_gnu: 0,
        },
    };
    progress.end("ok");
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

/// A tree below `target/`, made if it is not there.
fn make(programs: &Programs, (name, directories, files): Tree) -> Result<PathBuf> {
    let tree = paths::output().join("bench").join(name);
    if tree.is_dir() {
        return Ok(tree);
    }
    // What has its name is whole.
    let unfinished = tree.with_extension("unfinished");
    paths::remove(&unfinished)?;
    let mut command = Command::new(&programs.beside);
    command.arg("tree").arg(&unfinished);
    command.args(["--directories", &directories.to_string()]);
    command.args(["--files", &files.to_string()]);
    let what = format!("making a tree of {files} files");
    process::run(&what, "bench-tree", LIMIT, &mut command)?;
    std::fs::rename(&unfinished, &tree)
        .with_context(|| format!("can't rename {}", unfinished.display()))?;
    Ok(tree)
}

/// Walks a tree with `sysbatch du` and those of `others` that are installed.
fn walk(
    programs: &Programs,
    tree: &Path,
    rounds: &str,
    others: &[(&str, &str, &str)],
) -> Result<Vec<Took>> {
    let (command, tree) = (programs.command.display(), tree.display());
    let mut names = Vec::new();
    let mut walk = Command::new(&programs.beside);
    walk.args(["run", "--rounds", rounds]);
    for (name, arguments) in OURS {
        names.push(*name);
        walk.arg("--program");
        walk.arg(format!(
            "SYSBATCH_BACKEND=user {command} {arguments} {tree}"
        ));
    }
    for (name, program, arguments) in others {
        if is_installed(program) {
            names.push(name);
            walk.arg("--program")
                .arg(format!("{program} {arguments} {tree}"));
        }
    }
    let mut walks: Vec<Took> = printed(&mut walk, "walks")?;
    for (took, name) in walks.iter_mut().zip(names) {
        took.name = name.to_owned();
    }
    Ok(walks)
}

fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// What a program prints.
fn printed<T: DeserializeOwned>(command: &mut Command, name: &str) -> Result<T> {
    let log = process::run_quietly(name, &format!("bench-{name}"), LIMIT, command)?;
    super::parse(&process::text(&log)?)
        .with_context(|| format!("what is printed in {}", log.display()))
}

/// How many processors have nothing to do.
fn idle() -> Result<f64> {
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
