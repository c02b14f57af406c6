//! Programs that everybody has.

use sysbatch_advise::Report;
use sysbatch_advise::report::{Confidence, Form, Row, Verdict};

use crate::tree::{DIRECTORIES, FILES, Tree};
use crate::{CALLS, count, judge};

/// All that is found in the program itself, and not in the C library.
pub(crate) fn own(report: &Report) -> impl Iterator<Item = &Row> {
    report.rows.iter().filter(|row| !row.in_c_library)
}

/// How often these calls were made in sequences of the program itself.
pub(crate) fn made(report: &Report, calls: &[&str]) -> u64 {
    own(report)
        .flat_map(|row| calls.iter().map(|call| count(row, call)))
        .sum()
}

/// Fails with the report unless `holds`.
#[track_caller]
pub(crate) fn expect(holds: bool, report: &Report) {
    assert!(holds, "{}", report.table(100, usize::MAX));
}

/// The calls that ask what a name is.
pub(crate) const STAT: &[&str] = &["newfstatat", "statx", "lstat", "stat"];

fn evidence(row: &Row, kinds: &[&str]) -> u64 {
    let evidence = row.evidence.iter();
    evidence
        .filter(|counted| kinds.contains(&counted.kind))
        .map(|counted| counted.count)
        .sum()
}

#[test]
fn du_is_a_directory_loop() {
    let tree = Tree::new();
    let report = judge(tree.command("du", &["tree"]), CALLS);
    expect(report.verdict == Verdict::WorthIt, &report);
    let files = DIRECTORIES * FILES;
    expect(made(&report, STAT) > files, &report);
    let first = &report.rows[0];
    expect(first.form == Form::Directory, &report);
    expect(first.with == "sysbatch-walk", &report);
    expect(first.confidence == Confidence::Shown, &report);
    expect(
        evidence(first, &["directory", "listing"]) > files / 2,
        &report,
    );
    // It prints after each directory, what nobody can know before.
    expect(report.worth.crossings_after >= DIRECTORIES, &report);
    expect(
        report.worth.crossings_after * 4 < report.worth.crossings_now,
        &report,
    );
}

#[test]
fn find_is_a_directory_loop() {
    let tree = Tree::new();
    let arguments = ["tree", "-type", "f", "-size", "+100k"];
    let report = judge(tree.command("find", &arguments), CALLS);
    expect(report.verdict == Verdict::WorthIt, &report);
    expect(made(&report, STAT) > DIRECTORIES * FILES, &report);
    let first = &report.rows[0];
    expect(first.form == Form::Directory, &report);
    expect(first.with == "sysbatch-walk", &report);
}

#[test]
fn ls_asks_about_names_that_it_has_read() {
    let tree = Tree::new();
    let report = judge(tree.command("ls", &["-lR", "tree"]), CALLS);
    expect(report.verdict == Verdict::WorthIt, &report);
    expect(made(&report, STAT) > DIRECTORIES * FILES, &report);
    expect(
        evidence(&report.rows[0], &["directory", "listing"]) > FILES,
        &report,
    );
}

#[test]
fn cat_opens_what_the_command_line_says() {
    let tree = Tree::new();
    let names = (0..FILES).map(|number| format!("tree/directory3/file3-{number}"));
    let names: Vec<_> = names.collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let report = judge(tree.command("cat", &names), CALLS);
    expect(made(&report, &["openat"]) >= FILES - 1, &report);
    let first = &report.rows[0];
    expect(evidence(first, &["command_line"]) >= FILES - 2, &report);
}

#[test]
fn a_command_that_does_nothing_is_not_worth_it() {
    let tree = Tree::new();
    let report = judge(tree.command("true", &[]), CALLS);
    expect(report.verdict == Verdict::NotWorthIt, &report);
}

#[test]
fn a_shell_that_starts_commands_is_not_worth_it() {
    let tree = Tree::new();
    let script = "for number in 1 2 3 4 5 6 7 8 9 10; do true | cat; done";
    let report = judge(tree.command("sh", &["-c", script]), CALLS);
    expect(report.verdict == Verdict::NotWorthIt, &report);
}
