//! The suites in user space: what makes sense without the module.

use std::path::Path;
use std::process::{Command, Output};

/// Runs a suite and gives its output, printed as it is for whoever looks at a
/// failure.
fn run(arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_sysbatch-suites");
    let output = Command::new(program).args(arguments).output();
    let output = output.expect("the suites can be started");
    println!("{}", String::from_utf8_lossy(&output.stdout));
    eprintln!("{}", String::from_utf8_lossy(&output.stderr));
    output
}

fn passes(arguments: &[&str]) {
    let output = run(&[&["--backend", "user"], arguments].concat());
    assert!(output.status.success(), "{:?}", output.status);
}

#[test]
fn badinput() {
    passes(&["badinput"]);
}

#[test]
fn blocking() {
    let tree = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../crates");
    let tree = tree.to_str().expect("a path that is UTF-8");
    passes(&["blocking", "--tree", tree]);
}

#[test]
fn bypass() {
    passes(&["bypass"]);
}

#[test]
fn corpus() {
    passes(&["corpus"]);
}

#[test]
fn files() {
    passes(&["files"]);
}

#[test]
fn property() {
    passes(&["property", "--count", "2000"]);
}

#[test]
fn punt() {
    passes(&["punt"]);
}

#[test]
fn signals() {
    passes(&["signals"]);
}

#[test]
fn watched() {
    passes(&["watched"]);
}

#[test]
fn a_suite_of_which_nothing_runs_does_not_pass() {
    for arguments in [&["corpus", "--only", "no such case"][..], &["unload"]] {
        let output = run(&[&["--backend", "user"], arguments].concat());
        assert!(!output.status.success());
    }
}

#[test]
fn nothing_passes_on_the_module_where_there_is_none() {
    let output = run(&["--backend", "kernel", "corpus", "--only", "set.sb"]);
    let loaded = Path::new("/dev/sysbatch").exists();
    assert_eq!(output.status.success(), loaded);
}

#[test]
fn a_case_that_fails_fails_the_suite() {
    // Without a tree to walk over the case panics.
    let output = run(&["--backend", "user", "blocking", "--only", "cold_tree"]);
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("FAIL blocking/walk_over_a_cold_tree"));
    assert!(text.contains("test result: FAILED. 0 passed; 1 failed"));
}
