//! The tree that packages are built from: what git knows of this one, with
//! `debian/` where Debian's tools look for it.

use std::fs::File;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::{paths, process};

/// Where the source package is kept.
const DEBIAN: &str = "packaging/debian";

/// Makes the tree in `folder` and returns its path.
///
/// # Errors
/// When git can't be asked, or a file can't be copied.
pub(super) fn lay_out(folder: &Path, version: &str) -> Result<PathBuf> {
    let tree = folder.join("source");
    paths::remove(&tree)?;
    for path in files(paths::root())? {
        let from = paths::root().join(&path);
        // What is removed and not yet committed.
        if from.symlink_metadata().is_err() {
            continue;
        }
        copy(&from, &tree.join(&path))?;
        if let Ok(inner) = path.strip_prefix(DEBIAN) {
            copy(&from, &tree.join("debian").join(inner))?;
        }
    }
    let log = tree.join("debian/changelog");
    let text = process::text(&log)?;
    let text = with_version(&text, version)?;
    std::fs::write(&log, text).with_context(|| format!("can't write {}", log.display()))?;
    Ok(tree)
}

/// The files that git knows, and those that it would if they were added.
fn files(root: &Path) -> Result<Vec<PathBuf>> {
    let mut git = Command::new("git");
    git.arg("-C").arg(root);
    git.args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]);
    let text = process::output_of(&mut git)?;
    let names = text.split('\0').filter(|name| !name.is_empty());
    Ok(names.map(PathBuf::from).collect())
}

/// A copy that is as old as its original, so that cargo sees that nothing has
/// changed. Symbolic links lead elsewhere in the tree and are copied as such.
fn copy(from: &Path, to: &Path) -> Result<()> {
    let copied = || {
        std::fs::create_dir_all(to.parent().unwrap_or(to))?;
        if from.is_symlink() {
            return symlink(std::fs::read_link(from)?, to);
        }
        std::fs::copy(from, to)?;
        let time = std::fs::metadata(from)?.modified()?;
        File::options().write(true).open(to)?.set_modified(time)
    };
    copied().with_context(|| format!("can't copy {} to {}", from.display(), to.display()))
}

/// The changelog `text`, which has to begin with this project's version, with
/// `version`, which may have more behind it.
fn with_version(text: &str, version: &str) -> Result<String> {
    let own = format!("sysbatch ({}) ", env!("CARGO_PKG_VERSION"));
    ensure!(
        text.starts_with(&own),
        "{DEBIAN}/changelog does not begin with `{own}`: the version in Cargo.toml is another"
    );
    Ok(text.replacen(&own, &format!("sysbatch ({version}) "), 1))
}

#[cfg(test)]
mod tests {
    use super::{DEBIAN, with_version};
    use crate::{paths, process};

    #[test]
    fn the_changelog_is_of_this_version() {
        let text = process::text(&paths::root().join(DEBIAN).join("changelog")).unwrap();
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(with_version(&text, version).unwrap(), text);
        let local = with_version(&text, "9.9+local").unwrap();
        assert!(local.starts_with("sysbatch (9.9+local) "), "{local}");
        assert!(with_version("sysbatch (9.9) ", version).is_err());
    }
}
