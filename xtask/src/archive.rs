//! Debian's package archive, asked through apt with lists of the project's own.
//!
//! The lists of the machine may be weeks old, or of a release that lacks a
//! kernel, and only root may renew them. These lie in `target/apt`, belong to
//! whoever runs the project, and are renewed when something has to be looked up.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

use crate::architecture::Architecture;
use crate::process::{self, output_of};
use crate::progress::Progress;
use crate::{lock, paths};

const UPDATE_LIMIT: Duration = Duration::from_secs(10 * 60);
const DOWNLOAD_LIMIT: Duration = Duration::from_secs(20 * 60);

/// Debian's releases, the oldest first. One that is not named is newer.
const RELEASES: &[&str] = &["bookworm", "trixie"];

/// What the name of a release's suite of backports ends in.
pub(crate) const BACKPORTS: &str = "-backports";

/// The archive as one release of Debian has it.
#[derive(Clone, Debug)]
pub(crate) struct Archive {
    /// The release's code name, or that of its suite of backports.
    codename: String,
    /// What its packages are for.
    architecture: Architecture,
    folder: PathBuf,
    /// The package sources, if not the machine's.
    sources: Option<PathBuf>,
}

/// Where Debian's suites are to be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sites {
    /// The main suite's site.
    pub(crate) main: String,
    /// The security suite's, if the package sources have it.
    pub(crate) security: Option<String>,
}

/// An index of packages, as `apt-get indextargets` describes it.
#[derive(Debug)]
struct Index {
    label: String,
    codename: String,
    site: String,
}

impl Archive {
    /// By the package sources of this machine, with lists fetched in this run.
    ///
    /// # Errors
    /// When no list of Debian's is to be had.
    pub(crate) fn of_this_machine() -> Result<Self> {
        let codename = codename()?;
        let architecture = Architecture::X86_64;
        Self::fetched(&codename, architecture, || {
            Ok(Self {
                codename: codename.clone(),
                architecture,
                folder: folder("machine"),
                sources: None,
            })
        })
    }

    /// By the same mirrors, the same release for an architecture.
    ///
    /// # Errors
    /// When the mirrors do not have it.
    pub(crate) fn of(&self, architecture: Architecture) -> Result<Self> {
        if architecture == self.architecture {
            return Ok(self.clone());
        }
        self.with(&self.codename, architecture)
    }

    /// By the same mirrors, for a release before this machine's.
    ///
    /// # Errors
    /// When the machine's release is not newer, or the mirrors do not have it.
    pub(crate) fn older(&self, codename: &str) -> Result<Self> {
        let age = |name: &str| RELEASES.iter().position(|&known| known == name);
        ensure!(
            age(codename) < age(&self.codename)
                || age(&self.codename).is_none() && age(codename).is_some(),
            "Debian {codename} is not older than this machine's {}",
            self.codename
        );
        self.release(codename)
    }

    /// By the same mirrors, for any release, or for one with its backports: `trixie`,
    /// `trixie-backports`.
    ///
    /// # Errors
    /// When the mirrors do not have it, or their keys are not on this machine.
    pub(crate) fn release(&self, suite: &str) -> Result<Self> {
        self.with(suite, self.architecture)
    }

    fn with(&self, suite: &str, architecture: Architecture) -> Result<Self> {
        Self::fetched(suite, architecture, || {
            let folder = if architecture.is_here() {
                folder(suite)
            } else {
                folder(&format!("{suite}-{}", architecture.debian()))
            };
            let sources = folder.join("sources.list");
            let text = self.sites()?.sources(suite);
            std::fs::create_dir_all(&folder)
                .with_context(|| format!("can't create {}", folder.display()))?;
            std::fs::write(&sources, text)
                .with_context(|| format!("can't write {}", sources.display()))?;
            Ok(Self {
                codename: suite.to_owned(),
                architecture,
                folder,
                sources: Some(sources),
            })
        })
    }

    /// The archive of a release, with its lists fetched once in a run.
    fn fetched(
        codename: &str,
        architecture: Architecture,
        make: impl FnOnce() -> Result<Self>,
    ) -> Result<Self> {
        static FETCHED: Mutex<Vec<Archive>> = Mutex::new(Vec::new());
        let mut fetched = FETCHED.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it =
            |known: &&Self| known.codename == codename && known.architecture == architecture;
        if let Some(archive) = fetched.iter().find(is_it) {
            return Ok(archive.clone());
        }
        let archive = make()?;
        archive.update()?;
        fetched.push(archive.clone());
        Ok(archive)
    }

    /// The release's code name, and the architecture if it is not this machine's.
    fn title(&self) -> String {
        if self.architecture.is_here() {
            self.codename.clone()
        } else {
            format!("{} for {}", self.codename, self.architecture.debian())
        }
    }

    /// The release's code name.
    pub(crate) fn codename(&self) -> &str {
        &self.codename
    }

    /// Where its suites are.
    ///
    /// # Errors
    /// When apt can't be asked, or knows no main suite.
    pub(crate) fn sites(&self) -> Result<Sites> {
        sites(&self.indexes()?)
            .with_context(|| format!("apt knows no main suite of Debian {}", self.codename))
    }

    /// Whether the package sources have the suite with security updates, in
    /// which Debian 12 has its newer kernels and compilers.
    ///
    /// # Errors
    /// When apt can't be asked.
    pub(crate) fn has_security(&self) -> Result<bool> {
        Ok(self.sites()?.security.is_some())
    }

    /// The version of a package that apt would install.
    pub(crate) fn candidate(&self, name: &str) -> Option<String> {
        let policy = output_of(self.apt("apt-cache").args(["policy", name])).ok()?;
        let version = policy
            .lines()
            .find_map(|line| line.trim().strip_prefix("Candidate: "))?;
        (version != "(none)").then(|| version.to_owned())
    }

    /// The names of packages that begin with `prefix`.
    ///
    /// # Errors
    /// When apt can't be asked.
    pub(crate) fn names(&self, prefix: &str) -> Result<Vec<String>> {
        let names = output_of(self.apt("apt-cache").args(["pkgnames", prefix]))?;
        Ok(names.lines().map(str::to_owned).collect())
    }

    /// What a package's entry has in its field `Depends`.
    ///
    /// # Errors
    /// When there is no such package.
    pub(crate) fn depends(&self, name: &str) -> Result<String> {
        let entry = output_of(
            self.apt("apt-cache")
                .args(["show", "--no-all-versions", name]),
        )?;
        let depends = entry
            .lines()
            .find_map(|line| line.strip_prefix("Depends: "));
        Ok(depends.unwrap_or_default().to_owned())
    }

    /// What apt says it would do to install packages on this machine: among the
    /// rest how much it would download and how much room it would take.
    ///
    /// # Errors
    /// When it can't be done.
    pub(crate) fn simulate(&self, install: &[&str]) -> Result<String> {
        let mut command = self.apt("apt-get");
        // Only root may lock what this does not change.
        command.args(["-o", "Debug::NoLocking=true", "--assume-no"]);
        let output = command.args(install).output()?;
        // Answering no is no success to apt: only its words tell.
        let text = [output.stdout, output.stderr].concat();
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// Downloads packages into a folder.
    ///
    /// # Errors
    /// When one can't be had.
    pub(crate) fn download(&self, what: &str, names: &[String], folder: &Path) -> Result<()> {
        let mut command = self.apt("apt-get");
        command.arg("download").args(names).current_dir(folder);
        process::run(
            &format!("downloading {what}"),
            &format!("download-{what}"),
            DOWNLOAD_LIMIT,
            &mut command,
        )
        .map(drop)
    }

    /// Downloads packages into a folder, with all that they depend on, whatever of it is
    /// installed.
    ///
    /// # Errors
    /// When one can't be had.
    pub(crate) fn download_whole(&self, what: &str, names: &[String], folder: &Path) -> Result<()> {
        let partial = folder.join("partial");
        std::fs::create_dir_all(&partial)
            .with_context(|| format!("can't create {}", partial.display()))?;
        let mut command = self.apt("apt-get");
        for (name, value) in [
            ("Dir::State::status", &self.folder.join("status")),
            ("Dir::Cache::archives", &folder.to_owned()),
        ] {
            command.arg("-o").arg(format!("{name}={}", value.display()));
        }
        // Only root may lock what this does not change.
        command.args(["-o", "Debug::NoLocking=true", "--assume-yes"]);
        command.args(["--no-install-recommends", "--download-only", "install"]);
        process::run(
            &format!("downloading {what}"),
            &format!("download-{}", what.replace(' ', "-")),
            DOWNLOAD_LIMIT,
            command.args(names),
        )
        .map(drop)
    }

    /// Fetches the lists.
    fn update(&self) -> Result<()> {
        let _lock = lock::lock(&self.folder)?;
        for folder in ["lists/partial", "cache/archives/partial"] {
            let folder = self.folder.join(folder);
            std::fs::create_dir_all(&folder)
                .with_context(|| format!("can't create {}", folder.display()))?;
        }
        let status = self.folder.join("status");
        std::fs::write(&status, "").with_context(|| format!("can't write {}", status.display()))?;
        let mut update = self.apt("apt-get");
        let what = format!("looking up the packages of Debian {}", self.title());
        let progress = Progress::start(&what);
        let log = process::run_quietly(
            &what,
            &format!("apt-lists-{}", self.title().replace(' ', "-")),
            UPDATE_LIMIT,
            update.arg("update"),
        );
        // A source of somebody else's may be out of order without harm, and apt
        // counts what it can't reach as no failure.
        let known = self.indexes().is_ok_and(|indexes| !indexes.is_empty());
        progress.end(if known { "ok" } else { "failed" });
        match log {
            _ if known => Ok(()),
            Err(error) => Err(error),
            Ok(log) => bail!(
                "apt can't fetch the package lists of Debian {}: is there a network, and are \
                 Debian's package sources in /etc/apt?\n{}",
                self.codename,
                process::tail(&log, 6)
            ),
        }
    }

    /// The indexes of Debian's own that were fetched.
    fn indexes(&self) -> Result<Vec<Index>> {
        let text = output_of(self.apt("apt-get").args([
            "indextargets",
            "--format",
            "$(ORIGIN)|$(LABEL)|$(CODENAME)|$(SITE)|$(COMPONENT)",
            "Identifier: Packages",
        ]))?;
        Ok(text.lines().filter_map(Index::parse).collect())
    }

    /// apt or one of its tools, on these lists.
    fn apt(&self, tool: &str) -> Command {
        let mut command = Command::new(tool);
        command.env("LC_ALL", "C");
        let mut option = |name: &str, value: &Path| {
            command.arg("-o").arg(format!("{name}={}", value.display()));
        };
        option("Dir::State::Lists", &self.folder.join("lists"));
        option("Dir::Cache", &self.folder.join("cache"));
        // Root's apt would fetch as a user who may not write here.
        option("APT::Sandbox::User", Path::new("root"));
        option("Acquire::Languages", Path::new("none"));
        if let Some(sources) = &self.sources {
            option("APT::Architecture", Path::new(self.architecture.debian()));
            option("APT::Architectures", Path::new(self.architecture.debian()));
            option("Dir::Etc::SourceList", sources);
            option("Dir::Etc::SourceParts", Path::new("/dev/null"));
            // What is installed here is of another release.
            option("Dir::State::status", &self.folder.join("status"));
        }
        command
    }
}

impl Index {
    /// From a line; none if it is not of Debian's main component.
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split('|').map(str::to_owned);
        let origin = fields.next()?;
        let index = Self {
            label: fields.next()?,
            codename: fields.next()?,
            site: fields.next()?,
        };
        (origin == "Debian" && fields.next()? == "main").then_some(index)
    }

    fn is_security(&self) -> bool {
        self.label == "Debian-Security"
    }
}

/// Where the suites are that the indexes are of.
fn sites(indexes: &[Index]) -> Option<Sites> {
    let plain = |index: &&Index| !index.is_security() && !index.codename.contains('-');
    let security = indexes.iter().find(|index| index.is_security());
    Some(Sites {
        main: indexes.iter().find(plain)?.site.clone(),
        security: security.map(|index| index.site.clone()),
    })
}

impl Sites {
    /// The package sources of a release, or of one with its backports.
    fn sources(&self, suite: &str) -> String {
        let codename = suite.strip_suffix(BACKPORTS).unwrap_or(suite);
        let line = |site: &str, suite: &str| {
            format!(
                "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {site} {suite} \
                 main\n"
            )
        };
        let security = self.security.as_ref();
        let security = security.map(|site| line(site, &format!("{codename}-security")));
        let mut sources = line(&self.main, codename) + &security.unwrap_or_default();
        if suite != codename {
            sources += &line(&self.main, suite);
        }
        sources
    }
}

fn folder(name: &str) -> PathBuf {
    paths::output().join("apt").join(name)
}

/// The code name of the machine's release (`os-release(5)`).
pub(crate) fn codename() -> Result<String> {
    let text = std::fs::read_to_string("/etc/os-release").context("can't read /etc/os-release")?;
    let name = text
        .lines()
        .find_map(|line| line.strip_prefix("VERSION_CODENAME="));
    Ok(name.unwrap_or("sid").trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Index, sites};

    const LINES: &str = "\
Debian|Debian|trixie|http://mirror.invalid/debian|main
Debian|Debian|trixie-updates|http://mirror.invalid/debian|main
Debian|Debian-Security|trixie-security|http://mirror.invalid/security|main
Debian|Debian|trixie|http://mirror.invalid/debian|contrib
somebody|else|trixie|http://else.invalid|main
";

    #[test]
    fn only_the_indexes_of_debians_main_component_count() {
        let indexes: Vec<Index> = LINES.lines().filter_map(Index::parse).collect();
        assert_eq!(indexes.len(), 3);
        assert!(indexes[2].is_security());
    }

    #[test]
    fn another_release_is_asked_for_on_the_same_mirrors() {
        let indexes: Vec<Index> = LINES.lines().filter_map(Index::parse).collect();
        let sites = sites(&indexes).expect("there is a main suite");
        let suites = |suite| -> Vec<String> {
            let sources = sites.sources(suite);
            let lines = sources.lines().filter_map(|line| line.split_once("] "));
            lines.map(|(_, suite)| suite.to_owned()).collect()
        };
        let mut expected = vec![
            "http://mirror.invalid/debian bookworm main",
            "http://mirror.invalid/security bookworm-security main",
        ];
        assert_eq!(suites("bookworm"), expected);
        expected.push("http://mirror.invalid/debian bookworm-backports main");
        assert_eq!(suites("bookworm-backports"), expected);
    }
}
