//! A small Debian of another release than this machine's, in which modules are built: the
//! tools that come with a kernel's headers need the C library of their own release, and
//! objtool and modpost the compiler that the kernel was built with.
//!
//! It is made of packages that are unpacked and never configured, below `target/`, and
//! entered with namespaces of its own. No right of root is needed where users may have
//! such namespaces (`user_namespaces(7)`).

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::archive::Archive;
use crate::{lock, packages, paths};

/// What building a module takes, beside the kernel's compiler.
const PACKAGES: &[&str] = &[
    "base-files",
    "bash",
    "binutils",
    "coreutils",
    "dash",
    "diffutils",
    "dpkg",
    "findutils",
    "gawk",
    "grep",
    "libc6-dev",
    "libelf1t64",
    "make",
    "perl-base",
    "rust-web-src",
    "rustc-web",
    "sed",
    "zlib1g",
];

/// Room below `target/` that one takes, with its packages while it is made, and the kernel
/// that it is for, in bytes: as measured, and a tenth more.
pub(crate) const ROOM: u64 = 2_000_000_000;

/// Enters a root: the mounts, and then the command.
const ENTER: &str = include_str!("enter.sh");

/// Below a root, the list of packages that it was made of.
const RECORD: &str = "etc/made-of";

/// A root.
#[derive(Debug)]
pub(crate) struct Root {
    folder: PathBuf,
}

impl Root {
    /// The root of `release`, with `compiler`. Made once.
    ///
    /// # Errors
    /// When the packages can't be had or unpacked.
    pub(crate) fn ensure(release: &str, compiler: &str) -> Result<Self> {
        let roots = paths::output().join("roots");
        let _lock = lock::lock(&roots)?;
        let folder = roots.join(release);
        let mut names: Vec<String> = PACKAGES.iter().map(|&name| name.to_owned()).collect();
        names.push(compiler.to_owned());
        let record = names.join(" ");
        if std::fs::read_to_string(folder.join(RECORD)).is_ok_and(|made_of| made_of == record) {
            return Ok(Self { folder });
        }
        paths::remove(&folder)?;
        // Left by a run that did not finish.
        let unfinished = roots.join(format!("{release}.unfinished"));
        paths::remove(&unfinished)?;
        let downloads = roots.join(format!("{release}.packages"));
        paths::remove(&downloads)?;
        let archive = Archive::of_this_machine()?.release(release)?;
        packages::lay_out(&unfinished)?;
        archive.download_whole(&format!("Debian {release} to build in"), &names, &downloads)?;
        packages::unpack_all(&downloads, &unfinished)?;
        // Where a package's configuration would have it.
        link(&unfinished.join("usr/bin/awk"), "gawk")?;
        let file = unfinished.join(RECORD);
        std::fs::write(&file, &record)
            .with_context(|| format!("can't write {}", file.display()))?;
        std::fs::rename(&unfinished, &folder)
            .with_context(|| format!("can't make {}", folder.display()))?;
        paths::remove(&downloads)?;
        Ok(Self { folder })
    }

    /// `program`, to be run there. The project and what it has built are where they are
    /// here.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--pid", "--fork", "--kill-child"]);
        if !rustix::process::geteuid().is_root() {
            command.args(["--user", "--map-root-user"]);
        }
        command.args(["sh", "-c", ENTER, "enter"]);
        command.arg(&self.folder).arg(paths::root());
        command.arg(program);
        command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command
    }
}

fn link(path: &Path, target: &str) -> Result<()> {
    if path.is_symlink() {
        return Ok(());
    }
    std::os::unix::fs::symlink(target, path)
        .with_context(|| format!("can't create {}", path.display()))
}
