//! The examples report what goes wrong: a file that is missing, a device that
//! is full, a write that is cut short.

mod common;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use common::scratch;

/// How much may be written to a file where a write is to be cut short, in
/// bytes. It is within the first line that an example prints.
const LIMIT: u64 = 10;

/// The program of an example. Cargo builds it with the tests, unless only some
/// of them were asked for.
fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.ancestors().nth(2).unwrap().join("examples");
    let program = folder.join(name);
    assert!(
        program.is_file(),
        "{} is not there: `cargo build --package sysbatch --examples` builds it",
        program.display()
    );
    program
}

fn example(name: &str, arguments: &[&Path]) -> Command {
    let mut command = Command::new(program(name));
    command.args(arguments);
    command
}

/// An example whose files cannot become longer than `limit` bytes: a write is
/// short where it comes to that, and the next one fails.
fn limited(name: &str, arguments: &[&Path], limit: u64) -> Command {
    let mut command = Command::new("env");
    // Without this the signal would end it before it could say anything.
    command.args(["--ignore-signal=XFSZ", "prlimit"]);
    command.arg(format!("--fsize={limit}")).arg(program(name));
    command.args(arguments);
    command
}

#[track_caller]
fn assert_fails(mut command: Command, message: &str) {
    let output = command.output().unwrap();
    assert_failed(&output, message);
}

#[track_caller]
fn assert_failed(output: &Output, message: &str) {
    // A panic ends with 101.
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains(message), "{message}: {output:?}");
}

/// Standard output is full, then becomes so within a line.
#[track_caller]
fn assert_tells_of_full_output(name: &str, arguments: &[&Path]) {
    let mut command = example(name, arguments);
    command.stdout(File::create("/dev/full").unwrap());
    // Its output is that file.
    let output = command.stderr(Stdio::piped()).spawn().unwrap();
    assert_failed(&output.wait_with_output().unwrap(), "No space left");

    let directory = scratch();
    let file = directory.path().join("output");
    let mut command = limited(name, arguments, LIMIT);
    command.stdout(File::create(&file).unwrap());
    let output = command.stderr(Stdio::piped()).spawn().unwrap();
    assert_failed(&output.wait_with_output().unwrap(), "File too large");
    assert_eq!(fs::metadata(&file).unwrap().len(), LIMIT);
}

/// A file of several pieces, and no file.
fn source(directory: &Path) -> [PathBuf; 2] {
    let source = directory.join("source");
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|at| (at >> 3) as u8).collect();
    fs::write(&source, bytes).unwrap();
    [source, directory.join("missing")]
}

#[test]
fn copy_copies() {
    let directory = scratch();
    let [source, _] = source(directory.path());
    let target = directory.path().join("target");
    let output = example("copy", &[&source, &target]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(output.stdout.starts_with(b"3000000 bytes, "), "{output:?}");
    assert!(fs::read(source).unwrap() == fs::read(target).unwrap());
}

#[test]
fn copy_tells_what_it_cannot_do() {
    let directory = scratch();
    let [source, missing] = source(directory.path());
    let target = directory.path().join("target");
    fs::write(&target, "kept").unwrap();
    assert_fails(
        example("copy", &[&missing, &target]),
        "openat (entry 0): No such file",
    );
    assert_eq!(fs::read(&target).unwrap(), b"kept");
    assert_fails(
        example("copy", &[&source, &missing.join("target")]),
        "openat (entry 1): No such file",
    );
    assert_fails(
        example("copy", &[&source, Path::new("/dev/full")]),
        "pwrite64 (entry 3): No space left",
    );
    // Short in its second round; the third fails.
    assert_fails(
        limited("copy", &[&source, &target], 1_500_000),
        "pwrite64 (entry 3): File too large",
    );
    assert_eq!(fs::metadata(&target).unwrap().len(), 1_500_000);
    assert_tells_of_full_output("copy", &[&source, Path::new("/dev/null")]);
}

#[test]
fn stat_tells_what_it_cannot_do() {
    let directory = scratch();
    let [source, missing] = source(directory.path());
    let output = example("stat", &[&missing, &source]).output().unwrap();
    assert_failed(&output, "missing: statx (entry 0): No such file");
    assert!(output.stdout.starts_with(b"     3000000 "), "{output:?}");
    assert_tells_of_full_output("stat", &[&source]);
}

#[test]
fn asynchronous_tells_what_it_cannot_do() {
    let directory = scratch();
    let [source, missing] = source(directory.path());
    let arguments: [&Path; 2] = [&missing, &source];
    let output = example("asynchronous", &arguments).output().unwrap();
    assert_failed(&output, "missing: openat (entry 0): No such file");
    assert!(output.stdout.starts_with(b"     3000000 "), "{output:?}");
    assert_tells_of_full_output("asynchronous", &[&source]);
}

#[test]
fn overlap_tells_what_it_cannot_do() {
    let directory = scratch();
    let [_, missing] = source(directory.path());
    assert_fails(example("overlap", &[&missing]), "missing: No such file");
    // It stops before it drops anything from the machine's caches.
    assert_tells_of_full_output("overlap", &[directory.path()]);
}

#[test]
fn every_example_is_here() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut found: Vec<_> = fs::read_dir(examples)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    found.sort();
    assert_eq!(
        found,
        ["asynchronous", "combine", "copy", "overlap", "stat"]
    );
}
