//! Functions made at random do the same with `combine` and without: the same system calls in
//! the same order, the same results, the same files after it.
//!
//! The ordinary run makes some; `SYSBATCH_FUNCTIONS=10000` makes as many as that, and
//! `SYSBATCH_SEED` others.

mod function;
mod trace;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use function::{Random, function, whole};

/// How many functions are made in the ordinary run.
const ORDINARY: u64 = 150;
/// In how many situations each is run: see `program.rs.txt`.
const SITUATIONS: usize = 5;
/// How many are in one program.
const PROGRAM: u64 = 250;

fn setting(name: &str, ordinary: u64) -> u64 {
    env::var(name).map_or(ordinary, |text| {
        text.parse().unwrap_or_else(|_| panic!("{name}={text}"))
    })
}

const IMPORTS: &str = "#![allow(warnings)]
use std::io; use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use sysbatch::rustix::fs::*; use sysbatch::rustix::io::{Errno, read, write, pread, pwrite, dup, fcntl_dupfd_cloexec};
use sysbatch::rustix::net::{accept, accept_with, listen, send, shutdown, SendFlags, Shutdown, SocketFlags};
use sysbatch::rustix::pipe::{pipe, pipe_with, PipeFlags};
use crate::{Failure, helper};
";

/// The source of a program with these functions.
fn source(functions: &[String], attribute: &str) -> String {
    let mut text = IMPORTS.to_owned();
    for function in functions {
        writeln!(text, "{attribute}\n{function}").unwrap();
    }
    text.push_str(
        "pub type Function = fn(BorrowedFd<'_>, BorrowedFd<'_>, &[u8], &mut [u8; 16], &str, u64, OFlags, \
         &mut Vec<u64>) -> String;\npub const FUNCTIONS: &[Function] = &[\n",
    );
    for index in 0..functions.len() {
        writeln!(
            text,
            "|a, b, c, d, e, f, g, h| format!(\"{{:?}}\", f{index}(a, b, c, d, e, f, g, h)),"
        )
        .unwrap();
    }
    text.push_str("];\n");
    text
}

/// What a program did.
struct Run {
    lines: Vec<String>,
    /// The calls of each function in each situation.
    calls: Vec<Vec<String>>,
    batches: u64,
}

/// A package of one program for each way.
struct Package {
    folder: PathBuf,
    target: PathBuf,
}

const WAYS: [(&str, &str); 2] = [("plain", ""), ("combined", "#[sysbatch::combine]")];

impl Package {
    fn new(folder: &Path) -> Self {
        let project = Path::new(env!("CARGO_MANIFEST_DIR"));
        let workspace = project.ancestors().nth(2).unwrap();
        fs::create_dir_all(folder).unwrap();
        fs::copy(workspace.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
        let mut manifest = format!(
            "[package]\nname = \"functions\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n\
             [dependencies]\nsysbatch = {{ path = {project:?} }}\n[profile.dev]\ndebug = false\n# With them std asks about each descriptor that it closes.\ndebug-assertions = false\noverflow-checks = true\n"
        );
        for (way, _) in WAYS {
            write!(
                manifest,
                "[[bin]]\nname = \"{way}\"\npath = \"{way}/main.rs\"\n"
            )
            .unwrap();
            fs::create_dir_all(folder.join(way)).unwrap();
            let main = include_str!("program.rs.txt");
            fs::write(folder.join(way).join("main.rs"), main).unwrap();
        }
        fs::write(folder.join("Cargo.toml"), manifest).unwrap();
        Self {
            folder: folder.to_owned(),
            target: folder.join("target"),
        }
    }

    fn build(&self, functions: &[String]) {
        for (way, attribute) in WAYS {
            let file = self.folder.join(way).join("functions.rs");
            fs::write(file, source(functions, attribute)).unwrap();
        }
        let output = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--offline", "--bins"])
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", &self.target)
            .env("CARGO_INCREMENTAL", "0")
            .env_remove("RUSTFLAGS")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{}",
            &said[..said.len().min(20_000)]
        );
    }

    /// Runs a program.
    fn run(&self, way: &str) -> Run {
        let trace = self.folder.join(format!("{way}.trace"));
        // Without this the signal of a file that becomes too long would end it.
        let output = Command::new("env")
            .args(["--ignore-signal=XFSZ", "strace"])
            .args(["-f", "-s", "64", "-o"])
            .arg(&trace)
            .arg(self.target.join("debug").join(way))
            .arg(self.folder.join("scratch"))
            .env("SYSBATCH_BACKEND", "user")
            .output()
            .expect("`env` can be run");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{way}: {said}");
        let printed = String::from_utf8(output.stdout).unwrap();
        let lines = printed.lines().map(str::to_owned).collect();
        Run {
            lines,
            calls: trace::pieces(&fs::read_to_string(trace).unwrap()),
            batches: said.trim().parse().unwrap(),
        }
    }
}

#[test]
fn functions_do_the_same_with_combine_and_without() {
    let count = setting("SYSBATCH_FUNCTIONS", ORDINARY);
    let seed = setting("SYSBATCH_SEED", 1);
    // It stays, so that dependencies are built once.
    let package = Package::new(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("combine_random"));
    let (mut done, mut calls, mut batches) = (0, 0, 0);
    while done < count {
        let functions: Vec<String> = (done..count.min(done + PROGRAM))
            .enumerate()
            .map(|(index, which)| {
                let name = format!("f{index}");
                if which == 0 {
                    return whole(&name);
                }
                function(&mut Random::new(seed << 32 | which), &name)
            })
            .collect();
        package.build(&functions);
        let [plain, combined] = WAYS.map(|(way, _)| package.run(way));
        assert_eq!(plain.lines.len(), functions.len() * SITUATIONS);
        assert_eq!(plain.calls.len(), plain.lines.len());
        assert_eq!(combined.lines.len(), plain.lines.len());
        assert_eq!(plain.batches, 0);
        for (at, calls) in plain.calls.iter().enumerate() {
            let text = &functions[at / SITUATIONS];
            let situation = at % SITUATIONS;
            assert_eq!(
                *calls, combined.calls[at],
                "not the same calls, in situation {situation}:\n{text}"
            );
            assert_eq!(
                plain.lines[at], combined.lines[at],
                "not the same results, in situation {situation}:\n{text}"
            );
        }
        calls += plain.calls.iter().map(Vec::len).sum::<usize>();
        batches += combined.batches;
        done += functions.len() as u64;
        eprintln!("{done} functions, {calls} calls, {batches} batches, no difference");
    }
    // Most functions have a batch that is run.
    assert!(batches > done, "{batches} batches");
}
