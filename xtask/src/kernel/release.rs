//! Which kernel is the newest of a series, and the packages it comes in.

use std::cmp::Ordering;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::{Flavour, Need, Series};
use crate::packages::candidate_version;
use crate::process::output_of;

/// The newest release of a series, in Debian's words `6.12.117+deb12` or
/// `6.1.0-56`, for which image and headers can all be downloaded.
///
/// # Errors
/// When the archive's lists know none.
pub(super) fn newest(series: Series, flavour: Flavour) -> Result<Release> {
    let prefix = format!("linux-image-{}.", series.name());
    let suffix = format!("-{}", flavour.suffix());
    let names = output_of(Command::new("apt-cache").args(["pkgnames", &prefix]))?;
    let mut versions: Vec<&str> = names
        .lines()
        .filter_map(|name| name.strip_prefix("linux-image-")?.strip_suffix(&suffix))
        // Other flavours and the host's backports end in something else.
        .filter(|version| {
            version.split_once('.').is_some() && !version.contains("bpo") && !is_flavoured(version)
        })
        .collect();
    versions.sort_by(|left, right| compare(right, left));
    versions
        .iter()
        .map(|version| Release::new(version, series, flavour))
        .find(|release| {
            release
                .packages(Need::Image)
                .iter()
                .all(|name| candidate_version(name).is_some())
        })
        .with_context(|| {
            format!(
                "no linux-image-{}.*{suffix} with its headers in the package lists of this machine",
                series.name()
            )
        })
}

/// A kernel release and the packages that it is made of.
#[derive(Debug)]
pub(super) struct Release {
    /// The whole release string.
    pub(super) name: String,
    /// Headers, and the tools that they call.
    headers: [String; 3],
}

impl Release {
    fn new(version: &str, series: Series, flavour: Flavour) -> Self {
        let name = format!("{version}-{}", flavour.suffix());
        let kbuild = match series {
            Series::V6_1 => "linux-kbuild-6.1".to_owned(),
            Series::V6_12 => format!("linux-kbuild-{version}"),
        };
        let headers = [
            format!("linux-headers-{name}"),
            format!("linux-headers-{version}-common"),
            kbuild,
        ];
        Self { name, headers }
    }

    /// The packages to unpack.
    pub(super) fn packages(&self, need: Need) -> Vec<String> {
        let mut packages = self.headers.to_vec();
        if need == Need::Image {
            packages.push(format!("linux-image-{}", self.name));
        }
        packages
    }
}

/// Whether what was taken for a version ends in a flavour: `6.1.0-56-cloud`.
fn is_flavoured(version: &str) -> bool {
    version
        .rsplit('-')
        .next()
        .is_some_and(|last| last.starts_with(|first: char| first.is_ascii_alphabetic()))
}

/// Orders versions by their numbers.
fn compare(left: &str, right: &str) -> Ordering {
    let numbers = |version: &str| -> Vec<u64> {
        version
            .split(|c: char| !c.is_ascii_digit())
            .filter_map(|number| number.parse().ok())
            .collect()
    };
    numbers(left).cmp(&numbers(right))
}

#[cfg(test)]
mod tests {
    use super::{compare, is_flavoured};

    #[test]
    fn versions_are_ordered_by_number() {
        let mut versions = [
            "6.12.9+deb12",
            "6.12.117+deb12",
            "6.12.100+deb12",
            "6.12.117+deb12.1",
        ];
        versions.sort_by(|left, right| compare(left, right));
        assert_eq!(
            versions,
            [
                "6.12.9+deb12",
                "6.12.100+deb12",
                "6.12.117+deb12",
                "6.12.117+deb12.1"
            ]
        );
        assert!(compare("6.1.0-9", "6.1.0-56").is_lt());
    }

    #[test]
    fn a_flavour_is_no_part_of_a_version() {
        assert!(is_flavoured("6.1.0-56-cloud"));
        assert!(is_flavoured("6.12.117+deb12-rt"));
        assert!(!is_flavoured("6.1.0-56"));
        assert!(!is_flavoured("6.12.117+deb12"));
    }
}
