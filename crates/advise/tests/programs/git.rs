//! `git status`, which asks about each file that it has in its index.

use std::process::Command;

use sysbatch_advise::report::{Confidence, Form, Verdict};

use crate::coreutils::{STAT, expect, own};
use crate::tree::{DIRECTORIES, FILES, Tree};
use crate::{CALLS, count, judge};

/// `git` with nobody's configuration.
fn git(tree: &Tree, arguments: &[&str]) -> Command {
    let mut command = tree.command("git", &["-C", "tree"]);
    command
        .args(arguments)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null");
    command
}

#[test]
fn status_asks_about_a_list() {
    let tree = Tree::new();
    let user = ["-c", "user.name=name", "-c", "user.email=email"];
    let commit = [&user[..], &["commit", "--quiet", "--message=all"]].concat();
    for arguments in [&["init", "--quiet"][..], &["add", "."], &commit] {
        let status = git(&tree, arguments).status().expect("git");
        assert!(status.success(), "{arguments:?}: {status}");
    }
    // With threads each would have a part of the list only.
    let status = ["-c", "core.preloadIndex=false", "status"];
    let report = judge(git(&tree, &status), CALLS);
    expect(report.verdict == Verdict::WorthIt, &report);
    let list = own(&report).find(|row| row.form == Form::List);
    let Some(list) = list else {
        panic!("{}", report.table(100, usize::MAX));
    };
    let asked: u64 = STAT.iter().map(|call| count(list, call)).sum();
    expect(asked > DIRECTORIES * FILES * 3 / 4, &report);
    expect(list.with == "sysbatch::combined::stat_many", &report);
    // The names are in memory from the index, which the trace does not show.
    expect(list.confidence == Confidence::Likely, &report);
    let has_table = list.evidence.iter().any(|counted| counted.kind == "table");
    expect(has_table, &report);
}
