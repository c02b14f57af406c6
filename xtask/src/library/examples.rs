//! The examples in C: each compiles, runs, and tells of what it cannot do.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};

use super::programs::{Linking, RUN_LIMIT, compile, name, outcome, sources};
use super::server::SERVER;
use super::{Tree, server};
use crate::test::tally::Tally;
use crate::{paths, process};

const EXAMPLES: &str = "examples/c";

/// How an example is run, and what it has to do.
#[derive(Clone, Copy)]
pub(super) struct Run {
    pub(super) example: &'static str,
    pub(super) arguments: &'static [&'static str],
    /// Its standard input.
    pub(super) input: &'static str,
    pub(super) output: Output,
    /// An option of `prlimit(1)`.
    pub(super) limit: &'static str,
    pub(super) status: u8,
    /// A piece of what it says on standard output or standard error.
    pub(super) says: &'static str,
    /// What it says where a write is cut short, after which the next one would
    /// fail.
    pub(super) short: &'static str,
}

/// Where standard output goes.
#[derive(Clone, Copy)]
pub(super) enum Output {
    /// To where it is looked at.
    Log,
    /// To a device that is full.
    Full,
    /// To a file of its own.
    File,
}

/// A run that ends well.
pub(super) const RUN: Run = Run {
    example: "",
    arguments: &[],
    input: "/dev/null",
    output: Output::Log,
    limit: NO_LIMIT,
    status: 0,
    says: "",
    short: "File too large",
};
/// A run that fails.
pub(super) const FAILS: Run = Run { status: 1, ..RUN };

const NO_LIMIT: &str = "--fsize=unlimited";
/// Files cannot become longer than this, in bytes. It is within the first line
/// of every example.
const SHORT: &str = "--fsize=10";
/// Every example but the server. Each is run again with standard output full, and with writes that are cut short.
const RUNS: &[Run] = &[
    Run {
        example: "asys",
        says: "sleep 1 returned 0\nsleep 2 returned 0\nsleep 0 returned 0\n",
        ..RUN
    },
    Run {
        example: "batch-closes",
        says: "1024",
        ..RUN
    },
    Run {
        example: "batch-copy",
        input: "LICENSE-MIT",
        says: "Permission is hereby granted",
        short: "10 of ",
        ..RUN
    },
    Run {
        example: "batch-ids",
        says: "uid",
        ..RUN
    },
    Run {
        example: "batch-total",
        arguments: &["LICENSE-MIT"],
        says: "total: ",
        ..RUN
    },
    Run {
        example: "batch-walk",
        arguments: &["man"],
        says: " 0 directories, ",
        ..RUN
    },
    Run {
        example: "generic-batch",
        arguments: &["LICENSE-MIT"],
        says: " asynchronously, 3 calls",
        ..RUN
    },
    Run {
        example: "read-file",
        arguments: &["LICENSE-MIT"],
        says: "Permission is hereby granted",
        ..RUN
    },
    Run {
        example: "supersyscall-hello",
        says: "hello, standard error",
        short: "10 of 23 bytes written",
        ..RUN
    },
    Run {
        example: "syslet-files",
        says: "uncached",
        short: "10 of 4096 bytes written",
        ..RUN
    },
];

/// Files that are missing, and the like.
const FAILING: &[Run] = &[
    Run {
        // A folder cannot be read.
        example: "batch-copy",
        input: "man",
        says: "read: Is a directory",
        ..FAILS
    },
    Run {
        example: "batch-total",
        arguments: &["LICENSE-MIT", "no/such"],
        says: "no/such: No such file",
        ..FAILS
    },
    Run {
        // It can be opened, but not mapped.
        example: "batch-total",
        arguments: &["man"],
        says: "man: No such device",
        ..FAILS
    },
    Run {
        example: "batch-walk",
        arguments: &["no/such"],
        says: "no/such: No such file",
        ..FAILS
    },
    Run {
        example: "generic-batch",
        arguments: &["no/such"],
        says: "no/such: No such file",
        ..FAILS
    },
    Run {
        example: "generic-batch",
        arguments: &["man"],
        says: "man: Is a directory",
        ..FAILS
    },
    Run {
        example: "read-file",
        arguments: &["no/such"],
        says: "no/such: No such file",
        ..FAILS
    },
    Run {
        example: "read-file",
        arguments: &["man"],
        says: "man: Is a directory",
        ..FAILS
    },
    Run {
        example: "syslet-files",
        arguments: &["no/such"],
        says: "no/such/0: No such file",
        ..FAILS
    },
];

/// Compiles and runs the examples against an installed tree, in user space.
///
/// # Errors
/// When they can't be listed; what an example does wrong is counted.
pub(super) fn check(tree: &Tree, folder: &Path) -> Result<Tally> {
    let folder = folder.join("examples");
    let mut tally = Tally::default();
    for source in sources(EXAMPLES)? {
        let program = folder.join(name(&source));
        let language = ("gcc", "-std=c99");
        let compiled = compile(tree, &source, &program, language, Linking::Shared);
        let ready = compiled.is_ok();
        tally.add(outcome(compiled.map(|()| 1)));
        if !ready {
            continue;
        }
        if name(&source) == SERVER {
            tally.add(server::check(tree, &program));
        }
        let runs = runs(&name(&source));
        for (number, run) in runs.iter().enumerate() {
            tally.add(outcome(
                check_run(tree, &program, run, &[], number).map(|()| 1),
            ));
        }
    }
    Ok(tally)
}

/// The runs of an example.
fn runs(example: &str) -> Vec<Run> {
    let known = |run: &&Run| run.example == example;
    let mut runs: Vec<Run> = RUNS.iter().filter(known).flat_map(ways).collect();
    runs.extend(FAILING.iter().filter(known));
    runs
}

/// A run that ends well, the same with standard output full, and with writes
/// that are cut short.
pub(super) fn ways(run: &Run) -> [Run; 3] {
    let full = Run {
        output: Output::Full,
        status: 1,
        says: "No space left on device",
        ..*run
    };
    let short = Run {
        output: Output::File,
        limit: SHORT,
        status: 1,
        says: run.short,
        ..*run
    };
    [*run, full, short]
}

/// Runs a program, with more arguments than the run has; `number` tells its log
/// from others.
///
/// # Errors
/// What it did otherwise than it has to.
pub(super) fn check_run(
    tree: &Tree,
    program: &Path,
    run: &Run,
    more: &[&str],
    number: usize,
) -> Result<()> {
    let mut command = Command::new("sh");
    command.args(["-c", include_str!("example.sh"), "example.sh", run.input]);
    match run.output {
        Output::Log => command.arg(""),
        Output::Full => command.arg("/dev/full"),
        Output::File => command.arg(program.with_extension("output")),
    };
    command.arg(run.status.to_string());
    // Else the signal that comes with the limit would end it.
    command.args(["env", "--ignore-signal=XFSZ", "prlimit", run.limit]);
    command.arg(program).args(run.arguments).args(more);
    command.current_dir(paths::root());
    command.env("LD_LIBRARY_PATH", tree.lib());
    command.env("SYSBATCH_BACKEND", "user");
    let log = format!("library-example-{}-{number}", run.example);
    let log = process::run_quietly(run.example, &log, RUN_LIMIT, &mut command)?;
    ensure!(
        process::contains(&log, run.says)?,
        "the example {} did not say {:?}: see {}",
        run.example,
        run.says,
        log.display()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_run_and_each_that_reads_a_file_misses_one() {
        for source in sources(EXAMPLES).unwrap() {
            let name = name(&source);
            if name == SERVER {
                continue;
            }
            let runs = runs(&name);
            assert!(runs.iter().any(|run| run.status != 0), "{name}");
            let reads = runs.iter().any(|run| !run.arguments.is_empty());
            let fails = FAILING.iter().any(|run| run.example == name);
            assert!(fails || !reads, "{name}");
        }
    }

    #[test]
    fn the_readme_shows_a_part_of_one() {
        let trimmed = |text: &str| {
            let lines: Vec<_> = text.lines().map(str::trim).collect();
            lines.join("\n")
        };
        let path = paths::root().join(EXAMPLES).join("read-file.c");
        let example = trimmed(&std::fs::read_to_string(path).unwrap());
        let readme = include_str!("../../../README.md");
        let shown: Vec<_> = readme.split("```c\n").skip(1).collect();
        assert!(!shown.is_empty());
        for rest in shown {
            let (block, _) = rest.split_once("```").unwrap();
            assert!(example.contains(&trimmed(block)), "{block}");
        }
    }
}
