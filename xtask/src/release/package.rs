//! The packages of the crates, and a build of all of them from nothing else.
//!
//! cargo builds packages that it makes, too, but it keeps what it has unpacked of a
//! crate by its version, and so has one crate meet what another was some time ago.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::manifest::Package;
use crate::paths;
use crate::process::{self, cargo, output_of};

const LIMIT: Duration = Duration::from_secs(15 * 60);

/// Whose dependencies are downloaded.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// The files in a crate's package.
pub(super) fn files(package: &Package) -> Result<BTreeSet<String>> {
    let mut command = cargo();
    command.args(["package", "--list", "--allow-dirty", "--offline"]);
    let list = output_of(command.args(["--package", &package.name]))?;
    Ok(list.lines().map(str::to_owned).collect())
}

/// Packages the crates and builds them from the packages, each with the others'.
pub(super) fn build(packages: &[&Package]) -> Result<()> {
    // The tests have downloaded most of it before, or all.
    output_of(cargo().args(["fetch", "--locked", "--target", TARGET]))?;
    let mut command = cargo();
    command.args(["package", "--no-verify", "--exclude-lockfile"]);
    command.args(["--allow-dirty", "--locked", "--offline"]);
    for package in packages {
        command.args(["--package", &package.name]);
    }
    process::run_quietly("packing crates", "crates-pack", LIMIT, &mut command)?;
    let folder = paths::output().join("crates");
    unpack(packages, &folder)?;
    let mut command = cargo();
    command.args(["build", "--workspace", "--offline"]);
    command.arg("--target-dir").arg(paths::cargo_target());
    command.current_dir(folder);
    process::run("crates from their packages", "crates", LIMIT, &mut command)?;
    Ok(())
}

/// Makes a workspace of the packages alone, with the dependencies that are tested.
fn unpack(packages: &[&Package], folder: &Path) -> Result<()> {
    paths::remove(folder)?;
    std::fs::create_dir_all(folder)
        .with_context(|| format!("can't create {}", folder.display()))?;
    for package in packages {
        let archive = paths::cargo_target()
            .join("package")
            .join(format!("{}.crate", package.folder()));
        // Times as of now: in a package all are of one moment, long ago, and cargo
        // would take what it has built of another for newer.
        let mut tar = Command::new("tar");
        tar.args(["--extract", "--gzip", "--touch", "--file"])
            .arg(archive);
        output_of(tar.arg("--directory").arg(folder))?;
    }
    for (name, text) in [
        ("Cargo.toml", workspace(packages)),
        (
            "Cargo.lock",
            process::text(&paths::root().join("Cargo.lock"))?,
        ),
    ] {
        let path = folder.join(name);
        std::fs::write(&path, text).with_context(|| format!("can't write {}", path.display()))?;
    }
    Ok(())
}

/// Its manifest: each crate finds the others here and not in the registry.
fn workspace(packages: &[&Package]) -> String {
    let mut text =
        "[workspace]\nresolver = \"3\"\nmembers = [\"*\"]\n\n[patch.crates-io]\n".to_owned();
    for package in packages {
        text += &format!("{} = {{ path = \"{}\" }}\n", package.name, package.folder());
    }
    text
}
