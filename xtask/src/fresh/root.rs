//! A fresh machine: a folder laid over a release's base root, and commands run
//! in it.

use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::machine::Machine;
use super::table::{Person, Release};
use crate::paths;
use crate::process::output_of;

/// Enters a root: the mounts, and then the command.
const ENTER: &str = include_str!("enter.sh");
/// The ordinary user's name and number.
pub(super) const USER: &str = "newcomer";
pub(super) const USER_ID: u32 = 1000;

/// Where the toolchain, cargo's downloads, the project and apt's downloads are
/// mounted.
const TOOLCHAIN: &str = "/opt/rust";
const CARGO: &str = "/opt/cargo";
pub(super) const PROJECT: &str = "/opt/project";
const ARCHIVES: &str = "/var/cache/apt/archives";

/// A fresh machine.
#[derive(Debug)]
pub(super) struct Root<'a> {
    pub(super) machine: &'a Machine,
    /// `target/fresh`.
    pub(super) home: &'a Path,
    pub(super) release: Release,
    /// What is over the base root, and the mount point.
    pub(super) folder: PathBuf,
}

impl Root<'_> {
    /// Makes the folders, empty.
    ///
    /// # Errors
    /// When the file system refuses.
    pub(super) fn create(&self) -> Result<()> {
        paths::remove(&self.folder)?;
        for name in ["upper", "work", "root"] {
            create(&self.folder.join(name))?;
        }
        create(&self.archives().join("partial"))?;
        create(&self.cargo("root"))?;
        let cargo = self.cargo(USER);
        create(&cargo)?;
        chown(&cargo, Some(USER_ID), Some(USER_ID))
            .with_context(|| format!("can't give {} away", cargo.display()))
    }

    /// Writes a file of the machine's own.
    ///
    /// # Errors
    /// When it can't be written.
    pub(super) fn write(&self, path: &str, text: &str) -> Result<()> {
        let file = self.upper(path);
        if let Some(folder) = file.parent() {
            create(folder)?;
        }
        std::fs::write(&file, text).with_context(|| format!("can't write {}", file.display()))
    }

    /// Where what this machine has at `path` apart from its base is.
    pub(super) fn upper(&self, path: &str) -> PathBuf {
        self.folder.join("upper").join(path.trim_start_matches('/'))
    }

    /// A file of the machine, its own or its base's.
    ///
    /// # Errors
    /// When it can't be read.
    pub(super) fn read(&self, path: &str) -> Result<String> {
        let own = self.upper(path);
        let file = if own.exists() {
            own
        } else {
            self.base().join(path.trim_start_matches('/'))
        };
        std::fs::read_to_string(&file).with_context(|| format!("can't read {}", file.display()))
    }

    /// Bytes that the machine has beyond its base.
    ///
    /// # Errors
    /// When `du` can't read it.
    pub(super) fn size(&self) -> Result<u64> {
        self.size_without(&[])
    }

    /// [`Root::size`] without some folders of the project.
    ///
    /// # Errors
    /// When `du` can't read it.
    pub(super) fn size_without(&self, folders: &[&str]) -> Result<u64> {
        let mut du = Command::new("du");
        du.args(["--summarize", "--block-size=1"]);
        for folder in folders {
            du.arg(format!("--exclude=*/sysbatch/{folder}"));
        }
        let text = output_of(du.arg(self.folder.join("upper")))?;
        let bytes = text.split_whitespace().next().unwrap_or_default();
        bytes
            .parse()
            .with_context(|| format!("du did not print a size but: {text}"))
    }

    /// `line`, to be run by a shell of `person` in their copy of the project, or
    /// where that will be.
    pub(super) fn command(&self, person: Person, line: &str) -> Command {
        let root = person == Person::Root;
        let mut command = Command::new("setpriv");
        // Whatever ends this process, Ctrl-C too, ends everything in the root.
        command.args(["--pdeathsig", "KILL", "unshare", "--mount", "--pid"]);
        command.args(["--ipc", "--uts", "--fork", "--kill-child", "--"]);
        command.args(["sh", "-c", ENTER, "enter"]);
        command.arg(self.base()).arg(&self.folder);
        self.bind(&mut command, root);
        command.arg("--");
        if !root {
            command.args(["setpriv", "--init-groups"]);
            command.args(["--reuid", USER, "--regid", USER]);
        }
        self.environment(&mut command, root);
        command.args([
            "sh",
            "-c",
            "cd; [ ! -d sysbatch ] || cd sysbatch; eval \"$1\"",
        ]);
        command.args(["sh", line]);
        command
    }

    fn bind(&self, command: &mut Command, root: bool) {
        let cargo = self.cargo(if root { "root" } else { USER });
        let mut mount = |how: &str, from: &Path, to: &str| {
            command.arg(how).arg(from).arg(to);
        };
        mount("--read-only", &self.machine.toolchain, TOOLCHAIN);
        mount("--read-only", &self.home.join("project"), PROJECT);
        mount("--bind", &cargo, CARGO);
        mount("--bind", &self.archives(), ARCHIVES);
    }

    fn environment(&self, command: &mut Command, root: bool) {
        let (name, home, sbin) = if root {
            ("root", "/root".to_owned(), "/usr/local/sbin:/usr/sbin:")
        } else {
            (USER, format!("/home/{USER}"), "")
        };
        command.args(["env", "--ignore-environment"]);
        command.arg(format!("HOME={home}"));
        command
            .arg(format!("USER={name}"))
            .arg(format!("LOGNAME={name}"));
        command.arg(format!(
            "PATH={TOOLCHAIN}/bin:{sbin}/usr/local/bin:/usr/bin:/bin"
        ));
        command.args(["SHELL=/bin/bash", "DEBIAN_FRONTEND=noninteractive"]);
        command.arg(format!("CARGO_HOME={CARGO}"));
        for (name, value) in &self.machine.variables {
            command.arg(format!("{name}={value}"));
        }
    }

    /// The root that this machine begins with.
    pub(super) fn base(&self) -> PathBuf {
        self.home.join("base").join(self.release.codename())
    }

    /// Cargo's downloads, apart for each owner.
    fn cargo(&self, user: &str) -> PathBuf {
        self.home.join("cache/cargo").join(user)
    }

    /// apt's downloads, apart for each release.
    fn archives(&self) -> PathBuf {
        self.home
            .join("cache")
            .join(self.release.codename())
            .join("archives")
    }
}

fn create(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("can't create {}", folder.display()))
}
