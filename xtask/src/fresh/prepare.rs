//! Brings a fresh machine into the state that its case begins with.

use std::fs::File;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, ensure};

use super::age;
use super::root::{PROJECT, Root, USER, USER_ID};
use super::table::{Case, Lists, Person, Release};
use crate::{paths, process};

const LIMIT: Duration = Duration::from_secs(15 * 60);
const INSTALLED: &str = "/var/lib/dpkg/status";
const LISTS: &str = "/var/lib/apt/lists";
/// Else apt may remove what the cases share when it has installed it.
const KEEP: &str = "APT::Keep-Downloaded-Packages \"true\";\n\
                    Binary::apt::APT::Keep-Downloaded-Packages \"true\";\n";

/// Makes the machine of `case` in `root`.
///
/// # Errors
/// When the archive can't be reached, or a command fails.
pub(super) fn prepare(root: &Root<'_>, case: &Case) -> Result<()> {
    root.create()?;
    let machine = root.machine;
    root.write(
        "/etc/apt/sources.list",
        &sources(case.release, case.lists, &machine.mirror, &machine.security),
    )?;
    let settings = format!("{}{KEEP}", machine.apt_settings);
    root.write("/etc/apt/apt.conf.d/90machine", &settings)?;
    for file in &machine.files {
        let path = file.display().to_string();
        let text = std::fs::read_to_string(file).with_context(|| format!("can't read {path}"))?;
        root.write(&path, &text)?;
    }
    let mut script = String::from("set -e\nupdate-ca-certificates\napt-get update\n");
    if case.person == Person::Sudoer {
        script += "apt-get install --yes --no-install-recommends sudo\n";
        script += &format!("echo '{USER} ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/{USER}\n");
    }
    if case.person != Person::Root {
        script += &format!("useradd --create-home --shell /bin/bash --uid {USER_ID} {USER}\n");
    }
    run(root, case, "prepare", Person::Root, &script)?;
    if case.lists == Lists::Released {
        set_back(root)?;
    }
    let clone = format!("git clone --quiet {PROJECT}/bundle sysbatch");
    run(root, case, "clone", case.person, &clone)
}

fn run(root: &Root<'_>, case: &Case, what: &str, person: Person, script: &str) -> Result<()> {
    process::run_quietly(
        &format!("{what} {}", case.name()),
        &format!("fresh-{}-{what}", case.name()),
        LIMIT,
        &mut root.command(person, script),
    )
    .map(drop)
}

fn sources(release: Release, lists: Lists, mirror: &str, security: &str) -> String {
    let name = release.codename();
    let main = format!("deb {mirror} {name} main\n");
    match lists {
        Lists::NoSecurity => main,
        Lists::Current | Lists::Released => {
            format!("{main}deb {mirror} {name}-updates main\ndeb {security} {name}-security main\n")
        }
    }
}

/// Sets the lists back to the day of the release: the main suite's as
/// [`age`] does, while the other suites had none then.
fn set_back(root: &Root<'_>) -> Result<()> {
    let name = root.release.codename();
    let (day, seconds) = root.release.day();
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let folder = root.upper(LISTS);
    let entries =
        std::fs::read_dir(&folder).with_context(|| format!("can't read {}", folder.display()))?;
    let mut changed = 0;
    for entry in entries {
        let file = entry?.path();
        let path = file.file_name().unwrap_or_default().to_string_lossy();
        if path.contains(&format!("_dists_{name}-")) {
            paths::remove(&file)?;
            continue;
        }
        let text = || {
            std::fs::read_to_string(&file).with_context(|| format!("can't read {}", file.display()))
        };
        let text = if path.ends_with(&format!("_dists_{name}_InRelease")) {
            age::release(&text()?, day)
        } else if path.ends_with(&format!("_dists_{name}_main_binary-amd64_Packages")) {
            age::list(&text()?)?
        } else {
            continue;
        };
        std::fs::write(&file, text).with_context(|| format!("can't write {}", file.display()))?;
        // apt asks the archive for what is newer than the file.
        File::options()
            .write(true)
            .open(&file)
            .and_then(|file| file.set_modified(time))
            .with_context(|| format!("can't set the time of {}", file.display()))?;
        changed += 1;
    }
    ensure!(
        changed == 2,
        "{} does not have an InRelease and a Packages file of {name}: apt names them otherwise \
         than when this was written",
        folder.display()
    );
    let installed = age::installed(&root.read(INSTALLED)?);
    root.write(INSTALLED, &installed)
}

#[cfg(test)]
mod tests {
    use super::sources;
    use crate::fresh::table::{Lists, Release};

    #[test]
    fn only_one_kind_of_sources_lacks_the_security_suite() {
        let of = |lists| {
            sources(
                Release::Bookworm,
                lists,
                "http://m.example",
                "http://s.example",
            )
        };
        let all = "deb http://m.example bookworm main\n\
                   deb http://m.example bookworm-updates main\n\
                   deb http://s.example bookworm-security main\n";
        assert_eq!(of(Lists::Current), all);
        assert_eq!(of(Lists::Released), all);
        assert_eq!(
            of(Lists::NoSecurity),
            "deb http://m.example bookworm main\n"
        );
    }
}
