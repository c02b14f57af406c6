//! What a release of the crates needs: packages that are whole, that build, and with
//! the Rust that is promised; an API that changes only when that is meant.

pub(crate) mod api;
mod manifest;
pub(crate) mod network;
mod package;
mod toolchain;

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::process::{self, cargo, output_of};
use crate::test::tally::Tally;
use toolchain::Toolchain;

const LIMIT: Duration = Duration::from_secs(15 * 60);

/// The part of `cargo metadata` that is of interest here.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<manifest::Package>,
}

/// Looks at the crates that are published: what crates.io will show of each, what
/// files its package has, and that all of them build from their packages alone, as
/// `cargo publish --dry-run --workspace` does, but without a network.
///
/// # Errors
/// When they do not, or cargo can't be asked.
pub(crate) fn crates() -> Result<Tally> {
    let mut command = cargo();
    command.args([
        "metadata",
        "--format-version",
        "1",
        "--no-deps",
        "--offline",
    ]);
    let metadata: Metadata = serde_json::from_str(&output_of(&mut command)?)
        .context("can't understand what cargo metadata printed")?;
    let published = metadata.packages.iter().filter(|one| one.is_published());
    let published: Vec<_> = published.collect();
    let mut tally = Tally::default();
    for package in &published {
        let mut wrong = package.faults();
        wrong.extend(manifest::faults_of_files(&package::files(package)?));
        tally.add(if wrong.is_empty() {
            Tally::passed(1)
        } else {
            Tally::failure(format!("{}: {}", package.name, wrong.join("; ")))
        });
    }
    package::build(&published)?;
    tally.add(Tally::passed(1));
    Ok(tally)
}

/// Checks that everything compiles with the oldest Rust that `rust-version` in
/// Cargo.toml promises.
///
/// # Errors
/// When it does not, or that Rust can't be had.
pub(crate) fn msrv() -> Result<Tally> {
    let version = env!("CARGO_PKG_RUST_VERSION");
    let Some(toolchain) = Toolchain::find(version)? else {
        return Ok(Tally::not_run(toolchain::missing(version)));
    };
    let mut command = toolchain.cargo();
    command.args(["check", "--workspace", "--all-targets", "--locked"]);
    process::run(
        &format!("all of it with Rust {version}"),
        "msrv",
        LIMIT,
        &mut command,
    )?;
    Ok(Tally::passed(1))
}
