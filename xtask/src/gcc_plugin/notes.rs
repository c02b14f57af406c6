//! What the plugin says of what it does, which is beside each line of a test.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};

use super::build::Plugin;

const SOURCE: &str = "tests/notes.c";

/// Compares what is said with the comments; how many notes there were.
///
/// # Errors
/// When one is missing, or another is there.
pub(super) fn check(plugin: &Plugin) -> Result<usize> {
    let path = crate::paths::root()
        .join("examples/gcc-plugin")
        .join(SOURCE);
    let source = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let mut command = plugin.compiler();
    command.env("LC_ALL", "C.UTF-8").args(["-O2", "-c"]);
    command.arg(plugin.loaded());
    command.arg("-fplugin-arg-combine_syscalls-explain");
    command.arg(SOURCE).args(["-o", "/dev/null"]);
    let output = command.output().context("cannot run gcc")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{SOURCE}: {said}");
    let (expected, found) = (expected(&source), found(&said));
    for line in expected.keys().chain(found.keys()) {
        let (wanted, notes) = (expected.get(line), found.get(line));
        let is_right = match (wanted, notes.map(Vec::as_slice)) {
            (Some(wanted), Some([note])) => note.contains(wanted),
            _ => false,
        };
        ensure!(
            is_right,
            "of line {line} of {SOURCE} the plugin says {notes:?} instead of {wanted:?}"
        );
    }
    ensure!(!expected.is_empty(), "{SOURCE} expects nothing");
    Ok(expected.len())
}

/// The comments, by their lines.
fn expected(source: &str) -> BTreeMap<usize, &str> {
    let comment = |line: &'_ str| {
        let (_, rest) = line.split_once("/* note: ")?;
        rest.strip_suffix(" */").map(str::len)
    };
    let lines = (1..).zip(source.lines());
    lines
        .filter_map(|(number, line)| {
            let length = comment(line)?;
            let end = line.len() - " */".len();
            Some((number, &line[end - length..end]))
        })
        .collect()
}

/// The notes, by their lines.
fn found(said: &str) -> BTreeMap<usize, Vec<&str>> {
    let mut found: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for line in said.lines() {
        if let Some((place, note)) = line.split_once(": note: ")
            && let Some(number) = place.split(':').nth(1)
            && let Ok(number) = number.parse()
        {
            found.entry(number).or_default().push(note);
        }
    }
    found
}
