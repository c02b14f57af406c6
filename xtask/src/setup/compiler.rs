//! The Rust compiler of the module, which is none of cargo's.
//!
//! `kernel/rust-compiler.sh` decides what serves: the module's own build asks it,
//! too.

use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::packages::{installed, is_at_least};
use crate::archive::Archive;
use crate::paths;
use crate::process::output_of;

/// The packages that Debian has it in, with its library source. Where both of
/// Debian 13's serve, that which is newer comes first.
const PACKAGES: &[[&str; 2]] = &[["rustc-web", "rust-web-src"], ["rustc", "rust-src"]];

/// Whether there is one.
pub(super) fn is_there() -> bool {
    output_of(&mut script()).is_ok()
}

/// What the compiler of the module says its version is.
///
/// # Errors
/// When there is none.
pub(crate) fn version() -> Result<String> {
    let found = output_of(&mut script())?;
    let compiler = found.split_whitespace().next();
    let compiler = compiler.context("kernel/rust-compiler.sh names no compiler")?;
    let version = output_of(Command::new(compiler).arg("--version"))?;
    Ok(version.trim().to_owned())
}

/// The packages to install.
///
/// # Errors
/// When the archive has none that is new enough.
pub(super) fn packages(archive: &Archive) -> Result<[&'static str; 2]> {
    let least = output_of(script().arg("--least")).context("can't ask for the least version")?;
    let least = least.trim();
    let serves = |packages: &&[&'static str; 2]| {
        let candidate = archive.candidate(packages[0]);
        candidate.is_some_and(|version| is_at_least(&version, least))
    };
    // The two keep each other out: who has one would lose it to the other.
    let mut mine = PACKAGES.iter().filter(|packages| installed(packages[0]));
    if let Some(packages) = mine.find(serves) {
        return Ok(*packages);
    }
    if let Some(packages) = PACKAGES.iter().find(serves) {
        return Ok(*packages);
    }
    let known: Vec<String> = PACKAGES
        .iter()
        .filter_map(|[name, _]| Some(format!("{name} {}", archive.candidate(name)?)))
        .collect();
    let known = if known.is_empty() {
        "none".to_owned()
    } else {
        known.join(", ")
    };
    let hint = if archive.has_security()? {
        String::new()
    } else {
        format!(
            ": its security suite ({}-security), which is missing there, has newer ones",
            archive.codename()
        )
    };
    bail!(
        "the kernel module needs a Rust compiler of version {least} or later; the package sources \
         of this machine (Debian {}) have {known}{hint}.\nWith rustup one can be had without: \
         rustup component add rust-src",
        archive.codename()
    )
}

fn script() -> Command {
    Command::new(paths::root().join("kernel/rust-compiler.sh"))
}
