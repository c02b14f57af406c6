//! `sysbatch wrap`: what a program sees is what it sees without.
//!
//! Each test runs itself twice, plain and wrapped. Inside it checks what holds anyway,
//! and prints what must be the same. Where the module is not loaded, calls are trapped
//! and made directly.
#![cfg(all(target_arch = "x86_64", target_os = "linux"))]
#![expect(unsafe_code, reason = "system calls as programs make them")]

mod command;
mod descriptors;
mod execution;
mod filters;
mod processes;
mod signals;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Set where a test runs inside.
const INSIDE: &str = "SYSBATCH_TEST_INSIDE";

/// The command that is tested: that of this build, or in a guest the one there.
pub(crate) fn sysbatch() -> PathBuf {
    let built = Path::new(env!("CARGO_BIN_EXE_sysbatch"));
    if built.exists() {
        built.to_owned()
    } else {
        "sysbatch".into()
    }
}

/// Whether calls can go through the module.
pub(crate) fn has_module() -> bool {
    Path::new("/dev/sysbatch").exists()
}

/// `sysbatch wrap` with its report in a file of its own, for whatever follows `--`.
pub(crate) fn wrap(report: &Path) -> Command {
    let mut command = Command::new(sysbatch());
    command.arg("wrap").arg("--report").arg(report);
    if !has_module() {
        command.arg("--direct");
    }
    command.arg("--");
    command
}

/// Runs `body` in a process of its own, plain and wrapped, and compares what is printed
/// and how it ends. `name` is the test's.
pub(crate) fn compare(name: &str, body: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        body();
        return;
    }
    let own = std::env::current_exe().expect("the test's path");
    let finish = |command: &mut Command| {
        let arguments = ["--exact", name, "--nocapture", "--test-threads=1"];
        let output = command.args(arguments).env(INSIDE, "1").output();
        tell(&output.expect("the test starts"))
    };
    let plain = finish(&mut Command::new(&own));
    assert!(plain.contains("1 passed"), "{plain}");
    let folder = tempfile::tempdir().expect("a folder");
    let report = folder.path().join("report");
    let wrapped = finish(wrap(&report).arg(&own));
    assert_eq!(plain, wrapped);
    let report = std::fs::read_to_string(report).expect("a report");
    assert!(!report.starts_with("0 calls"), "{report}");
    if has_module() {
        assert!(!report.contains(" 0 through a batch"), "{report}");
    }
}

/// What is to be the same.
fn tell(output: &Output) -> String {
    let text = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let lines = text
            .lines()
            .map(|line| match line.split_once("; finished in") {
                Some((before, _)) => before.to_owned(),
                None => line.to_owned(),
            });
        lines.collect::<Vec<String>>().join("\n")
    };
    format!(
        "{}\n{}\n{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    )
}
