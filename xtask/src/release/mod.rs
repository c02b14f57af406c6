//! What a release of the crates needs: packages that are whole, and that build.

mod manifest;
mod package;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::process::{cargo, output_of};
use crate::test::tally::Tally;

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
