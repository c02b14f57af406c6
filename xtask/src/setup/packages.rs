//! Installing Debian packages.

use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use super::rights::Rights;
use crate::archive::Archive;
use crate::process::{self, output_of, run};

/// Downloads of hundreds of megabytes over a slow line.
const INSTALL_LIMIT: Duration = Duration::from_secs(40 * 60);
const UPDATE_LIMIT: Duration = Duration::from_secs(10 * 60);

/// What apt is told. Nothing that is installed may be lost, and another apt that
/// is at work, or one of a run that was interrupted, is waited for.
const INSTALL: &[&str] = &["install", "--no-install-recommends", "--no-remove"];
const WAIT: &[&str] = &["-o", "DPkg::Lock::Timeout=600"];

/// Whether a package is installed.
pub(super) fn installed(name: &str) -> bool {
    let mut query = Command::new("dpkg-query");
    query.args(["--show", "--showformat=${db:Status-Status} ", name]);
    // A word for each architecture; one may be `not-installed`.
    output_of(&mut query).is_ok_and(|text| text.split(' ').any(|status| status == "installed"))
}

/// Whether a package's version is of an upstream version or a later one.
pub(super) fn is_at_least(version: &str, least: &str) -> bool {
    let mut compare = Command::new("dpkg");
    compare.args(["--compare-versions", version, "ge", least]);
    output_of(&mut compare).is_ok()
}

/// What installing packages takes, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Size {
    /// To be downloaded, and kept by apt until it is cleaned.
    pub(super) archives: u64,
    /// Once unpacked.
    pub(super) installed: u64,
}

/// What installing `names` would take.
///
/// # Errors
/// When apt can't be asked, or says that it can't be done.
pub(super) fn size(archive: &Archive, names: &[&str]) -> Result<Size> {
    let arguments: Vec<&str> = INSTALL.iter().chain(names).copied().collect();
    let text = archive.simulate(&arguments)?;
    if let Some(lost) = removed(&text) {
        bail!(
            "installing {} would remove {lost}, which keeps it out.\nIf that is where your Rust \
             toolchain comes from, give it the library source, and no other compiler is needed: \
             rustup component add rust-src",
            names.join(" ")
        );
    }
    if !text.contains("upgraded") {
        bail!(
            "apt can't install {}:\n{}\nMend that, or install by hand what is wanted",
            names.join(" "),
            text.trim()
        );
    }
    Ok(Size {
        archives: amount(&text, "Need to get "),
        installed: amount(&text, "After this operation, "),
    })
}

/// The packages that apt says it would remove.
fn removed(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("will be REMOVED:\n")?;
    Some(rest.lines().next()?.trim())
}

/// The line that installs `names`, for somebody to type.
pub(super) fn line(names: &[&str]) -> String {
    format!(
        "apt-get update && apt-get install --no-install-recommends {}",
        names.join(" ")
    )
}

/// Fetches the system's lists again and installs packages by them.
///
/// # Errors
/// When apt can't.
pub(super) fn install(rights: Rights, names: &[&str]) -> Result<()> {
    let mut update = rights.command("apt-get");
    update.args(WAIT).arg("update");
    run(
        "updating the package lists",
        "apt-update",
        UPDATE_LIMIT,
        &mut update,
    )?;
    let what = format!("installing {}", names.join(" "));
    let attempt = || {
        let mut command = rights.command("apt-get");
        command.args(WAIT).args(INSTALL).arg("--yes").args(names);
        run(&what, "apt-install", INSTALL_LIMIT, &mut command)
    };
    let Err(error) = attempt() else {
        return Ok(());
    };
    // What an interrupted installation left half done.
    if !process::contains(&process::log("apt-install"), "dpkg --configure -a")? {
        return Err(error);
    }
    let mut configure = rights.command("dpkg");
    configure.args(["--configure", "-a"]);
    run(
        "finishing an installation that was interrupted",
        "dpkg-configure",
        INSTALL_LIMIT,
        &mut configure,
    )?;
    attempt().map(drop)
}

/// An amount that apt tells, `24.1 MB/30.2 MB of archives` for one: its first.
fn amount(text: &str, before: &str) -> u64 {
    let amount = || {
        let (_, rest) = text.split_once(before)?;
        let (number, rest) = rest.split_once(' ')?;
        let unit = match rest.get(..2)? {
            "kB" => 1e3,
            "MB" => 1e6,
            "GB" => 1e9,
            _ => 1.0,
        };
        let number: f64 = number.replace(',', "").parse().ok()?;
        Some(number * unit)
    };
    // Positive and far from the limits of the type.
    amount().unwrap_or(0.0) as u64
}

#[cfg(test)]
mod tests {
    use super::{amount, is_at_least, removed};

    #[test]
    fn amounts_are_read_in_apts_words() {
        let text = "Need to get 24.1 MB/130 MB of archives.\n\
                    After this operation, 1,234 kB of additional disk space will be used.\n";
        assert_eq!(amount(text, "Need to get "), 24_100_000);
        assert_eq!(amount(text, "After this operation, "), 1_234_000);
        assert_eq!(amount("Need to get 0 B of archives.", "Need to get "), 0);
        assert_eq!(amount("", "Need to get "), 0);
    }

    #[test]
    fn what_would_be_removed_is_found() {
        let text = "The following packages will be REMOVED:\n  rustup\nThe following NEW";
        assert_eq!(removed(text), Some("rustup"));
        assert_eq!(
            removed("The following NEW packages will be installed:\n"),
            None
        );
    }

    #[test]
    fn versions_are_compared_as_debian_does() {
        assert!(is_at_least("1.85.0+dfsg3-1~deb12u3", "1.85"));
        assert!(is_at_least("1.96.0+dfsg1-1~deb12u2", "1.85"));
        assert!(!is_at_least("1.63.0+dfsg1-2", "1.85"));
    }
}
