//! The example of combining, as it is: what it says that it took, with batches in user space,
//! where each call is a crossing as it is without them, and by the module if that is asked for.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::{env, io};

/// What one part of the example took.
#[derive(Debug, PartialEq, Eq)]
struct Part {
    name: String,
    batches: u64,
    crossings: u64,
}

/// The program. Cargo builds it with the tests, unless only some of them were asked for; in a
/// guest it is at the same place from where this is.
fn program() -> PathBuf {
    let test = env::current_exe().unwrap();
    let program = test.ancestors().nth(2).unwrap().join("examples/combine");
    assert!(
        program.is_file(),
        "{} is not there: `cargo build --package sysbatch --example combine` builds it",
        program.display()
    );
    program
}

fn run(backend: &str) -> Vec<Part> {
    let mut command = Command::new(program());
    let output = command.env("SYSBATCH_BACKEND", backend).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    said.lines().map(part).collect()
}

/// `copy: 200000 bytes: 1 batches, 31 crossings`.
fn part(line: &str) -> Part {
    let number = |word: &str| -> u64 {
        let before = line.split(word).next().unwrap();
        before.rsplit(' ').next().unwrap().parse().unwrap()
    };
    Part {
        name: line.split(':').next().unwrap().to_owned(),
        batches: number(" batches"),
        crossings: number(" crossings"),
    }
}

/// What each part takes, but for the one whose work is as much as there are processes: batches,
/// and crossings without them.
const TAKEN: [(&str, u64, u64); 4] = [
    ("copy", 1, 31),
    ("stat", 1, 40),
    ("walk", 1, 86),
    ("serve", 10, 50),
];

#[track_caller]
fn assert_batches(parts: &[Part]) {
    assert_eq!(parts.len(), TAKEN.len() + 1);
    for (name, batches, _) in TAKEN {
        let part = parts.iter().find(|part| part.name == name).unwrap();
        assert_eq!(part.batches, batches, "{name}");
    }
    assert!(parts.iter().all(|part| part.batches > 0), "{parts:?}");
}

#[test]
fn without_the_module_each_call_is_a_crossing() {
    let parts = run("user");
    assert_batches(&parts);
    for (name, _, crossings) in TAKEN {
        let part = parts.iter().find(|part| part.name == name).unwrap();
        assert_eq!(part.crossings, crossings, "{name}");
    }
    // Each process is opened, read and closed, and their list is read.
    let status = parts.iter().find(|part| part.name == "status").unwrap();
    assert!(status.crossings > 3 * status.batches, "{status:?}");
}

#[test]
fn with_the_module_each_batch_is_a_crossing() {
    if env::var("SYSBATCH_BACKEND").as_deref() != Ok("kernel") {
        return;
    }
    let (without, with) = (run("user"), run("kernel"));
    assert_batches(&with);
    for (without, with) in without.iter().zip(&with) {
        assert_eq!(with.crossings, with.batches, "{}", with.name);
        assert!(with.crossings < without.crossings, "{}", with.name);
        // Not by a macro, whose output is kept where a test succeeds. Notes are what is shown
        // of what a guest's suite prints.
        let said = writeln!(
            io::stderr(),
            "\nnote: example combine, {}: {} crossings with the module, {} without",
            with.name,
            with.crossings,
            without.crossings
        );
        said.unwrap();
    }
}
