//! Licences: those of every dependency, and the notes in our own files.
//!
//! The rules are those of `deny.toml`, so that this check, which needs nothing
//! but cargo, and `cargo deny` agree.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use spdx::{Expression, ParseMode};

use crate::process::output_of;

/// The kernel half, and the licence of everything in it.
const KERNEL: (&str, &str) = ("kernel", "GPL-2.0-only");
/// Licence texts that have to be there.
const TEXTS: [&str; 3] = ["LICENSE-MIT", "LICENSE-APACHE", "kernel/COPYING"];

/// The part of `deny.toml` that is of interest here.
#[derive(Deserialize)]
struct Deny {
    licenses: Rules,
}

#[derive(Deserialize)]
struct Rules {
    allow: Vec<String>,
    exceptions: Vec<Exception>,
}

#[derive(Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    package: String,
    allow: Vec<String>,
}

/// The part of `cargo metadata` that is of interest here.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
}

/// Fails on a dependency whose licence is not allowed, a licence text that is
/// missing, or a file of the kernel half that does not name its licence.
pub(crate) fn check(root: &Path) -> Result<()> {
    let mut wrong = dependencies(root)?;
    wrong.extend(kernel_files(root)?);
    for text in TEXTS {
        if !root.join(text).is_file() {
            wrong.push(format!("{text} is missing"));
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    bail!("licences:\n  {}", wrong.join("\n  "))
}

/// What is wrong with the licences of the packages this project is built from.
fn dependencies(root: &Path) -> Result<Vec<String>> {
    let path = root.join("deny.toml");
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let deny: Deny =
        toml::from_str(&text).with_context(|| format!("cannot parse {}", path.display()))?;
    let mut command = Command::new(env!("CARGO"));
    command
        .args(["metadata", "--format-version", "1", "--locked"])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .current_dir(root);
    let metadata: Metadata = serde_json::from_str(&output_of(&mut command)?)
        .context("cannot understand what cargo metadata printed")?;
    Ok(judge(&metadata.packages, &deny.licenses))
}

/// What is wrong with these packages' licences.
fn judge(packages: &[Package], rules: &Rules) -> Vec<String> {
    let exceptions: BTreeMap<&str, &[String]> = rules
        .exceptions
        .iter()
        .map(|exception| (exception.package.as_str(), exception.allow.as_slice()))
        .collect();
    let mut wrong = Vec::new();
    for Package {
        name,
        version,
        license,
    } in packages
    {
        let allowed = exceptions
            .get(name.as_str())
            .copied()
            .unwrap_or(&rules.allow);
        let Some(license) = license else {
            wrong.push(format!("{name} {version} names no licence"));
            continue;
        };
        match Expression::parse_mode(license, ParseMode::LAX) {
            Ok(expression) if expression.evaluate(|one| allowed.contains(&one.to_string())) => {}
            Ok(_) => wrong.push(format!(
                "{name} {version} is under {license}, which deny.toml does not allow"
            )),
            Err(error) => wrong.push(format!("{name} {version} is under {license:?}: {error}")),
        }
    }
    wrong
}

/// The files of the kernel half that do not name its licence.
fn kernel_files(root: &Path) -> Result<Vec<String>> {
    let (folder, licence) = KERNEL;
    let note = format!("SPDX-License-Identifier: {licence}");
    let mut wrong = Vec::new();
    for path in sources(&root.join(folder))? {
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        // A script's first line is its interpreter.
        let mut lines = text.lines().skip_while(|line| line.starts_with("#!"));
        if !lines.next().is_some_and(|line| line.contains(&note)) {
            let shown = path.strip_prefix(root).unwrap_or(&path);
            wrong.push(format!(
                "{} lacks {note:?} in its first line",
                shown.display()
            ));
        }
    }
    Ok(wrong)
}

/// Files that have no room for a note, or are the licence.
const WITHOUT_NOTE: [&str; 2] = ["COPYING", "Cargo.toml"];

/// The files in a folder and below, without what a build left there.
fn sources(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            if entry.file_name() != "out" {
                found.extend(sources(&path)?);
            }
        } else if !WITHOUT_NOTE.iter().any(|name| entry.file_name() == *name) {
            found.push(path);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Rules {
        Rules {
            allow: vec![
                "MIT".to_owned(),
                "Apache-2.0 WITH LLVM-exception".to_owned(),
            ],
            exceptions: vec![Exception {
                package: "kernel".to_owned(),
                allow: vec!["GPL-2.0-only".to_owned()],
            }],
        }
    }

    fn complaints(name: &str, license: Option<&str>) -> usize {
        let package = Package {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            license: license.map(str::to_owned),
        };
        judge(&[package], &rules()).len()
    }

    #[test]
    fn alternatives_and_conjunctions_are_understood() {
        assert_eq!(complaints("a", Some("MIT OR GPL-3.0-only")), 0);
        assert_eq!(complaints("a", Some("MIT/Apache-2.0")), 0);
        assert_eq!(complaints("a", Some("MIT AND GPL-3.0-only")), 1);
        assert_eq!(complaints("a", Some("Apache-2.0 WITH LLVM-exception")), 0);
        assert_eq!(complaints("a", Some("Apache-2.0")), 1);
    }

    #[test]
    fn what_is_not_known_is_not_allowed() {
        assert_eq!(complaints("a", None), 1);
        assert_eq!(complaints("a", Some("Do as you like")), 1);
    }

    #[test]
    fn an_exception_is_for_one_package() {
        assert_eq!(complaints("kernel", Some("GPL-2.0-only")), 0);
        assert_eq!(complaints("kernel", Some("MIT")), 1);
        assert_eq!(complaints("a", Some("GPL-2.0-only")), 1);
    }

    #[test]
    fn the_project_passes() {
        check(crate::paths::root()).unwrap();
    }
}
