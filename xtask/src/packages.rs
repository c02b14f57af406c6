//! Debian packages that building and booting need.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::process::{output_of, run};

/// Each line is a need; the first name that the archive has serves it.
const NEEDS: &[&[&str]] = &[
    // The virtual machine, its shell and its disks.
    &["qemu-system-x86"],
    &["busybox-static"],
    &["e2fsprogs"],
    // What the kernel headers compile with, and the library objtool needs.
    &["make"],
    &["gcc-12", "gcc"],
    &["libc6-dev"],
    &["libelf1", "libelf1t64"],
    // The C header and the manual pages are checked with these.
    &["g++"],
    &["groff-base"],
    // The C library is linked, looked at and found by programs with these.
    &["binutils"],
    &["pkg-config", "pkgconf"],
    // Builds the module on users' machines, and so in a test.
    &["dkms"],
    // The compiler of the module's Rust half, with its library source.
    &["rustc-web", "rustc"],
    &["rust-web-src", "rust-src"],
];

/// Downloads of a hundred megabytes over a slow line.
const INSTALL_LIMIT: Duration = Duration::from_secs(20 * 60);
const UPDATE_LIMIT: Duration = Duration::from_secs(5 * 60);

/// Installs the packages that are missing.
///
/// # Errors
/// When there are any and this user can't install them; the error is the line
/// to type.
pub(crate) fn install_missing() -> Result<()> {
    let unmet: Vec<&[&str]> = NEEDS
        .iter()
        .copied()
        .filter(|names| !names.iter().any(|name| installed(name)))
        .collect();
    if unmet.is_empty() {
        return Ok(());
    }
    let mut names = candidates(&unmet);
    if names.is_none() && elevated("true").is_some() {
        update_lists()?;
        names = candidates(&unmet);
    }
    let Some(names) = names else {
        let first: Vec<&str> = unmet.iter().map(|names| names[0]).collect();
        bail!(
            "these Debian packages are needed and not all are known here: {names}\n\
             type: sudo apt-get update && sudo apt-get install --no-install-recommends {names}",
            names = first.join(" "),
        );
    };
    let install = |names: &[&str]| {
        let mut command = elevated("apt-get")?;
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
            .args(["install", "--yes", "--no-install-recommends"])
            .args(names);
        Some(command)
    };
    let Some(mut command) = install(&names) else {
        bail!(
            "these Debian packages are missing: {names}\n\
             type: sudo apt-get install --no-install-recommends {names}",
            names = names.join(" "),
        );
    };
    let what = format!("installing {}", names.join(" "));
    if run(&what, "apt-install", INSTALL_LIMIT, &mut command).is_ok() {
        return Ok(());
    }
    // The lists may name versions that the archive has replaced.
    update_lists()?;
    let mut command = install(&names).context("the right to install was there a moment ago")?;
    run(&what, "apt-install", INSTALL_LIMIT, &mut command).map(drop)
}

/// Fetches the archive's lists anew.
///
/// # Errors
/// When this user may not, or the archive can't be reached.
pub(crate) fn update_lists() -> Result<()> {
    let Some(mut command) = elevated("apt-get") else {
        bail!("the package lists of this machine are out of date\ntype: sudo apt-get update");
    };
    run(
        "updating the package lists",
        "apt-update",
        UPDATE_LIMIT,
        command.arg("update"),
    )
    .map(drop)
}

fn installed(name: &str) -> bool {
    let mut query = Command::new("dpkg-query");
    query.args(["--show", "--showformat=${db:Status-Status}", name]);
    output_of(&mut query).is_ok_and(|status| status == "installed")
}

/// For each need the first name that can be installed; none if one has none.
fn candidates<'a>(needs: &[&[&'a str]]) -> Option<Vec<&'a str>> {
    needs
        .iter()
        .map(|names| {
            names
                .iter()
                .copied()
                .find(|name| candidate_version(name).is_some())
        })
        .collect()
}

/// The version that apt would install.
pub(crate) fn candidate_version(name: &str) -> Option<String> {
    let policy = output_of(
        Command::new("apt-cache")
            .env("LC_ALL", "C")
            .args(["policy", name]),
    )
    .ok()?;
    let version = policy
        .lines()
        .find_map(|line| line.trim().strip_prefix("Candidate: "))?;
    (version != "(none)").then(|| version.to_owned())
}

/// `program` with the rights of root, if they can be had without asking.
fn elevated(program: &str) -> Option<Command> {
    if rustix::process::geteuid().is_root() {
        return Some(Command::new(program));
    }
    output_of(Command::new("sudo").args(["--non-interactive", "true"])).ok()?;
    let mut command = Command::new("sudo");
    command.args(["--non-interactive", program]);
    Some(command)
}
