//! A Rust toolchain of one version: the one in use, or one of rustup's.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::paths;
use crate::process::{self, cargo, output_of};

/// To download about 150 MB.
const LIMIT: Duration = Duration::from_secs(10 * 60);

/// Where a toolchain is.
enum Place {
    /// It runs this program.
    InUse,
    /// In this folder of rustup's, or in the one that it has by itself.
    Rustup(Option<PathBuf>),
}

/// A toolchain of a certain version.
pub(super) struct Toolchain {
    /// As rustup names it, like 1.88.0.
    name: String,
    place: Place,
}

impl Toolchain {
    /// The toolchain of a version like 1.88. One that is missing is added by rustup
    /// below `target/`; none if there is no rustup, or it can't add it.
    ///
    /// # Errors
    /// When what runs here, or is installed, can't be found out.
    pub(super) fn find(version: &str) -> Result<Option<Self>> {
        let name = format!("{version}.0");
        let found = |place| {
            Some(Self {
                name: name.clone(),
                place,
            })
        };
        // cargo has the compiler's version.
        if minor(&output_of(cargo().arg("--version"))?)? == minor(version)? {
            return Ok(found(Place::InUse));
        }
        // Whose error says no more than that it is not there.
        let Ok(installed) = output_of(Command::new("rustup").args(["toolchain", "list"])) else {
            return Ok(None);
        };
        if has(&installed, &name) {
            return Ok(found(Place::Rustup(None)));
        }
        let home = paths::output().join("rustup");
        let rustup = || {
            let mut command = Command::new("rustup");
            command.env("RUSTUP_HOME", &home);
            command
        };
        if !has(&output_of(rustup().args(["toolchain", "list"]))?, &name) {
            let mut command = rustup();
            command.args(["toolchain", "install", &name]);
            command.args(["--profile", "minimal", "--no-self-update"]);
            let added = process::run(
                &format!("Rust {name}, which rustup adds in {}", home.display()),
                &format!("rust-{name}"),
                LIMIT,
                &mut command,
            );
            // A network that has Debian's packages and cargo's may have no others.
            if let Err(error) = added {
                println!("{error:#}");
                return Ok(None);
            }
        }
        Ok(found(Place::Rustup(Some(home))))
    }

    /// Its cargo, in the project's root and with a target folder of its own.
    pub(super) fn cargo(&self) -> Command {
        let Place::Rustup(home) = &self.place else {
            return cargo();
        };
        let mut command = Command::new("rustup");
        if let Some(home) = home {
            command.env("RUSTUP_HOME", home);
        }
        for variable in ["CARGO", "RUSTC", "RUSTDOC", "RUSTUP_TOOLCHAIN"] {
            command.env_remove(variable);
        }
        command.env("CARGO_TARGET_DIR", self.target());
        command.args(["run", &self.name, "cargo"]);
        command.current_dir(paths::root());
        command
    }

    /// Where it builds. Another compiler's builds are of no use to it.
    pub(super) fn target(&self) -> PathBuf {
        match self.place {
            Place::InUse => paths::cargo_target(),
            Place::Rustup(_) => paths::cargo_target().join(format!("rust-{}", self.name)),
        }
    }
}

/// Why something did not run.
pub(super) fn missing(version: &str) -> String {
    format!(
        "Rust {version} is not what runs here, and there is no rustup that could add it: install \
         rustup (https://rustup.rs), or do this where there is one and a network"
    )
}

/// Whether a toolchain is in rustup's list, in which a host follows the name.
fn has(list: &str, name: &str) -> bool {
    let mut lines = list.lines();
    lines.any(|line| {
        line.strip_prefix(name)
            .is_some_and(|rest| rest.starts_with('-'))
    })
}

/// Of 1.88 or of cargo 1.88.0, 88.
fn minor(version: &str) -> Result<u32> {
    let minor = version
        .split('.')
        .nth(1)
        .and_then(|minor| minor.parse().ok());
    minor.with_context(|| format!("`{}` is no version of Rust", version.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toolchains_are_found_by_their_whole_name() {
        let list = "stable-x86_64-unknown-linux-gnu (default)\n1.88.0-x86_64-unknown-linux-gnu\n";
        assert!(has(list, "1.88.0"));
        assert!(!has(list, "1.88"));
        assert!(!has(list, "1.8"));
        assert!(!has("no installed toolchains\n", "1.88.0"));
    }

    #[test]
    fn versions_are_read() {
        assert_eq!(minor("cargo 1.95.0 (f2d3ce0bd 2026-03-21)\n").unwrap(), 95);
        assert_eq!(minor("1.88").unwrap(), 88);
        assert!(minor("cargo\n").is_err());
    }
}
