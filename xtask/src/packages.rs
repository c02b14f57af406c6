//! Debian packages, unpacked into a tree and never configured: nothing of them is executed
//! for that, and no right of root is needed.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::process;

const LIMIT: Duration = Duration::from_secs(5 * 60);

/// What no program reads.
const LEFT_OUT: &[&str] = &[
    "./usr/share/doc",
    "./usr/share/info",
    "./usr/share/locale",
    "./usr/share/man",
];

/// Directories that Debian has joined with those in `/usr`.
const JOINED: &[&str] = &["bin", "lib", "lib64", "sbin"];

/// The least that programs look up.
pub(crate) const ETC: &[(&str, &str)] = &[
    ("passwd", "root:x:0:0:root:/tmp:/bin/sh\n"),
    ("group", "root:x:0:\n"),
    ("hosts", "127.0.0.1 localhost\n"),
];

/// What is mounted on.
const MOUNT_POINTS: &[&str] = &["dev", "proc", "tmp"];

/// Makes what no package has, but a system.
///
/// # Errors
/// When it can't be made.
pub(crate) fn lay_out(tree: &Path) -> Result<()> {
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
    for (name, text) in ETC {
        let path = tree.join("etc").join(name);
        std::fs::write(&path, text).with_context(|| format!("can't write {}", path.display()))?;
    }
    Ok(())
}

/// Unpacks what programs read of the packages that were downloaded into a folder.
///
/// # Errors
/// When one can't be unpacked.
pub(crate) fn unpack_all(downloads: &Path, tree: &Path) -> Result<()> {
    unpack_without(downloads, tree, LEFT_OUT)
}

/// Unpacks the packages that were downloaded into a folder, with all that is in them.
///
/// # Errors
/// When one can't be unpacked.
pub(crate) fn unpack_whole(downloads: &Path, tree: &Path) -> Result<()> {
    unpack_without(downloads, tree, &[])
}

fn unpack_without(downloads: &Path, tree: &Path, left_out: &[&str]) -> Result<()> {
    for entry in std::fs::read_dir(downloads)? {
        let package = entry?.path();
        if package
            .extension()
            .is_some_and(|extension| extension == "deb")
        {
            unpack(&package, tree, left_out)?;
        }
    }
    Ok(())
}

/// Unpacks a package. `dpkg-deb --extract` would put directories in the place of the
/// links.
fn unpack(package: &Path, tree: &Path, left_out: &[&str]) -> Result<()> {
    let name = package.file_stem().unwrap_or_default().to_string_lossy();
    let script = "set -o pipefail; package=$1; tree=$2; shift 2; \
                  dpkg-deb --fsys-tarfile \"$package\" | \
                  tar -x -C \"$tree\" --keep-directory-symlink --no-same-owner \"$@\"";
    let mut command = Command::new("bash");
    command.args(["-c", script, "bash"]).arg(package).arg(tree);
    for folder in left_out {
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
