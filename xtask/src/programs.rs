//! A disk with a small Debian: the programs that run wrapped in a guest.
//!
//! They are those of this machine's release, whatever is installed here, and come from
//! the archive once. Nothing of them is executed to make the disk, and no right of root
//! is needed.

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::archive::Archive;
use crate::{disk, lock, packages, paths};

/// Which packages; those that they depend on come with them.
const PACKAGES: &[&str] = &[
    "bash",
    "coreutils",
    "dash",
    "diffutils",
    "findutils",
    "git",
    "grep",
    "gzip",
    "make",
    "perl",
    "python3",
    "sed",
    "sqlite3",
    "strace",
    "tar",
];

/// The size of the disk in MiB: twice what the files take, of which a sparse image has
/// no more.
const DISK_SIZE: u32 = 512;

fn folder() -> PathBuf {
    paths::output().join("disks")
}

fn image() -> PathBuf {
    folder().join("programs.ext4")
}

/// Forgets the disk, so that the next [`disk()`] has the newest programs.
///
/// # Errors
/// When it can't be removed.
pub(crate) fn refresh() -> Result<()> {
    paths::remove(&image())
}

/// The disk, for reading only. Made once.
///
/// # Errors
/// When the packages can't be had, or the disk not be made.
pub(crate) fn disk() -> Result<PathBuf> {
    let folder = folder();
    let _lock = lock::lock(&folder)?;
    let image = image();
    if !image.exists() {
        let work = folder.join("programs");
        // Left by a run that did not finish.
        paths::remove(&work)?;
        let downloads = work.join("packages");
        let tree = work.join("tree");
        packages::lay_out(&tree)?;
        let names: Vec<String> = PACKAGES.iter().map(|&name| name.to_owned()).collect();
        Archive::of_this_machine()?.download_whole("programs for the guest", &names, &downloads)?;
        packages::unpack_all(&downloads, &tree)?;
        let unfinished = image.with_extension("unfinished");
        disk::make(&unfinished, DISK_SIZE, Some(&tree))?;
        std::fs::rename(&unfinished, &image)
            .with_context(|| format!("can't make {}", image.display()))?;
        paths::remove(&work)?;
    }
    Ok(image)
}
