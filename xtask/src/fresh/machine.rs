//! What the fresh machines take from this one: where packages come from, how the
//! network is reached, and the Rust toolchain.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use crate::process::output_of;

/// How apt reaches the network and what it makes of the clock; not where from.
const APT_SETTINGS: &[&str] = &[
    "Acquire::http",
    "Acquire::https",
    "Acquire::Retries",
    "Acquire::ForceIPv4",
    "Acquire::Check-Date",
    "Acquire::Check-Valid-Until",
];

/// Variables of the environment that say how the network is reached.
const NETWORK: &[&str] = &[
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
];

/// Files that say how the network is reached.
const NETWORK_FILES: &[&str] = &["/etc/resolv.conf", "/etc/hosts"];

/// Certificates of this machine's own network.
const CERTIFICATES: &str = "/usr/local/share/ca-certificates";

/// What was found.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    /// Where Debian's main and updates suites are.
    pub(super) mirror: String,
    /// Where its security suite is.
    pub(super) security: String,
    /// apt's settings, as a file of its configuration.
    pub(super) apt_settings: String,
    /// The folder of the Rust toolchain.
    pub(super) toolchain: PathBuf,
    /// Files to be copied to the same place.
    pub(super) files: Vec<PathBuf>,
    /// Variables to be set.
    pub(super) variables: Vec<(&'static str, String)>,
}

impl Machine {
    /// Asks apt and rustc.
    ///
    /// # Errors
    /// When the sources are not those of a Debian, or there is no toolchain.
    pub(super) fn find() -> Result<Self> {
        let mut targets = Command::new("apt-get");
        targets.args(["indextargets", "--format", "$(RELEASE) $(SITE)"]);
        let targets = output_of(targets.arg("Identifier: Packages"))?;
        let codename = codename()?;
        let (mirror, security) = sites(&targets, &codename)?;
        let mut settings = Command::new("apt-config");
        settings.args(["dump", "--no-empty"]).args(APT_SETTINGS);
        let set = |&name| Some((name, std::env::var(name).ok()?));
        Ok(Self {
            mirror,
            security,
            apt_settings: output_of(&mut settings)?,
            toolchain: toolchain()?,
            files: files()?,
            variables: NETWORK.iter().filter_map(set).collect(),
        })
    }
}

/// The folder of the Rust toolchain in use, also where a program chooses it.
///
/// # Errors
/// When there is no compiler.
pub(super) fn toolchain() -> Result<PathBuf> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let folder = output_of(Command::new(rustc).args(["--print", "sysroot"]))?;
    let folder = PathBuf::from(folder.trim());
    ensure!(
        folder.join("bin/cargo").is_file(),
        "{} has no bin/cargo: the fresh machines get this machine's Rust toolchain, which must \
         be a folder of its own, as rustup makes it",
        folder.display()
    );
    Ok(folder)
}

/// What this machine's release is called.
fn codename() -> Result<String> {
    const FILE: &str = "/etc/os-release";
    let text = std::fs::read_to_string(FILE).with_context(|| format!("can't read {FILE}"))?;
    text.lines()
        .find_map(|line| line.strip_prefix("VERSION_CODENAME="))
        .map(|name| name.trim_matches('"').to_owned())
        .with_context(|| format!("{FILE} has no VERSION_CODENAME: is this a Debian?"))
}

/// Where the suites `codename` and `codename-security` are, by lines of a suite
/// and a site.
fn sites(targets: &str, codename: &str) -> Result<(String, String)> {
    let site = |suite: &str| {
        let sites = targets.lines().filter_map(|line| line.split_once(' '));
        let mut sites = sites.filter(|(release, site)| *release == suite && site.contains("://"));
        sites.next().map(|(_, site)| site.to_owned())
    };
    let security = format!("{codename}-security");
    match (site(codename), site(&security)) {
        (Some(mirror), Some(security)) => Ok((mirror, security)),
        _ => bail!(
            "the fresh machines get their packages from where this one does, but apt's sources \
             here do not have both suites {codename} and {security}: add what is missing \
             (sources.list(5))"
        ),
    }
}

fn files() -> Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = NETWORK_FILES.iter().map(PathBuf::from).collect();
    files.retain(|file| file.is_file());
    let folder = Path::new(CERTIFICATES);
    if folder.is_dir() {
        let entries = std::fs::read_dir(folder)
            .with_context(|| format!("can't read {}", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "crt") {
                files.push(path);
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::sites;

    const TARGETS: &str = "\
nodistro https://elsewhere.example/rust
bookworm http://mirror.example/debian
bookworm-updates http://mirror.example/debian
bookworm-security http://security.example/debian-security
";

    #[test]
    fn the_sites_are_those_of_the_suites() {
        let (mirror, security) = sites(TARGETS, "bookworm").expect("both are there");
        assert_eq!(mirror, "http://mirror.example/debian");
        assert_eq!(security, "http://security.example/debian-security");
    }

    #[test]
    fn a_missing_suite_is_told() {
        assert!(sites(TARGETS, "trixie").is_err());
        let without = TARGETS.replace("-security ", "-backports ");
        assert!(sites(&without, "bookworm").is_err());
    }
}
