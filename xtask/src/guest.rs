//! Programs for the guest: static, so that they need nothing else there.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::{paths, process};

const BUILD_LIMIT: Duration = Duration::from_secs(15 * 60);
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// The guest's first program, built once in a run.
///
/// # Errors
/// When it can't be built.
pub(crate) fn init() -> Result<PathBuf> {
    static BUILT: Mutex<Option<PathBuf>> = Mutex::new(None);
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(init) = &*built {
        return Ok(init.clone());
    }
    let init = build("sysbatch-guest", "sysbatch-guest-init")?;
    Ok(built.insert(init).clone())
}

/// Builds a binary of a package and returns its file.
///
/// # Errors
/// When cargo fails.
pub(crate) fn build(package: &str, name: &str) -> Result<PathBuf> {
    build_from(paths::root(), &output(), package, name)
}

/// [`build`] from another copy of the project, with cargo's output in a folder of
/// its own.
///
/// # Errors
/// As [`build`].
pub(crate) fn build_from(root: &Path, output: &Path, package: &str, name: &str) -> Result<PathBuf> {
    let arguments = ["build", "--package", package, "--bin", name];
    compile(root, output, &arguments, name)
}

/// Where cargo's output is: not where it usually is, for other flags would
/// rebuild everything each time.
fn output() -> PathBuf {
    paths::cargo_target().join("guest")
}

/// Builds an integration test of a package and returns its file.
///
/// # Errors
/// When cargo fails.
pub(crate) fn build_test(package: &str, name: &str) -> Result<PathBuf> {
    let arguments = ["test", "--no-run", "--package", package, "--test", name];
    compile(paths::root(), &output(), &arguments, name)
}

fn compile(root: &Path, output: &Path, arguments: &[&str], name: &str) -> Result<PathBuf> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root);
    cargo.env("CARGO_TARGET_DIR", output);
    cargo.env(
        "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS",
        "-Ctarget-feature=+crt-static",
    );
    cargo
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    cargo.args(arguments);
    cargo.args(["--release", "--target", TARGET, "--message-format", "json"]);
    let log = process::run(
        &format!("building {name} for the guest"),
        &format!("guest-{name}"),
        BUILD_LIMIT,
        &mut cargo,
    )?;
    let text =
        std::fs::read_to_string(&log).with_context(|| format!("can't read {}", log.display()))?;
    let executable = text
        .lines()
        .filter_map(|line| executable(line, name))
        .next_back();
    executable.with_context(|| format!("cargo built no {name}: see {}", log.display()))
}

/// The 32-bit program of the tests, by the compiler for 64-bit ones: it has no C
/// library, for there mostly is none for it.
///
/// # Errors
/// When it can't be compiled.
pub(crate) fn build_ways() -> Result<PathBuf> {
    let folder = paths::output().join("ways");
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("can't create {}", folder.display()))?;
    let program = folder.join("ways");
    // The kernel's headers that are an architecture's, the same for both.
    let multiarch = process::output_of(Command::new("gcc").arg("-print-multiarch"))?;
    let mut compiler = Command::new("gcc");
    compiler.current_dir(paths::root());
    compiler.args(["-m32", "-std=c11", "-O1", "-Wall", "-Wextra", "-Werror"]);
    compiler.args(["-static", "-nostdlib", "-ffreestanding", "-no-pie"]);
    compiler.args(["-fno-pie", "-fno-stack-protector", "-I", "include"]);
    compiler.arg("-idirafter");
    compiler.arg(Path::new("/usr/include").join(multiarch.trim()));
    for source in WAYS {
        compiler.arg(Path::new("tests/c/ways").join(source));
    }
    compiler.arg("-o").arg(&program);
    process::run(
        "compiling the 32-bit program",
        "ways",
        BUILD_LIMIT,
        &mut compiler,
    )?;
    Ok(program)
}

/// The parts of the 32-bit program.
const WAYS: [&str; 6] = [
    "calls.c",
    "gate.S",
    "main.c",
    "observers.c",
    "signals.c",
    "support.c",
];

/// The file that a line of cargo's messages says was built for `name`.
fn executable(line: &str, name: &str) -> Option<PathBuf> {
    let message: serde_json::Value = serde_json::from_str(line).ok()?;
    // A library of the same name has no executable.
    (message["reason"] == "compiler-artifact" && message["target"]["name"] == name)
        .then(|| message["executable"].as_str().map(PathBuf::from))?
}
