//! The public API as text, so that nobody changes it without seeing it: what the two
//! library crates offer, and the headers and symbols of the C library.

mod c;
mod rust;

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use super::toolchain::{self, Toolchain};
use crate::paths;
use crate::process;
use crate::test::tally::Tally;

/// Where the texts are.
const FOLDER: &str = "docs/api";
/// The crates whose API is promised.
const CRATES: [&str; 2] = ["sysbatch", "sysbatch-walk"];
/// The library whose API is promised, too.
const LIBRARY: &str = "libsysbatch";
/// How many lines that have gone or come an error shows.
const SHOWN: usize = 20;

/// Does what `cargo xtask api` was asked for; false, and told, if the API is another.
///
/// # Errors
/// When the API can't be found out.
pub(crate) fn run(update: bool) -> Result<bool> {
    if update {
        self::update()?;
        return Ok(true);
    }
    let tally = check()?;
    let failures = tally.failures.iter().chain(&tally.not_run);
    for failure in failures.clone() {
        eprintln!("{failure}");
    }
    Ok(failures.count() == 0)
}

/// Compares the API with the committed texts.
///
/// # Errors
/// When it can't be found out.
pub(crate) fn check() -> Result<Tally> {
    let mut tally = compare(LIBRARY, &c::api(paths::root())?);
    let Some(toolchain) = Toolchain::find(rust::VERSION)? else {
        tally.add(Tally::not_run(toolchain::missing(rust::VERSION)));
        return Ok(tally);
    };
    for package in CRATES {
        tally.add(compare(package, &rust::api(package, &toolchain)?));
    }
    Ok(tally)
}

/// Writes the texts.
fn update() -> Result<()> {
    let toolchain =
        Toolchain::find(rust::VERSION)?.with_context(|| toolchain::missing(rust::VERSION))?;
    let mut texts = vec![(LIBRARY, c::api(paths::root())?)];
    for package in CRATES {
        texts.push((package, rust::api(package, &toolchain)?));
    }
    for (name, text) in texts {
        let path = path(name);
        std::fs::write(&path, text).with_context(|| format!("can't write {}", path.display()))?;
    }
    Ok(())
}

fn path(name: &str) -> PathBuf {
    paths::root().join(FOLDER).join(format!("{name}.txt"))
}

fn compare(name: &str, current: &str) -> Tally {
    let same =
        process::text(&path(name)).and_then(|committed| match difference(&committed, current) {
            None => Ok(()),
            Some(difference) => bail!(
                "the public API of {name} is not the one in {FOLDER}/{name}.txt:\n{difference}\
             If this is meant, run `cargo xtask api --update`, commit the file, and say it in \
             CHANGELOG.md"
            ),
        });
    match same {
        Ok(()) => Tally::passed(1),
        Err(error) => Tally::failure(format!("{error:#}")),
    }
}

/// The lines that have gone and come from one text to another.
fn difference(old: &str, new: &str) -> Option<String> {
    if old == new {
        return None;
    }
    let only = |these: &str, others: &str, mark: char| -> Vec<String> {
        let others: Vec<&str> = others.lines().collect();
        let lines = these.lines().filter(|line| !others.contains(line));
        lines.map(|line| format!("  {mark} {line}\n")).collect()
    };
    let mut lines = only(old, new, '-');
    lines.extend(only(new, old, '+'));
    if lines.is_empty() {
        return Some("  (the same lines in another order or number)\n".to_owned());
    }
    let more = lines.len().saturating_sub(SHOWN);
    lines.truncate(SHOWN);
    if more > 0 {
        lines.push(format!("  and {more} lines more\n"));
    }
    Some(lines.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_have_gone_and_come_are_shown() {
        assert_eq!(difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(
            difference("a\nb\n", "b\nc\n").as_deref(),
            Some("  - a\n  + c\n")
        );
        assert!(difference("a\nb\n", "b\na\n").is_some());
        let many = (0..100).map(|n| format!("{n}\n")).collect::<String>();
        let shown = difference("", &many).expect("a difference");
        assert!(shown.ends_with("  and 80 lines more\n"), "{shown}");
    }
}
