//! The steps that run on the host.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::check;
use super::tally::{Tally, harness};
use crate::architecture::Architecture;
use crate::guest::ON_THIS_ARCHITECTURE;
use crate::kernel::{self, Flavour, Kernel, Need, Series};
use crate::process::cargo;
use crate::{header, kmod, licences, manual, parallel, paths, process, review};

const FORMAT_LIMIT: Duration = Duration::from_secs(2 * 60);
const CLIPPY_LIMIT: Duration = Duration::from_secs(15 * 60);
const DOCS_LIMIT: Duration = Duration::from_secs(15 * 60);
const HOST_LIMIT: Duration = Duration::from_secs(20 * 60);

pub(super) fn format() -> Result<Tally> {
    let mut command = cargo();
    command.args(["fmt", "--all", "--check", "--", "--color", "never"]);
    process::run("rustfmt", "format", FORMAT_LIMIT, &mut command)?;
    // Compiled by the kernel's build alone, and so unknown to cargo.
    let mut command = Command::new("rustfmt");
    command.args(["--edition", "2024", "--check", "--color", "never"]);
    command.arg(paths::root().join("kernel/compiler_builtins.rs"));
    process::run("rustfmt", "format-kernel", FORMAT_LIMIT, &mut command)?;
    Ok(Tally::passed(2))
}

pub(super) fn header() -> Result<Tally> {
    Ok(check("the C header is current and compiles", || {
        header::check(paths::root())
    }))
}

pub(super) fn licences() -> Result<Tally> {
    Ok(check("licences", || licences::check(paths::root())))
}

pub(super) fn manual() -> Result<Tally> {
    Ok(check("the manual pages format", || {
        manual::check(paths::root())
    }))
}

pub(super) fn clippy() -> Result<Tally> {
    let mut command = cargo();
    command.args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "--deny",
        "warnings",
    ]);
    process::run("clippy", "clippy", CLIPPY_LIMIT, &mut command)?;
    // A workspace of its own, and without the fuzzer itself, which wants a
    // nightly compiler.
    let mut command = cargo();
    command
        .args(["clippy", "--manifest-path", "fuzz/Cargo.toml"])
        .args(["--no-default-features", "--", "--deny", "warnings"]);
    process::run(
        "clippy of the fuzzer",
        "clippy-fuzz",
        CLIPPY_LIMIT,
        &mut command,
    )?;
    Ok(Tally::passed(2))
}

/// Of the user side, where it is compiled for another architecture.
pub(super) fn clippy_for(architecture: Architecture) -> Result<Tally> {
    let mut command = cargo();
    command.args(["clippy", "--workspace", "--all-targets"]);
    for package in ON_THIS_ARCHITECTURE {
        command.args(["--exclude", package]);
    }
    command.args(["--target", architecture.target()]);
    command.args(["--", "--deny", "warnings"]);
    let what = format!("clippy for {}", architecture.name());
    let log = format!("clippy-{}", architecture.name());
    process::run(&what, &log, CLIPPY_LIMIT, &mut command)?;
    Ok(Tally::passed(1))
}

pub(super) fn docs() -> Result<Tally> {
    let mut command = cargo();
    command
        .args(["doc", "--workspace", "--no-deps"])
        .env("RUSTDOCFLAGS", "--deny warnings");
    process::run("documentation", "docs", DOCS_LIMIT, &mut command)?;
    Ok(Tally::passed(1))
}

/// Unit, property, integration and documentation tests.
pub(super) fn host() -> Result<Tally> {
    let mut command = cargo();
    command.args(["test", "--workspace", "--no-fail-fast"]);
    let result = process::run("tests on the host", "host", HOST_LIMIT, &mut command);
    let log = process::log("host");
    let text =
        std::fs::read_to_string(&log).with_context(|| format!("can't read {}", log.display()))?;
    let mut tally = harness(text.lines())?.unwrap_or_default();
    // What failed without a test's own words: a program that does not compile,
    // or one that was killed.
    if let Err(error) = result
        && tally.failures.is_empty()
    {
        tally.failures.push(format!("{error:#}"));
    }
    ensure!(tally != Tally::default(), "cargo test ran no tests");
    Ok(tally)
}

/// Each series in each flavour: built, and its headers compared with what was
/// reviewed. That they load is the guest step's matter.
pub(super) fn module(series: &[Series]) -> Result<Tally> {
    let mut tally = Tally::default();
    // One flavour after the other: that of a series has the next one's `core` compiled.
    for flavour in [Flavour::Cloud, Flavour::Generic] {
        let mut kernels = Vec::new();
        for &series in series {
            match kernel::ensure(series, flavour, Need::Headers) {
                Ok(kernel) => kernels.push(kernel),
                Err(error) => tally.add(Tally::failure(format!("{error:#}"))),
            }
        }
        for result in parallel::map(&kernels, build_and_review) {
            tally.add(result);
        }
    }
    Ok(tally)
}

fn build_and_review(kernel: &Kernel) -> Tally {
    let mut tally = match kmod::build(kernel) {
        Ok(_) => Tally::passed(1),
        Err(error) => Tally::failure(format!("{error:#}")),
    };
    tally.add(check(
        &format!("what was reviewed is in Linux {}", kernel.release),
        || review::check(kernel),
    ));
    tally
}
