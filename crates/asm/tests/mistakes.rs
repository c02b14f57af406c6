//! Each kind of mistake, and how it is shown.
//!
//! For every kind there is a program with nothing but such mistakes, and beside
//! it what is printed. After a change of wording, run the tests once with
//! `BLESS=1` in the environment and look at the difference.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use sysbatch_asm::{Diagnostics, assemble};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes")
}

/// The mistakes in the program with this name, compared with what should be
/// printed.
fn mistakes(name: &str) -> Diagnostics {
    let source = if name == "jump-too-far" {
        jump_too_far()
    } else {
        fs::read_to_string(folder().join(name).with_extension("sb"))
            .unwrap_or_else(|error| panic!("{name}.sb: {error}"))
    };
    let diagnostics =
        assemble(&format!("{name}.sb"), &source).expect_err(&format!("{name}.sb assembles"));
    let printed = format!("{diagnostics}\n");
    let golden = folder().join(name).with_extension("txt");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&golden, &printed).unwrap();
    }
    let expected = fs::read_to_string(&golden).unwrap_or_default();
    assert_eq!(printed, expected, "{name}.txt differs from what is printed");
    diagnostics
}

/// A program too long to keep in a file.
fn jump_too_far() -> String {
    let between = "getpid()\n".repeat(32768);
    format!("fuel 1\nfirst:  getpid()  goto last\n{between}last:   getpid()  goto first\n")
}

#[test]
fn every_kind_is_shown_as_expected() {
    for code in Diagnostics::all_codes() {
        let diagnostics = mistakes(code);
        let found: BTreeSet<_> = diagnostics.codes().collect();
        assert_eq!(found, BTreeSet::from([*code]), "kinds in {code}.sb");
    }
}

#[test]
fn several_mistakes_are_reported_at_once() {
    let diagnostics = mistakes("several");
    let codes: Vec<_> = diagnostics.codes().collect();
    assert_eq!(
        codes,
        [
            "expected",
            "unknown-call",
            "unknown-name",
            "unknown-name",
            "expected"
        ]
    );
}

#[test]
fn every_program_here_is_tested() {
    let known: BTreeSet<_> = Diagnostics::all_codes()
        .iter()
        .copied()
        .chain(["several"])
        .map(str::to_owned)
        .collect();
    let found: BTreeSet<_> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(found, known);
}
