//! The file systems that a program may expect, and a shell.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use rustix::mount::{MountFlags, mount};
use sysbatch_guest::Mount;

/// Type and directory of what every Linux system has mounted.
const PSEUDO: &[(&str, &str)] = &[
    ("devtmpfs", "/dev"),
    ("proc", "/proc"),
    ("sysfs", "/sys"),
    ("tracefs", "/sys/kernel/tracing"),
    ("devpts", "/dev/pts"),
    ("tmpfs", "/dev/shm"),
    ("tmpfs", "/tmp"),
    ("tmpfs", "/run"),
];

/// Mounts `/dev`, `/proc`, `/sys`, `/tmp` and what else programs expect.
///
/// # Errors
/// When one can't be mounted.
pub(crate) fn pseudo_file_systems() -> Result<()> {
    for &(filesystem, directory) in PSEUDO {
        if !Path::new(directory).is_dir() {
            std::fs::create_dir_all(directory)
                .with_context(|| format!("can't create {directory}"))?;
        }
        mount(filesystem, directory, filesystem, MountFlags::empty(), c"")
            .with_context(|| format!("can't mount {filesystem} on {directory}"))?;
    }
    Ok(())
}

/// Mounts a file system that is on a disk.
///
/// # Errors
/// When the directory can't be made or the disk not be mounted.
pub(crate) fn disk(disk: &Mount) -> Result<()> {
    let Mount {
        device,
        directory,
        filesystem,
        read_only,
    } = disk;
    std::fs::create_dir_all(directory).with_context(|| format!("can't create {directory}"))?;
    let flags = if *read_only {
        MountFlags::RDONLY
    } else {
        MountFlags::empty()
    };
    mount(device, directory, filesystem, flags, c"")
        .with_context(|| format!("can't mount {device} ({filesystem}) on {directory}"))
}

/// Gives each of busybox's commands its name.
///
/// # Errors
/// When busybox is not there or fails.
pub(crate) fn install_shell() -> Result<()> {
    let status = Command::new("/bin/busybox")
        .args(["--install", "-s", "/bin"])
        .status()
        .context("can't run /bin/busybox")?;
    ensure!(status.success(), "busybox --install ended with {status}");
    Ok(())
}
