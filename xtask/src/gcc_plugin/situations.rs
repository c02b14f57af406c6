//! Programs, and what they meet.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use super::build::{Plugin, Way};
use super::compare;
use super::run::{Call, run};

/// A program, and what is done with it.
pub(super) struct Program {
    source: &'static str,
    situations: &'static [Situation],
    /// Whether its calls come in one order only.
    is_ordered: bool,
}

/// A run.
struct Situation {
    call: Call<'static>,
    status: i32,
    /// A piece of what it prints.
    says: &'static str,
    /// How many batches it runs.
    batches: u64,
}

const LEVELS: [&str; 3] = ["-O2", "-O1", "-O3"];

const NO_LIMIT: &str = "--fsize=unlimited";
/// Files cannot become longer than this, in bytes.
const SHORT: &str = "--fsize=20000";
/// Too few descriptors for two files.
const FEW: &str = "--nofile=4";

const fn call(arguments: &'static [&'static str]) -> Call<'static> {
    Call {
        arguments,
        limit: NO_LIMIT,
        output: "",
    }
}

const fn limited(arguments: &'static [&'static str], limit: &'static str) -> Call<'static> {
    Call {
        limit,
        ..call(arguments)
    }
}

const fn situation(
    call: Call<'static>,
    status: i32,
    says: &'static str,
    batches: u64,
) -> Situation {
    Situation {
        call,
        status,
        says,
        batches,
    }
}

/// All that are compared.
pub(super) const PROGRAMS: &[Program] = &[
    Program {
        source: "programs/copy.c",
        situations: &[
            // Both opened, four pieces and the end, both closed.
            situation(call(&["long", "new"]), 0, "", 7),
            situation(call(&["empty", "new"]), 0, "", 3),
            situation(call(&["none", "new"]), 1, "No such file", 1),
            situation(call(&["folder", "new"]), 1, "Is a directory", 3),
            situation(call(&["long", "none/new"]), 1, "No such file", 1),
            situation(call(&["long", "/dev/full"]), 1, "No space left", 3),
            situation(limited(&["long", "new"], SHORT), 1, "No space left", 4),
            situation(limited(&["long", "new"], FEW), 1, "Too many open files", 1),
        ],
        is_ordered: true,
    },
    Program {
        source: "programs/heads.c",
        situations: &[
            situation(call(&["long", "text", "empty"]), 0, "50000 bytes", 3),
            situation(call(&["none", "text"]), 1, "none: No such file", 2),
            situation(call(&["folder", "text"]), 1, "folder: Is a directory", 2),
            situation(
                Call {
                    output: "/dev/full",
                    ..call(&["text"])
                },
                1,
                "No space left on device",
                1,
            ),
        ],
        is_ordered: true,
    },
    Program {
        source: "programs/save.c",
        situations: &[
            situation(call(&["a line", "another", "text"]), 0, "", 1),
            situation(call(&["a line", "none/text"]), 1, "No such file", 1),
            situation(call(&["a line", "folder"]), 1, "Is a directory", 1),
            situation(
                limited(&["twenty bytes", "text"], "--fsize=7"),
                1,
                "text: ",
                1,
            ),
        ],
        is_ordered: true,
    },
    Program {
        source: "tests/calls.c",
        situations: &[situation(call(&[]), 0, "in_a_file: 4 6 7 5 6", 15)],
        is_ordered: true,
    },
    Program {
        source: "tests/interrupted.c",
        situations: &[situation(call(&[]), 0, "-1 -1 4 EINTR", 2)],
        is_ordered: true,
    },
    Program {
        source: "tests/threads.c",
        situations: &[situation(call(&[]), 0, "cancelled: 1, cleaned up: 1", 0)],
        is_ordered: false,
    },
];

/// Runs a program as it is and with the plugin; how often.
///
/// # Errors
/// At the first difference.
pub(super) fn check(plugin: &Plugin, program: &Program) -> Result<usize> {
    let source = Path::new(program.source);
    let plain = plugin.program(source, Way::Plain)?;
    let mut checked = 0;
    for level in LEVELS {
        let combined = plugin.program(source, Way::Combined(level))?;
        for situation in program.situations {
            check_one(plugin, &plain, &combined, program, situation)
                .and_then(|batches| {
                    // How much is inlined and unrolled differs.
                    ensure!(
                        level != LEVELS[0] || batches == situation.batches,
                        "it ran {batches} batches instead of {}",
                        situation.batches
                    );
                    Ok(())
                })
                .with_context(|| {
                    let arguments = situation.call.arguments.join(" ");
                    format!("{} {arguments} with {level}", program.source)
                })?;
            checked += 1;
        }
    }
    Ok(checked)
}

fn check_one(
    plugin: &Plugin,
    plain: &Path,
    combined: &Path,
    program: &Program,
    situation: &Situation,
) -> Result<u64> {
    let plain = run(plugin, plain, &situation.call)?;
    let combined = run(plugin, combined, &situation.call)?;
    let outcome = &plain.outcome;
    ensure!(
        outcome.status == Some(situation.status)
            && (outcome.output.contains(situation.says) || outcome.errors.contains(situation.says)),
        "it ended with {:?} and said {:?} and {:?}",
        outcome.status,
        outcome.output,
        outcome.errors
    );
    compare::outcomes(&plain, &combined)?;
    if program.is_ordered {
        compare::calls(&plain, &combined)?;
    }
    ensure!(plain.batches == 0, "the plain program ran batches");
    Ok(combined.batches)
}

#[cfg(test)]
mod tests {
    use super::PROGRAMS;
    use crate::paths;

    #[test]
    fn the_readme_names_every_function() {
        let root = paths::root().join("examples/gcc-plugin");
        let source = std::fs::read_to_string(root.join("plugin/calls.cpp")).unwrap();
        let lines = source.lines().map(str::trim);
        let mut functions: Vec<&str> = lines
            .filter_map(|line| line.strip_prefix("{ \"")?.split('"').next())
            // What they are with files of any length is the same.
            .filter(|name| !name.ends_with("64"))
            .collect();
        functions.sort_unstable();
        assert!(functions.len() > 40);
        let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
        let (_, rest) = readme.split_once("not defined in the program:").unwrap();
        let (named, _) = rest.split_once("Two or more").unwrap();
        let named: Vec<&str> = named.split('`').skip(1).step_by(2).collect();
        assert_eq!(named, functions);
    }

    #[test]
    fn every_program_is_run() {
        let root = paths::root().join("examples/gcc-plugin");
        for entry in std::fs::read_dir(root.join("programs")).unwrap() {
            let name = entry.unwrap().file_name();
            let name = format!("programs/{}", name.display());
            assert!(
                PROGRAMS.iter().any(|program| program.source == name),
                "{name}"
            );
        }
    }
}
