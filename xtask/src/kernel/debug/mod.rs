//! A kernel that looks for mistakes while it runs, made of Debian's sources.
//!
//! Debian has none to be had as a package. It is made once for each version of the
//! sources and each configuration, and kept as the stock kernels are.

mod build;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

use super::fetch::kernels;
use super::{Kernel, Series};
use crate::archive::Archive;
use crate::{lock, paths};

/// The series it is of: the newest that the project supports.
pub(crate) const SERIES: Series = Series::V6_12;

/// What is set beyond the configuration of the sources' own for a guest.
const CONFIGURATION: &str = include_str!("fragment.config");

/// The compiler: that which is called so, as for any kernel that is built by hand.
const COMPILER: &str = "gcc";

/// Room below `target/` while it is built, and once it is, in bytes: as measured, and
/// a tenth more.
pub(crate) const ROOM: u64 = 2_900_000_000;
const ROOM_KEPT: u64 = 100_000_000;

/// What a former run built.
#[derive(Debug, Serialize, Deserialize)]
struct Built {
    release: String,
    configuration: String,
}

/// Where the sources are to be had.
#[derive(Debug)]
pub(crate) struct Sources {
    /// The package's version.
    version: String,
    archive: Archive,
}

/// The kernel, if a former run built it with the same configuration.
pub(crate) fn built() -> Option<Kernel> {
    let built = recorded()?;
    let kernel = kernel(built.release);
    (built.configuration == CONFIGURATION && kernel.headers().is_dir() && kernel.image().is_file())
        .then_some(kernel)
}

/// Removes what was built, if it is not of the newest sources.
///
/// # Errors
/// When those can't be found out, or it can't be removed.
pub(crate) fn refresh() -> Result<()> {
    let kernels = kernels();
    let _lock = lock::lock(&kernels)?;
    let Some(old) = recorded() else {
        return Ok(());
    };
    if sources()?.release() == old.release {
        return Ok(());
    }
    paths::remove(&kernels.join(old.release))?;
    paths::remove(&record())
}

/// The newest sources: of this machine's Debian, or if that has none of the last
/// release that had.
///
/// # Errors
/// When neither has.
pub(crate) fn sources() -> Result<Sources> {
    let name = package();
    let machine = Archive::of_this_machine()?;
    if let Some(version) = machine.candidate(&name) {
        let archive = machine;
        return Ok(Sources { version, archive });
    }
    let last = SERIES.suite();
    if let Ok(archive) = machine.older(last)
        && let Some(version) = archive.candidate(&name)
    {
        return Ok(Sources { version, archive });
    }
    if !machine.has_security()? {
        bail!(
            "the package sources of this machine have no {name}, nor Debian's security suite, in \
             which it is.\nAdd the suite {}-security to the sources in /etc/apt as \
             https://www.debian.org/security/ says, and try again",
            machine.codename()
        );
    }
    bail!(
        "neither the package sources of this machine (Debian {}) nor those of Debian {last} have \
         a {name}",
        machine.codename()
    )
}

impl Sources {
    /// The release that a kernel made of them has: the version of Linux, and what
    /// tells it from one of other sources or another configuration.
    fn release(&self) -> String {
        let linux = self.version.split('-').next().unwrap_or(&self.version);
        format!("{linux}{}", self.suffix())
    }

    /// The part of that behind the version of Linux.
    fn suffix(&self) -> String {
        let text = format!("{}\n{CONFIGURATION}", self.version);
        let sum = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC).checksum(text.as_bytes());
        format!("-debug-{sum:08x}")
    }

    /// Builds the kernel.
    ///
    /// # Errors
    /// When a step fails.
    pub(crate) fn build(&self) -> Result<Kernel> {
        let kernels = kernels();
        let _lock = lock::lock(&kernels)?;
        // Another process may have been at it.
        if let Some(kernel) = built() {
            return Ok(kernel);
        }
        if let Some(old) = recorded() {
            paths::remove(&kernels.join(old.release))?;
        }
        let kernel = kernel(self.release());
        build::build(self, &kernel)?;
        let text = serde_json::to_string_pretty(&Built {
            release: kernel.release.clone(),
            configuration: CONFIGURATION.to_owned(),
        })?;
        let record = record();
        std::fs::write(&record, text)
            .with_context(|| format!("can't write {}", record.display()))?;
        Ok(kernel)
    }

    /// Downloads the package into a folder.
    fn download(&self, folder: &Path) -> Result<()> {
        let name = package();
        self.archive
            .download(&name, std::slice::from_ref(&name), folder)
    }
}

/// The package of the sources.
fn package() -> String {
    format!("linux-source-{}", SERIES.name())
}

/// What a former run built. A record that can't be read is none.
fn recorded() -> Option<Built> {
    let text = std::fs::read_to_string(record()).ok()?;
    serde_json::from_str(&text).ok()
}

fn record() -> PathBuf {
    kernels().join(format!("{}-debug.json", SERIES.name()))
}

fn kernel(release: String) -> Kernel {
    Kernel {
        folder: kernels().join(&release),
        release,
        compiler: COMPILER.to_owned(),
        looks_for_mistakes: true,
    }
}

#[cfg(test)]
mod tests {
    use super::CONFIGURATION;

    #[test]
    fn each_line_of_the_configuration_sets_something_or_tells_why() {
        for line in CONFIGURATION.lines() {
            let set = line.strip_prefix("CONFIG_").map(|rest| rest.contains('='));
            let unset = line
                .strip_prefix("# CONFIG_")
                .map(|rest| rest.ends_with(" is not set"));
            let comment = line.is_empty() || line.starts_with("# ");
            assert!(set.or(unset).unwrap_or(comment), "{line}");
        }
    }
}
