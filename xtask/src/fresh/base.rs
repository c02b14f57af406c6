//! The machine that a release's cases begin with: Debian's smallest, and the
//! packages that the README asks for beforehand. Made once for each list of them.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::machine::Machine;
use super::table::Release;
use crate::{paths, process};

const LIMIT: Duration = Duration::from_secs(20 * 60);

/// Below a root, the list of packages that it was made with.
const RECORD: &str = "opt/beforehand";

/// Makes the root of `release` in `root`, with `packages`, if it is not there.
///
/// # Errors
/// When it can't be made.
pub(super) fn ensure(
    root: &Path,
    release: Release,
    packages: &[String],
    machine: &Machine,
) -> Result<()> {
    let packages = packages.join(",");
    if std::fs::read_to_string(root.join(RECORD)).is_ok_and(|record| record == packages) {
        return Ok(());
    }
    paths::remove(root)?;
    let name = release.codename();
    let unfinished = root.with_extension("unfinished");
    paths::remove(&unfinished)?;
    std::fs::create_dir_all(&unfinished)
        .with_context(|| format!("can't create {}", unfinished.display()))?;
    let mut make = Command::new("debootstrap");
    make.arg("--variant=minbase")
        .arg(format!("--include={packages}"))
        .arg(name)
        .arg(&unfinished)
        .arg(&machine.mirror)
        .env("PATH", process::path_with_sbin());
    process::run(
        &format!("making a root of Debian {}", release.number()),
        &format!("fresh-base-{name}"),
        LIMIT,
        &mut make,
    )?;
    // Each case fetches its own, and none is to find these.
    paths::remove(&unfinished.join("var/lib/apt/lists"))?;
    paths::remove(&unfinished.join("var/cache/apt/archives"))?;
    let record = unfinished.join(RECORD);
    std::fs::write(&record, packages)
        .with_context(|| format!("can't write {}", record.display()))?;
    std::fs::rename(&unfinished, root)
        .with_context(|| format!("can't rename {}", unfinished.display()))
}
