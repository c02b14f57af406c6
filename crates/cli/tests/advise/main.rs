//! `sysbatch advise`: what it prints where, and how it ends. What it finds in programs is
//! tested with the crate that finds it.
//!
//! Programs of which it is known what they do are the tests themselves, run a second time.

#[path = "../support/filter.rs"]
mod filter;
mod programs;

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Output};

use serde_json::Value;

/// Costs as of a machine where batches pay from five calls on. Those of this one are of a
/// build for tests.
const COSTS: &str = "--costs=200,800,20";

/// `sysbatch advise` with these arguments.
fn advise(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sysbatch"));
    command.arg("advise").args(arguments);
    command
}

fn run(command: &mut Command) -> Output {
    command.output().expect("the command starts")
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_command_is_as_it_is_alone() {
    let script = "echo out; echo err >&2; read line; echo \"$line\"; exit 7";
    let mut command = advise(&["--", "sh", "-c", script]);
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    std::io::Write::write_all(&mut writer, b"what was written\n").expect("it takes a line");
    drop(writer);
    let output = run(command.stdin(reader));
    assert_eq!(output.status.code(), Some(7));
    assert_eq!(output.stdout, b"out\nwhat was written\n");
    let err = err(&output);
    assert!(err.starts_with("err\n"), "{err}");
    assert!(
        err.contains("batches would save") || err.contains("not worth it"),
        "{err}"
    );
}

#[test]
fn it_ends_by_the_signal_that_the_command_ends_by() {
    let output = run(&mut advise(&["sh", "-c", "kill -USR1 $$"]));
    assert_eq!(output.status.signal(), Some(libc::SIGUSR1), "{output:?}");
}

#[test]
fn what_is_no_command_has_the_status_of_shells() {
    for (command, status, message) in [
        (
            "there-is-no-such-command",
            127,
            "sysbatch advise: can't execute there-is-no-such-command: No such file or directory",
        ),
        (
            "/etc/passwd",
            126,
            "sysbatch advise: can't execute /etc/passwd: Permission denied",
        ),
        (
            "/",
            126,
            "sysbatch advise: can't execute /: Permission denied",
        ),
    ] {
        let output = run(&mut advise(&[command]));
        assert_eq!(output.status.code(), Some(status), "{output:?}");
        let err = err(&output);
        assert!(err.starts_with(message), "{err}");
    }
}

#[test]
fn json_goes_to_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("found.json");
    let path = file.to_str().expect("text");
    let output = run(&mut advise(&["--json", "-o", path, "--", "ls", "-l", "/"]));
    assert!(output.status.success(), "{output:?}");
    assert_eq!(err(&output), "");
    assert!(!output.stdout.is_empty());
    let text = std::fs::read_to_string(file).expect("a file");
    let found: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(found["command"], serde_json::json!(["ls", "-l", "/"]));
    assert_eq!(found["foreign"], 0);
    let calls = found["calls"].as_u64().expect("a number");
    assert!(calls > 10, "{calls}");
    assert!(found["rows"].as_array().is_some(), "{found}");
}

#[test]
fn a_file_that_can_not_be_written_is_told_before_the_command_runs() {
    let output = run(&mut advise(&["-o", "/no/such/file", "--", "echo", "ran"]));
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stdout, b"");
    let err = err(&output);
    assert!(
        err.starts_with("sysbatch: can't write /no/such/file: No such file"),
        "{err}"
    );
}

#[test]
fn some_or_all_functions_are_shown() {
    let shown = |arguments: &[&str]| {
        let mut command = advise(arguments);
        let output = run(command.args([COSTS, "--", "ls", "-l", "/usr/bin"]));
        assert!(output.status.success(), "{output:?}");
        let rows = err(&output);
        rows.lines()
            .filter(|line| line.contains("    write it as "))
            .count()
    };
    let all = shown(&["--all"]);
    assert!(all > 0);
    assert_eq!(shown(&["--top", "1"]), 1);
    assert_eq!(shown(&["--top", "0"]), 0);
    let output = run(&mut advise(&["--all", "--top", "1", "--", "true"]));
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn costs_can_be_given() {
    let output = run(&mut advise(&["--json", "--costs", "150,700.5,9", "true"]));
    let found: Value = serde_json::from_str(&err(&output)).expect("JSON");
    let costs = &found["costs"];
    assert_eq!(costs["crossing_ns"], 150.0, "{costs}");
    assert_eq!(costs["batch_ns"], 700.5, "{costs}");
    assert_eq!(costs["step_ns"], 9.0, "{costs}");
    for wrong in ["150", "1,2,3,4", "a,b,c", "1,2,-3", "1,2,inf", ""] {
        let output = run(&mut advise(&["--costs", wrong, "true"]));
        assert_eq!(output.status.code(), Some(2), "{wrong}");
    }
}

#[test]
fn a_refusal_to_trace_is_explained() {
    let mut command = advise(&["--", "echo", "ran"]);
    filter::forbid(&mut command, libc::SYS_ptrace, libc::EPERM as u32);
    let output = run(&mut command);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(output.stdout, b"");
    let err = err(&output);
    assert!(
        err.starts_with("sysbatch: can't trace the command"),
        "{err}"
    );
    assert!(err.contains("ptrace(2): Operation not permitted"), "{err}");
}
