//! The machine that a release's cases begin with: Debian's smallest, and what
//! the README asks for beforehand. Made once.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::machine::Machine;
use super::table::Release;
use crate::process;

/// git, the compiler that Rust links with, and what downloads are checked by.
const BEFOREHAND: &str = "git,gcc,libc6-dev,ca-certificates";
const LIMIT: Duration = Duration::from_secs(20 * 60);

/// The root of `release` below `folder`, made if it is not there.
///
/// # Errors
/// When it can't be made.
pub(super) fn ensure(folder: &Path, release: Release, machine: &Machine) -> Result<PathBuf> {
    let name = release.codename();
    let root = folder.join(name);
    if root.is_dir() {
        return Ok(root);
    }
    let unfinished = folder.join(format!("{name}.unfinished"));
    super::remove(&unfinished)?;
    std::fs::create_dir_all(folder)
        .with_context(|| format!("can't create {}", folder.display()))?;
    let mut make = Command::new("debootstrap");
    make.arg("--variant=minbase")
        .arg(format!("--include={BEFOREHAND}"))
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
    super::remove(&unfinished.join("var/lib/apt/lists"))?;
    super::remove(&unfinished.join("var/cache/apt/archives"))?;
    std::fs::rename(&unfinished, &root)
        .with_context(|| format!("can't rename {}", unfinished.display()))?;
    Ok(root)
}
