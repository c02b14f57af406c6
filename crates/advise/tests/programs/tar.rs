//! `tar`, which reads a tree and makes one.

use std::fs;
use std::time::Duration;

use sysbatch_advise::report::{Form, Verdict};

use crate::coreutils::{expect, made};
use crate::tree::{DIRECTORIES, FILES, Tree};
use crate::{CALLS, Work, judge};

/// To make a file takes longer than to ask about one.
const CREATES: Work = Work {
    each: Duration::from_micros(6),
    whole: Duration::ZERO,
};

#[test]
fn what_it_packs_it_knows_from_directories() {
    let tree = Tree::new();
    let report = judge(tree.command("tar", &["-cf", "archive", "tree"]), CALLS);
    expect(report.verdict == Verdict::WorthIt, &report);
    expect(
        made(&report, &["openat"]) >= DIRECTORIES * FILES * 3 / 4,
        &report,
    );
    expect(report.rows[0].form == Form::Directory, &report);
    // A length is the size of the file, told by a call of the sequence.
    let mut evidence = report.rows[0].evidence.iter();
    expect(evidence.any(|counted| counted.kind == "size"), &report);
}

#[test]
fn what_it_unpacks_is_worth_little() {
    let tree = Tree::new();
    let pack = tree.command("tar", &["-cf", "archive", "tree"]).status();
    assert!(pack.expect("tar").success());
    fs::create_dir(tree.parent().join("new")).expect("a directory");
    let unpack = tree.command("tar", &["-xf", "archive", "-C", "new"]);
    let report = judge(unpack, CREATES);
    expect(report.verdict == Verdict::Little, &report);
    let files = DIRECTORIES * FILES;
    for call in ["openat", "write", "close"] {
        expect(made(&report, &[call]) >= files * 3 / 4, &report);
    }
    let mut evidence = report.rows[0].evidence.iter();
    expect(evidence.any(|counted| counted.kind == "untold"), &report);
}
