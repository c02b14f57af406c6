//! What the fresh machines take from this one: where packages come from, how the
//! network is reached, and the Rust toolchain.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::archive::Archive;
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
        let sites = Archive::of_this_machine()?.sites()?;
        let security = sites.security.context(
            "the fresh machines get their packages from where this one does, but apt's sources \
             here do not have the security suite: add it (sources.list(5))",
        )?;
        let mut settings = Command::new("apt-config");
        settings.args(["dump", "--no-empty"]).args(APT_SETTINGS);
        let set = |&name| Some((name, std::env::var(name).ok()?));
        Ok(Self {
            mirror: sites.main,
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
