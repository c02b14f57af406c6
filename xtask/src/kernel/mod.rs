//! Stock Debian kernels, unpacked under `target/kernels/` and never installed.

pub(crate) mod debug;
mod fetch;
mod foreign;
mod modules;
mod release;
mod series;

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::architecture::Architecture;
pub(crate) use fetch::{ensure, refresh, unpacked};
pub(crate) use foreign::{ROOM as ROOT_ROOM, Root};
pub(crate) use modules::with_dependencies;
pub(crate) use release::{Release, newest};
pub(crate) use series::Series;

/// Which of Debian's configurations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Flavour {
    /// For virtual machines: small, quick to boot.
    #[default]
    Cloud,
    /// For any PC.
    Generic,
    /// For virtual machines of 64-bit Arm. There is no module for it.
    CloudArm64,
}

impl Flavour {
    /// The end of the release string.
    pub(crate) const fn suffix(self) -> &'static str {
        match self {
            Self::Cloud => "cloud-amd64",
            Self::Generic => "amd64",
            Self::CloudArm64 => "cloud-arm64",
        }
    }

    /// What it is for.
    pub(crate) const fn architecture(self) -> Architecture {
        match self {
            Self::Cloud | Self::Generic => Architecture::X86_64,
            Self::CloudArm64 => Architecture::Aarch64,
        }
    }
}

/// What a kernel is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Need {
    /// To build modules.
    Headers,
    /// To boot it, too.
    Image,
}

/// An unpacked kernel.
#[derive(Clone, Debug)]
pub(crate) struct Kernel {
    /// What `uname -r` says when it runs.
    pub(crate) release: String,
    /// The folder that its packages are unpacked in.
    pub(crate) folder: PathBuf,
    /// The package of the C compiler that its modules are built with.
    pub(crate) compiler: String,
    /// Whether it looks for mistakes while it runs, and is slow for that.
    pub(crate) looks_for_mistakes: bool,
}

impl Kernel {
    /// The compressed image that a boot loader takes.
    pub(crate) fn image(&self) -> PathBuf {
        let among_modules = format!("usr/lib/modules/{}/vmlinuz", self.release);
        let among_modules = self.folder.join(among_modules);
        if among_modules.is_file() {
            among_modules
        } else {
            self.folder.join(format!("boot/vmlinuz-{}", self.release))
        }
    }

    /// What it runs on.
    pub(crate) fn architecture(&self) -> Architecture {
        let all = Flavour::value_variants().iter();
        let of_others = |flavour: &&Flavour| {
            !flavour.architecture().is_here() && self.release.ends_with(flavour.suffix())
        };
        all.copied()
            .find(|flavour| of_others(&flavour))
            .map_or(Architecture::X86_64, Flavour::architecture)
    }

    /// The release of Debian that its headers' tools and its compiler are of, if it is
    /// not this machine's: modules are built in a root of it.
    ///
    /// # Errors
    /// When it is of no series that the project supports, or this machine's release is
    /// not known.
    pub(crate) fn foreign(&self) -> Result<Option<&'static str>> {
        self.series()?.foreign()
    }

    /// The folder to build modules against.
    pub(crate) fn headers(&self) -> PathBuf {
        self.folder
            .join(format!("usr/src/linux-headers-{}", self.release))
    }

    /// The part of them that all flavours share.
    pub(crate) fn common_headers(&self) -> PathBuf {
        let version = Flavour::value_variants().iter().find_map(|flavour| {
            let release = self.release.strip_suffix(flavour.suffix())?;
            release.strip_suffix('-')
        });
        let version = version.unwrap_or(&self.release);
        self.folder
            .join(format!("usr/src/linux-headers-{version}-common"))
    }

    /// Which series it is of.
    ///
    /// # Errors
    /// When it is of none that the project supports.
    pub(crate) fn series(&self) -> Result<Series> {
        Series::of(&self.release)
            .with_context(|| format!("Linux {} is of no supported series", self.release))
    }

    /// Its own modules, which Debian 13 has below `usr`.
    pub(crate) fn modules(&self) -> PathBuf {
        let below = |parent: &str| {
            let path = format!("{parent}lib/modules/{}/kernel", self.release);
            self.folder.join(path)
        };
        let usr = below("usr/");
        if usr.is_dir() { usr } else { below("") }
    }
}
