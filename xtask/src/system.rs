//! A small Debian of another architecture, for its guests: the programs that tests call.
//!
//! It is made of packages of this machine's release, once. Nothing of them is executed to
//! make it, and no right of root is needed.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::architecture::Architecture;
use crate::archive::Archive;
use crate::vm::{Disk, GuestFile, MountPoint};
use crate::{disk, lock, packages, paths};

/// Which packages; those that they depend on come with them.
const PACKAGES: &[&str] = &[
    "bash",
    "busybox-static",
    "coreutils",
    "dash",
    "diffutils",
    "findutils",
    "grep",
    "sed",
    "tzdata",
    "util-linux",
];

/// The size of the disk in MiB, of which a sparse image takes what its files do.
const DISK_SIZE: u32 = 512;

/// A search path with its programs before the shell's own.
pub(crate) const SEARCH_PATH: &str = "/usr/sbin:/usr/bin:/bin";

/// The system.
#[derive(Clone, Debug)]
pub(crate) struct System {
    /// What it has in `/usr`.
    usr: PathBuf,
    /// Its shell, a static program.
    pub(crate) busybox: PathBuf,
}

impl System {
    /// The system of an architecture. Made once.
    ///
    /// # Errors
    /// When the packages can't be had, or the disk not be made.
    pub(crate) fn ensure(architecture: Architecture) -> Result<Self> {
        let folder = paths::output().join("disks");
        let _lock = lock::lock(&folder)?;
        let name = format!("system-{}", architecture.debian());
        let system = Self {
            usr: folder.join(format!("{name}.ext4")),
            busybox: folder.join(format!("{name}.busybox")),
        };
        if !system.usr.exists() {
            let work = folder.join(&name);
            // Left by a run that did not finish.
            paths::remove(&work)?;
            system.make(architecture, &work)?;
            paths::remove(&work)?;
        }
        Ok(system)
    }

    fn make(&self, architecture: Architecture, work: &Path) -> Result<()> {
        let (downloads, tree) = (work.join("packages"), work.join("tree"));
        packages::lay_out(&tree)?;
        let names: Vec<String> = PACKAGES.iter().map(|&name| name.to_owned()).collect();
        let what = format!("a Debian for {}", architecture.debian());
        let archive = Archive::of_this_machine()?.of(architecture)?;
        archive.download_whole(&what, &names, &downloads)?;
        packages::unpack_whole(&downloads, &tree)?;
        std::fs::copy(tree.join("usr/bin/busybox"), &self.busybox)
            .with_context(|| format!("can't make {}", self.busybox.display()))?;
        let unfinished = self.usr.with_extension("unfinished");
        disk::make(&unfinished, DISK_SIZE, Some(&tree.join("usr")))?;
        std::fs::rename(&unfinished, &self.usr)
            .with_context(|| format!("can't make {}", self.usr.display()))
    }

    /// Its disk.
    pub(crate) fn disk(&self) -> Disk {
        Disk {
            image: self.usr.clone(),
            mount: Some(MountPoint {
                directory: "/usr".to_owned(),
                filesystem: "ext4".to_owned(),
            }),
            read_only: true,
        }
    }

    /// What it takes beside the disk.
    pub(crate) fn files() -> Vec<GuestFile> {
        let links = ["lib", "lib64"].into_iter();
        let links = links.map(|name| GuestFile::link(&format!("/{name}"), &format!("usr/{name}")));
        let etc = packages::ETC.iter().map(|(name, text)| {
            GuestFile::bytes(&format!("/etc/{name}"), text.as_bytes().to_owned())
        });
        links.chain(etc).collect()
    }
}
