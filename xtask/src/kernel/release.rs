//! Which kernel is the newest of a series, and the packages it comes in.

use std::cmp::Ordering;

use anyhow::{Context as _, Result, bail};

use super::{Flavour, Need, Series};
use crate::archive::Archive;

/// A kernel release and the packages that it is made of.
#[derive(Clone, Debug)]
pub(crate) struct Release {
    /// The whole release string.
    pub(crate) name: String,
    /// The package of the C compiler that its modules are to be built with.
    pub(crate) compiler: String,
    /// Whether that, and the tools of the headers, are of another release of Debian
    /// than this machine's, and run in a root of it.
    pub(crate) is_foreign: bool,
    /// Headers, and the tools that they call.
    headers: [String; 3],
    /// What is booted, and its modules.
    image: Vec<String>,
    /// Where they are to be had.
    archive: Archive,
}

/// The newest release of a series, in Debian's words `6.12.117+deb12` or
/// `6.1.0-56`, for which image and headers can all be downloaded: of this
/// machine's Debian, or if that has none of the last one that had. Backported ones come
/// from the suite with them, whatever this machine has.
///
/// # Errors
/// When neither has one.
pub(crate) fn newest(series: Series, flavour: Flavour) -> Result<Release> {
    let machine = Archive::of_this_machine()?.of(flavour.architecture())?;
    if series.is_backported() {
        let suite = series.suite();
        let found = newest_in(&machine.release(suite)?, series, flavour)?;
        return found.with_context(|| {
            format!(
                "Debian's suite {suite} has no kernel {} with its headers (any more?): see what \
                 it has, and CONTRIBUTING.md on how to add it",
                series.name()
            )
        });
    }
    if let Some(release) = newest_in(&machine, series, flavour)? {
        return Ok(release);
    }
    let last = series.suite();
    if let Ok(older) = machine.older(last)
        && let Some(release) = newest_in(&older, series, flavour)?
    {
        return Ok(release);
    }
    let wanted = format!("linux-image-{}.*-{}", series.name(), flavour.suffix());
    if !machine.has_security()? {
        bail!(
            "the package sources of this machine have no {wanted}, nor Debian's security suite, \
             in which it is.\nAdd the suite {}-security to the sources in /etc/apt as \
             https://www.debian.org/security/ says, and try again",
            machine.codename()
        );
    }
    bail!(
        "neither the package sources of this machine (Debian {}) nor those of Debian {last} have \
         a {wanted} with its headers",
        machine.codename()
    )
}

/// The newest that one archive has.
fn newest_in(archive: &Archive, series: Series, flavour: Flavour) -> Result<Option<Release>> {
    let suffix = format!("-{}", flavour.suffix());
    let names = archive.names(&format!("linux-image-{}.", series.name()))?;
    let mut versions: Vec<&str> = names
        .iter()
        .filter_map(|name| name.strip_prefix("linux-image-")?.strip_suffix(&suffix))
        // Other flavours end in something else.
        .filter(|version| {
            version.split_once('.').is_some() && !version.contains("bpo") && !is_flavoured(version)
        })
        .collect();
    versions.sort_by(|left, right| compare(right, left));
    for version in versions {
        let names = Names::new(version, series, flavour);
        let available = |name: &String| archive.candidate(name).is_some();
        let Some(image) = names
            .image
            .into_iter()
            .find(|packages| packages.iter().all(available))
        else {
            continue;
        };
        if names.headers.iter().all(available) {
            let depends = archive.depends(&names.headers[0])?;
            return Ok(Some(Release {
                compiler: compiler(&depends)
                    .with_context(|| format!("{} depends on no gcc", names.headers[0]))?,
                name: names.release,
                is_foreign: series.foreign()?.is_some() || !flavour.architecture().is_here(),
                headers: names.headers,
                image,
                archive: archive.clone(),
            }));
        }
    }
    Ok(None)
}

/// The names of a release's packages.
struct Names {
    release: String,
    headers: [String; 3],
    /// The ways in which the image is packed, the later one first: from Linux 6.19 on
    /// the package that is called so is empty.
    image: [Vec<String>; 2],
}

impl Names {
    fn new(version: &str, series: Series, flavour: Flavour) -> Self {
        let release = format!("{version}-{}", flavour.suffix());
        // Once the tools were those of a series.
        let kbuild = if series == Series::V6_1 {
            "linux-kbuild-6.1".to_owned()
        } else {
            format!("linux-kbuild-{version}")
        };
        Self {
            headers: [
                format!("linux-headers-{release}"),
                format!("linux-headers-{version}-common"),
                kbuild,
            ],
            image: [
                vec![
                    format!("linux-binary-{release}"),
                    format!("linux-modules-{release}"),
                    // What is built in, told by name.
                    format!("linux-base-{release}"),
                ],
                vec![format!("linux-image-{release}")],
            ],
            release,
        }
    }
}

impl Release {
    /// Downloads its packages into a folder.
    ///
    /// # Errors
    /// When one can't be had.
    pub(super) fn download(&self, need: Need, folder: &std::path::Path) -> Result<()> {
        let mut packages = self.headers.to_vec();
        if need == Need::Image {
            packages.extend(self.image.iter().cloned());
        }
        self.archive
            .download(&format!("kernel-{}", self.name), &packages, folder)
    }
}

/// The C compiler among the dependencies of a headers package: `gcc-12`, or in
/// older ones `linux-compiler-gcc-12-x86`, which is that.
fn compiler(depends: &str) -> Option<String> {
    let (_, rest) = depends.split_once("gcc-")?;
    let version = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    (!version.is_empty()).then(|| format!("gcc-{version}"))
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
    use super::{compare, compiler, is_flavoured};

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

    #[test]
    fn the_compiler_is_found_among_the_dependencies() {
        let found = |depends: &str| compiler(depends);
        assert_eq!(
            found("linux-base (>= 4.12~), linux-kbuild-6.12.117+deb13, gcc-14").as_deref(),
            Some("gcc-14")
        );
        assert_eq!(
            found("linux-compiler-gcc-12-x86 (>= 6.1), linux-kbuild-6.1").as_deref(),
            Some("gcc-12")
        );
        assert_eq!(
            found("gcc-14-for-host, linux-base (>= 4.12~)").as_deref(),
            Some("gcc-14")
        );
        assert_eq!(found("linux-base"), None);
    }
}
