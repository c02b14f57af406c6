//! The manual pages of an installed library: each function is found by its name.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::Tree;
use crate::manual::names;

/// Formats the page of each function as `man` does; the number of pages.
pub(super) fn check(tree: &Tree) -> Result<usize> {
    let manual = tree.folder.join("share/man");
    let functions = names::functions(crate::paths::root())?;
    for function in &functions {
        let page = manual.join(format!("man3/{function}.3"));
        let text = format(&manual, &page)?;
        if !text.contains(function.as_str()) {
            bail!("{} does not name {function}:\n{text}", page.display());
        }
    }
    Ok(functions.len())
}

/// The text of a page, with the page that it may refer to in the place of itself.
fn format(manual: &Path, page: &Path) -> Result<String> {
    let output = Command::new("groff")
        .args(["-mandoc", "-Tascii", "-P-c", "-P-bou", "-s", "-I"])
        .arg(manual)
        .arg(page)
        .output()
        .context("cannot run groff: `cargo xtask setup` installs groff-base")?;
    if !output.status.success() || !output.stderr.is_empty() {
        let messages = String::from_utf8_lossy(&output.stderr);
        bail!("groff cannot format {}:\n{messages}", page.display());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
