//! A disk with a small Debian: the programs that run wrapped in a guest.
//!
//! They are those of this machine's release, whatever is installed here, and come from
//! the archive once. Nothing of them is executed to make the disk, and no right of root
//! is needed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::archive::Archive;
use crate::{disk, lock, paths, process};

const LIMIT: Duration = Duration::from_secs(5 * 60);

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

/// What no program reads.
const LEFT_OUT: &[&str] = &[
    "./usr/share/doc",
    "./usr/share/info",
    "./usr/share/locale",
    "./usr/share/man",
];

/// Directories that Debian has joined with those in `/usr`.
const JOINED: &[&str] = &["bin", "lib", "lib64", "sbin"];

/// What is mounted on in the guest.
const MOUNT_POINTS: &[&str] = &["dev", "proc", "tmp"];

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
        let packages = work.join("packages");
        let tree = work.join("tree");
        lay_out(&tree)?;
        let names: Vec<String> = PACKAGES.iter().map(|&name| name.to_owned()).collect();
        Archive::of_this_machine()?.download_whole("programs for the guest", &names, &packages)?;
        for entry in std::fs::read_dir(&packages)? {
            let package = entry?.path();
            if package
                .extension()
                .is_some_and(|extension| extension == "deb")
            {
                unpack(&package, &tree)?;
            }
        }
        let unfinished = image.with_extension("unfinished");
        disk::make(&unfinished, DISK_SIZE, Some(&tree))?;
        std::fs::rename(&unfinished, &image)
            .with_context(|| format!("can't make {}", image.display()))?;
        paths::remove(&work)?;
    }
    Ok(image)
}

/// What no package has, but a system.
fn lay_out(tree: &Path) -> Result<()> {
    let create = |folder: &Path| {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("can't create {}", folder.display()))
    };
    for name in JOINED {
        create(&tree.join("usr").join(name))?;
        let link = tree.join(name);
        std::os::unix::fs::symlink(format!("usr/{name}"), &link)
            .with_context(|| format!("can't create {}", link.display()))?;
    }
    for name in MOUNT_POINTS {
        create(&tree.join(name))?;
    }
    create(&tree.join("etc"))?;
    for (name, text) in [
        ("passwd", "root:x:0:0:root:/tmp:/bin/sh\n"),
        ("group", "root:x:0:\n"),
        ("hosts", "127.0.0.1 localhost\n"),
    ] {
        let path = tree.join("etc").join(name);
        std::fs::write(&path, text).with_context(|| format!("can't write {}", path.display()))?;
    }
    Ok(())
}

/// Unpacks a package. `dpkg-deb --extract` would put directories in the place of the
/// links.
fn unpack(package: &Path, tree: &Path) -> Result<()> {
    let name = package.file_stem().unwrap_or_default().to_string_lossy();
    let script = "set -o pipefail; package=$1; tree=$2; shift 2; \
                  dpkg-deb --fsys-tarfile \"$package\" | \
                  tar -x -C \"$tree\" --keep-directory-symlink --no-same-owner \"$@\"";
    let mut command = Command::new("bash");
    command.args(["-c", script, "bash"]).arg(package).arg(tree);
    for folder in LEFT_OUT {
        command.arg(format!("--exclude={folder}"));
    }
    process::run_quietly(
        &format!("unpacking {name}"),
        &format!("unpack-{name}"),
        LIMIT,
        &mut command,
    )
    .map(drop)
}
