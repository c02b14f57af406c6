//! The tree that is walked: this project's sources and the kernel's headers.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::kernel::Kernel;
use crate::{disk, paths};

/// What a tree must have to be worth walking.
const FEWEST_FILES: u64 = 5000;
/// What of the project's folder is no source.
const NO_SOURCES: &[&str] = &["target", ".git", "out"];

/// A disk image with the tree.
pub(super) struct Tree {
    pub(super) image: PathBuf,
    /// Regular files in it.
    pub(super) files: u64,
}

/// Makes the disk.
///
/// # Errors
/// When something can't be copied, or there are too few files.
pub(super) fn make(kernel: &Kernel) -> Result<Tree> {
    let staging = paths::output().join("demo/tree");
    if staging.exists() {
        std::fs::remove_dir_all(&staging)
            .with_context(|| format!("can't remove {}", staging.display()))?;
    }
    let mut files = copy(paths::root(), &staging.join("sysbatch"))?;
    files += copy(&kernel.folder.join("usr/src"), &staging.join("headers"))?;
    ensure!(files >= FEWEST_FILES, "the tree has only {files} files");
    Ok(Tree {
        image: disk::tree("demo", kernel, &staging)?,
        files,
    })
}

/// Copies a folder, symbolic links as such; the number of regular files.
fn copy(from: &Path, to: &Path) -> Result<u64> {
    std::fs::create_dir_all(to).with_context(|| format!("can't create {}", to.display()))?;
    let mut files = 0;
    for entry in
        std::fs::read_dir(from).with_context(|| format!("can't read {}", from.display()))?
    {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let failed = || format!("can't copy {}", source.display());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            if !NO_SOURCES.iter().any(|&name| entry.file_name() == name) {
                files += copy(&source, &target)?;
            }
        } else if kind.is_symlink() {
            std::os::unix::fs::symlink(std::fs::read_link(&source).with_context(failed)?, &target)
                .with_context(failed)?;
        } else if kind.is_file() {
            std::fs::copy(&source, &target).with_context(failed)?;
            files += 1;
        }
    }
    Ok(files)
}
