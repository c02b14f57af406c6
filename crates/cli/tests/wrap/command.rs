//! The subcommand itself: its report and its exit status.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Output};

use crate::{has_module, sysbatch, wrap};

fn run(arguments: &[&str]) -> (Output, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let report = folder.path().join("report");
    let output = wrap(&report).args(arguments).output().expect("it starts");
    let report = std::fs::read_to_string(report).unwrap_or_default();
    (output, report)
}

#[test]
fn output_and_status_are_the_commands() {
    let (output, report) = run(&["sh", "-c", "echo out; echo err >&2; exit 42"]);
    assert_eq!(output.status.code(), Some(42));
    assert_eq!(output.stdout, b"out\n");
    assert_eq!(output.stderr, b"err\n");
    assert!(report.contains(" through a batch ("), "{report}");
}

#[test]
fn the_report_goes_to_standard_error() {
    let mut command = Command::new(sysbatch());
    let output = command
        .args(["wrap", "--direct", "--", "true"])
        .output()
        .expect("it starts");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && output.stdout.is_empty());
    assert!(
        text.starts_with("sysbatch wrap: ") && text.contains(" 0 through a batch"),
        "{text}"
    );
}

#[test]
fn it_ends_by_the_commands_signal() {
    for signal in [
        libc::SIGTERM,
        libc::SIGKILL,
        libc::SIGSEGV,
        libc::SIGSYS,
        libc::SIGPIPE,
    ] {
        let line = format!("kill -{signal} $$");
        let (output, report) = run(&["sh", "-c", &line]);
        assert_eq!(output.status.signal(), Some(signal), "{report}");
    }
}

#[test]
fn what_is_no_command() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let file = file.path().to_str().expect("UTF-8");
    for (command, status) in [("no-such-command", 127), (file, 126), ("/", 126)] {
        let (output, _) = run(&[command]);
        assert_eq!(output.status.code(), Some(status), "{command}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("can't execute"));
    }
}

#[test]
fn a_file_that_is_no_program_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("program");
    std::fs::write(&path, "no program").expect("a file");
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).expect("permissions");
    let (output, _) = run(&[path.to_str().expect("UTF-8")]);
    assert_eq!(output.status.code(), Some(126));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("can't be executed (errno 8)"), "{text}");
}

#[test]
fn what_is_wrapped_is_not_wrapped_again() {
    let own = sysbatch();
    let (output, _) = run(&[own.to_str().expect("UTF-8"), "wrap", "--direct", "true"]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("wrapped already"), "{text}");
}

#[test]
fn without_the_module_it_says_what_to_do() {
    if has_module() {
        return;
    }
    let output = Command::new(sysbatch())
        .args(["wrap", "true"])
        .output()
        .expect("it starts");
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        text.contains("modprobe sysbatch") && text.contains("--direct"),
        "{text}"
    );
}

#[test]
fn most_calls_go_through_batches() {
    if !has_module() {
        return;
    }
    let (_, report) = run(&[
        "sh",
        "-c",
        "for i in 1 2 3 4 5 6 7 8 9; do test -e /$i; done; ls /",
    ]);
    let share = report
        .split_once('(')
        .and_then(|(_, rest)| rest.split_once(' '));
    let share: f64 = share.expect("a share").0.parse().expect("a number");
    assert!(share >= 75.0, "{report}");
}
