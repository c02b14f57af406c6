//! The module, built from a copy of its sources in which something is wrong.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::kernel::Kernel;
use crate::{kmod, paths};

/// What a file of the module's is to be, by its name and its text.
pub(super) type Edit<'a> = &'a dyn Fn(&str, String) -> Result<String>;

/// Builds the module from a copy of its sources in `target/<folder>`, which all
/// that name it share, so that what is not changed is compiled once.
///
/// # Errors
/// When the copy can't be made or built.
pub(super) fn build(folder: &str, kernel: &Kernel, edit: Edit<'_>) -> Result<PathBuf> {
    let folder = paths::output().join(folder);
    let source = folder.join("kernel");
    copy(&paths::root().join("kernel"), &source, edit)?;
    for name in ["crates", "Cargo.toml"] {
        let link = folder.join(name);
        if !link.exists() {
            std::os::unix::fs::symlink(paths::root().join(name), &link)
                .with_context(|| format!("can't make {}", link.display()))?;
        }
    }
    kmod::make(&source, &folder.join(&kernel.release), kernel)
}

/// Copies a folder with what is below it, files as `edit` has them. What is there
/// already is left alone: make goes by the times of files.
fn copy(from: &Path, to: &Path, edit: Edit<'_>) -> Result<()> {
    std::fs::create_dir_all(to).with_context(|| format!("can't create {}", to.display()))?;
    let entries =
        std::fs::read_dir(from).with_context(|| format!("can't list {}", from.display()))?;
    for entry in entries {
        let entry = entry?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy(&path, &target, edit)?;
            continue;
        }
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("can't read {}", path.display()))?;
        let text = edit(&entry.file_name().to_string_lossy(), text)?;
        if std::fs::read_to_string(&target).ok().as_ref() == Some(&text) {
            continue;
        }
        std::fs::write(&target, text)
            .with_context(|| format!("can't write {}", target.display()))?;
        std::fs::set_permissions(&target, entry.metadata()?.permissions())?;
    }
    Ok(())
}
