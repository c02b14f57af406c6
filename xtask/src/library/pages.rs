//! The manual pages of an installed library: each function is found by its name.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

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
    // Not groff's own option `-I`, for which it runs `grn`, too. In Debian 13 that is not
    // in groff-base.
    let whole = run(Command::new("soelim").arg("-I").arg(manual).arg(page), "")
        .with_context(|| format!("cannot put {} together", page.display()))?;
    run(
        Command::new("groff").args(["-mandoc", "-Tascii", "-P-c", "-P-bou"]),
        &whole,
    )
    .with_context(|| format!("cannot format {}", page.display()))
}

/// What a program of groff's writes when it reads `input`.
fn run(program: &mut Command, input: &str) -> Result<String> {
    let name = program.get_program().to_string_lossy().into_owned();
    let child = program
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run {name}: `cargo xtask setup` installs groff-base"))?;
    let output = thread::scope(|scope| {
        let mut child = child;
        let stdin = child.stdin.take();
        // Aside, for its output may fill the pipe before it has read everything.
        scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(input.as_bytes())));
        child.wait_with_output()
    })?;
    if !output.status.success() || !output.stderr.is_empty() {
        let messages = String::from_utf8_lossy(&output.stderr);
        bail!("{name} ended with {}:\n{messages}", output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
