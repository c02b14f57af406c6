//! Walks of trees on this machine, without the module: `sysbatch du` beside other
//! programs, and `sysbatch-walk` beside other libraries.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::Programs;
use super::figures::{Took, Walks};
use super::host::{idle, printed};
use crate::progress::Progress;
use crate::{paths, process};

/// What making a tree may take.
const LIMIT: Duration = Duration::from_secs(5 * 60);

/// A tree: its name, how many directories it has, and how many files.
type Tree = (&'static str, u32, u32);
/// As in the guest.
const SMALL: Tree = ("small", 500, 20_000);
const LARGE: Tree = ("large", 5_000, 200_000);
/// As many directories, and fewer files.
const SPARSE: Tree = ("sparse", 5_000, 20_000);

/// A program that adds up a tree's disk usage, files of several names once, on
/// whatever file systems the tree is.
struct Program {
    name: &'static str,
    command: &'static str,
    /// With four threads if it can have some. `TREE` stands for the tree's path.
    arguments: &'static str,
    /// Bytes in a unit of the number that it prints first.
    unit: u64,
    /// What it tells its version by.
    version: &'static [&'static str],
}

const VERSION: &[&str] = &["--version"];

/// Programs of others. Those that are installed are run.
const OTHERS: &[Program] = &[
    Program {
        name: "GNU du",
        command: "du",
        arguments: "-s TREE",
        unit: 1024,
        version: VERSION,
    },
    Program {
        name: "busybox du",
        command: "busybox",
        arguments: "du -s TREE",
        unit: 1024,
        version: &[],
    },
    Program {
        name: "dust",
        command: "dust",
        arguments: "-T 4 -d 0 -P -o b TREE",
        unit: 1,
        version: VERSION,
    },
    Program {
        name: "pdu",
        command: "pdu",
        arguments: "--threads=4 --max-depth=1 --deduplicate-hardlinks --bytes-format=plain TREE",
        unit: 1,
        version: VERSION,
    },
    Program {
        name: "diskus",
        command: "diskus",
        arguments: "-j 4 TREE",
        unit: 1,
        version: VERSION,
    },
    Program {
        name: "dua",
        command: "dua",
        // One directory alone would be listed and not added up.
        arguments: "-t 4 -f bytes aggregate --no-sort --no-total TREE /dev/null",
        unit: 1,
        version: VERSION,
    },
];

/// Our own walks, in one thread and in four.
const OURS: &[(&str, &str)] = &[
    ("sysbatch du, user", "du -s"),
    ("sysbatch du, 4 threads", "du -s --threads=4"),
];

/// Libraries of others: what they are called, and what `sysbatch-bench walk` is
/// told. The first is what all are compared with.
pub(super) const LIBRARIES: &[(&str, &str)] = &[
    ("walkdir and metadata()", "--library walkdir"),
    ("jwalk and metadata()", "--library jwalk"),
];

/// Ours, which runs batches.
pub(super) const BATCHED: &[(&str, &str)] = &[
    ("sysbatch-walk", "--library walk"),
    ("its scan", "--library scan"),
];

/// The same in four threads, as far as they have threads.
const THREADED: &[(&str, &str)] = &[
    ("jwalk, 4 threads", "--library jwalk --threads 4"),
    ("sysbatch-walk, 4 threads", "--library walk --threads 4"),
    ("its scan, 4 threads", "--library scan --threads 4"),
];

/// Walks over all trees but the small one.
///
/// # Errors
/// When a program fails, or finds something else than the others.
pub(super) fn measure(programs: &Programs, quick: bool) -> Result<Walks> {
    let large = make(programs, LARGE)?;
    let sparse = make(programs, SPARSE)?;
    let progress = Progress::start("walking trees on this machine");
    let idle = idle()?;
    let rounds = if quick { 2 } else { 5 };
    let walks = Walks {
        idle_before_walks: Some(idle),
        trees: du(programs, &large, rounds, OTHERS)?,
        few_files: du(programs, &sparse, 1, &[])?,
        libraries: libraries(programs, &large, rounds)?,
    };
    progress.end("ok");
    Ok(walks)
}

/// The tree that is also walked in the guest.
///
/// # Errors
/// When it can't be made.
pub(super) fn small(programs: &Programs) -> Result<PathBuf> {
    make(programs, SMALL)
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
fn du(programs: &Programs, tree: &Path, rounds: u32, others: &[Program]) -> Result<Vec<Took>> {
    let (command, tree) = (programs.command.display(), tree.display().to_string());
    let ours = OURS.iter().map(|&(name, arguments)| {
        let line = format!("SYSBATCH_BACKEND=user {command} {arguments} {tree}");
        (name, None, 1024, line)
    });
    let others = others.iter().filter(|other| is_installed(other.command));
    let others = others.map(|other| {
        let arguments = other.arguments.replace("TREE", &tree);
        let line = format!("{} {arguments}", other.command);
        (other.name, other.version(), other.unit, line)
    });
    let all: Vec<_> = ours.chain(others).collect();
    let lines: Vec<&str> = all.iter().map(|(.., line)| line.as_str()).collect();
    let mut walks = run(programs, rounds, &lines)?;
    for (took, (name, version, ..)) in walks.iter_mut().zip(&all) {
        took.name = (*name).to_owned();
        took.version.clone_from(version);
    }
    let mut totals = Vec::new();
    for (took, (_, _, unit, line)) in walks.iter().zip(&all) {
        let total = first_number(&took.output).map(|number| number * unit);
        totals.push((
            total.with_context(|| format!("`{line}` printed no total"))?,
            line,
        ));
    }
    ensure!(
        totals.windows(2).all(|pair| pair[0].0 == pair[1].0),
        "the totals of the walks differ, in bytes: {totals:#?}"
    );
    Ok(walks)
}

/// Walks a tree with libraries.
fn libraries(programs: &Programs, tree: &Path, rounds: u32) -> Result<Vec<Took>> {
    let beside = programs.beside.display();
    let all = [LIBRARIES, BATCHED, THREADED].concat();
    let lines: Vec<String> = all
        .iter()
        .map(|(_, arguments)| {
            let tree = tree.display();
            format!("SYSBATCH_BACKEND=user {beside} walk {arguments} {tree}")
        })
        .collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let names = all.iter().map(|(name, _)| *name);
    named(run(programs, rounds, &lines)?, names)
}

fn run(programs: &Programs, rounds: u32, lines: &[&str]) -> Result<Vec<Took>> {
    let mut walk = Command::new(&programs.beside);
    walk.args(["run", "--rounds", &rounds.to_string()]);
    for line in lines {
        walk.args(["--program", line]);
    }
    printed(&mut walk, "walks")
}

/// Gives walks their names, and sees that they printed the same.
///
/// # Errors
/// When they did not.
pub(super) fn named<'a>(
    mut walks: Vec<Took>,
    names: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<Took>> {
    for (took, name) in walks.iter_mut().zip(names) {
        took.name = name.to_owned();
    }
    let totals = walks.iter().map(|took| (&*took.output, &*took.name));
    let totals: Vec<_> = totals.collect();
    ensure!(
        totals.windows(2).all(|pair| pair[0].0 == pair[1].0),
        "the totals of the walks differ: {totals:#?}"
    );
    Ok(walks)
}

impl Program {
    /// Its version, if it tells one.
    fn version(&self) -> Option<String> {
        // busybox tells it with a status of failure.
        let output = Command::new(self.command)
            .args(self.version)
            .output()
            .ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        version_in(&text).map(str::to_owned)
    }
}

/// The first word of a text that looks like a version.
fn version_in(text: &str) -> Option<&str> {
    let words = text.split_whitespace();
    let mut words = words.map(|word| word.strip_prefix('v').unwrap_or(word));
    words.find(|word| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.'))
}

/// The number that a text begins with.
fn first_number(text: &str) -> Option<u64> {
    let text = text.trim_start();
    let end = text.find(|c: char| !c.is_ascii_digit());
    text[..end.unwrap_or(text.len())].parse().ok()
}

fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

#[cfg(test)]
mod tests {
    use super::{first_number, version_in};

    #[test]
    fn totals_are_what_a_line_begins_with() {
        for text in [
            "82020\t/a/small\n",
            " 82020 b /a\n",
            "82020B ┌── small│",
            "82020\n",
        ] {
            assert_eq!(first_number(text), Some(82020), "{text}");
        }
        assert_eq!(first_number("about 82020"), None);
        assert_eq!(first_number(""), None);
    }

    #[test]
    fn versions_are_found_among_words() {
        for (text, version) in [
            ("du (GNU coreutils) 9.1\nCopyright 2022\n", Some("9.1")),
            ("BusyBox v1.35.0 (Debian 1:1.35.0-4)\n", Some("1.35.0")),
            ("Dust 1.2.7\n", Some("1.2.7")),
            ("none\n", None),
        ] {
            assert_eq!(version_in(text), version);
        }
    }
}
