//! `cargo xtask header`: the C header of the wire interface.
//!
//! Values, offsets and sizes are those of the compiled `sysbatch-abi` crate,
//! so they cannot be wrong; the comments are that crate's documentation. A
//! public item of the crate that the header does not cover is an error.

mod comment;
mod compile;
mod document;
mod names;
pub(crate) mod prototypes;
mod reflect;
mod render;
mod source;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

/// Where the header is, from the project's root.
const HEADER: &str = "include/sysbatch_abi.h";

/// Writes the header.
pub(crate) fn write(root: &Path) -> Result<()> {
    let path = root.join(HEADER);
    let text = generate(root)?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
    }
    std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    prototypes::write(root)
}

/// Fails if the header is stale, if a C or C++ compiler objects to it, or if
/// the documents' tables differ from it.
pub(crate) fn check(root: &Path) -> Result<()> {
    let path = root.join(HEADER);
    let found = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let expected = generate(root)?;
    if let Some(line) = first_difference(&found, &expected) {
        bail!(
            "{HEADER}:{line} does not match crates/abi: run `cargo xtask header` and commit the file"
        );
    }
    prototypes::check(root)?;
    document::check(root, &reflect::sections())?;
    compile::check(root)
}

/// The text of the header.
fn generate(root: &Path) -> Result<String> {
    let source = source::read(&abi_source(root))?;
    let sections = reflect::sections();
    source.check_coverage(&sections)?;
    render::render(&sections, &source)
}

/// The sources of the crate whose documentation becomes the comments.
fn abi_source(root: &Path) -> PathBuf {
    root.join("crates/abi/src")
}

/// The number of the first line in which two texts differ, from 1.
fn first_difference(a: &str, b: &str) -> Option<usize> {
    if a == b {
        return None;
    }
    let common = a.lines().zip(b.lines()).take_while(|(a, b)| a == b).count();
    Some(common + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .expect("xtask is a folder of the project")
    }

    #[test]
    fn the_committed_header_is_current_and_compiles() {
        check(root()).unwrap();
    }

    #[test]
    fn a_changed_line_is_found() {
        let text = generate(root()).unwrap();
        let stale = text.replacen("__u32 format;", "__u64 format;", 1);
        let line = first_difference(&stale, &text).unwrap();
        assert!(
            text.lines()
                .nth(line - 1)
                .unwrap()
                .contains("__u32 format;")
        );
        assert_eq!(first_difference(&text, &text), None);
        assert_eq!(first_difference("a\nb\n", "a\n"), Some(2));
    }
}
