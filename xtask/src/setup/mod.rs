//! What has to be on the machine before anything else can be done: packages of
//! Debian's, kernels, and room for them.
//!
//! All that can be found missing or impossible is found before anything is
//! installed or downloaded but package lists.

mod compiler;
mod needs;
mod packages;
mod rights;
mod space;
mod target;

use std::path::Path;

use anyhow::{Result, bail};

use crate::archive::Archive;
use crate::kernel::{self, Flavour, Release, Root, Series};
use crate::paths;
use crate::progress::say;

pub(crate) use compiler::version as rust_compiler;
pub(crate) use needs::Purpose;
use rights::Rights;
use space::Room;
pub(crate) use target::prepare_target;

/// A kernel that is wanted.
pub(crate) type Wanted = (Series, Flavour, kernel::Need);

/// Characters that the kernel's build, shell scripts or the emulator's options
/// would take for something else than a part of a path.
const BAD_IN_PATHS: &[char] = &[
    ':', '#', '$', '%', '&', '\'', '"', '*', ',', ';', '<', '>', '?', '[', ']', '\\', '`', '(',
    ')', '{', '}', '|', '=', '!',
];

/// Makes sure that there is all that `purpose` and `kernels` need.
///
/// # Errors
/// When something is missing and can't be had; the error says what to do.
pub(crate) fn prepare(purpose: Purpose, kernels: &[Wanted]) -> Result<()> {
    check_path(paths::root())?;
    let mut missing = Missing::find(purpose, kernels)?;
    if missing.is_nothing() {
        return Ok(());
    }
    let archive = Archive::of_this_machine()?;
    for &(series, flavour, _) in &missing.kernels {
        missing.releases.push(kernel::newest(series, flavour)?);
    }
    let names = missing.packages(&archive)?;
    let size = if names.is_empty() {
        packages::Size::default()
    } else {
        packages::size(&archive, &names)?
    };
    let output = paths::output();
    let taken = space::check(&[
        Room {
            what: "packages that are downloaded",
            folder: Path::new("/var/cache/apt"),
            bytes: size.archives,
        },
        Room {
            what: "packages that are installed",
            folder: Path::new("/usr"),
            bytes: size.installed,
        },
        Room {
            what: "kernels and builds",
            folder: &output,
            bytes: room_for_output(purpose, kernels, &output)?,
        },
    ])?;
    if !taken.is_empty() {
        say(&format!("set-up takes {taken}"));
    }
    if !names.is_empty() {
        let Some(rights) = Rights::obtain(&format!("installing {}", names.join(" "))) else {
            bail!(
                "these Debian packages are missing or too old: {}\nAs root, type:\n  {}\nand then \
                 the same command again",
                names.join(" "),
                packages::line(&names)
            );
        };
        packages::install(rights, &names)?;
    }
    for &(series, flavour, need) in kernels {
        let kernel = kernel::ensure(series, flavour, need)?;
        if kernel.architecture().is_here()
            && let Some(release) = kernel.foreign()?
        {
            Root::ensure(release, &kernel.compiler)?;
        }
    }
    Ok(())
}

/// Fails when there is less room than is wanted below a folder; else says in words
/// what will be taken.
///
/// # Errors
/// Then, and when the file system can't be asked.
pub(crate) fn check_room(what: &'static str, folder: &Path, bytes: u64) -> Result<String> {
    space::check(&[Room {
        what,
        folder,
        bytes,
    }])
}

/// Room below `target/` that is left to be taken, in bytes.
fn room_for_output(purpose: Purpose, kernels: &[Wanted], output: &Path) -> Result<u64> {
    // As measured on Debian 12 and 13, and a tenth more.
    let whole = match purpose {
        Purpose::Module => 300_000_000,
        Purpose::Machine => 1_300_000_000,
        // Machines, and trees of 240,000 files.
        Purpose::Benchmarks => 2_600_000_000,
        Purpose::Tests => 6_300_000_000,
        Purpose::DebugKernel => 6_300_000_000 + kernel::debug::ROOM,
        Purpose::Packages => 1_500_000_000,
        Purpose::OtherArchitecture => 3_000_000_000,
        Purpose::FreshSystems => 20_000_000_000,
    };
    let mut roots = 0;
    for (series, ..) in kernels {
        if series.foreign()?.is_some() {
            roots = kernel::ROOT_ROOM;
        }
    }
    // What is there already is a former run's that came so far.
    Ok(u64::saturating_sub(whole + roots, space::taken(output)))
}

/// What is not there.
#[derive(Debug)]
struct Missing {
    /// One of each.
    needs: Vec<&'static [&'static str]>,
    rust_compiler: bool,
    kernels: Vec<Wanted>,
    /// Compilers of kernels that are there.
    c_compilers: Vec<String>,
    /// What will be taken for those that are not.
    releases: Vec<Release>,
}

impl Missing {
    fn find(purpose: Purpose, wanted: &[Wanted]) -> Result<Self> {
        let needs = needs::NEEDS
            .iter()
            .filter(|need| purpose.takes(need.purpose))
            .map(|need| need.packages)
            .filter(|names| !names.iter().any(|name| packages::installed(name)));
        let mut missing = Self {
            needs: needs.collect(),
            rust_compiler: purpose.takes(Purpose::Module) && !compiler::is_there(),
            kernels: Vec::new(),
            c_compilers: Vec::new(),
            releases: Vec::new(),
        };
        for &(series, flavour, need) in wanted {
            match kernel::unpacked(series, flavour, need)? {
                Some(kernel) if !kernel.architecture().is_here() => {}
                Some(kernel) if kernel.foreign()?.is_some() => {}
                Some(kernel) => missing.add_compiler(kernel.compiler),
                None => missing.kernels.push((series, flavour, need)),
            }
        }
        Ok(missing)
    }

    fn is_nothing(&self) -> bool {
        self.needs.is_empty()
            && !self.rust_compiler
            && self.kernels.is_empty()
            && self.c_compilers.is_empty()
    }

    fn add_compiler(&mut self, name: String) {
        if !packages::installed(&name) && !self.c_compilers.contains(&name) {
            self.c_compilers.push(name);
        }
    }

    /// The packages to install.
    ///
    /// # Errors
    /// When the archive lacks one.
    fn packages(&mut self, archive: &Archive) -> Result<Vec<&str>> {
        for release in self.releases.clone() {
            if !release.is_foreign {
                self.add_compiler(release.compiler);
            }
        }
        let compilers = self.c_compilers.iter().map(String::as_str);
        let mut names: Vec<&str> = Vec::new();
        for alternatives in self
            .needs
            .iter()
            .map(|names| names.to_vec())
            .chain(compilers.map(|name| vec![name]))
        {
            let found = alternatives
                .iter()
                .find(|name| archive.candidate(name).is_some());
            let Some(name) = found else {
                bail!(
                    "the package sources of this machine (Debian {}) have no {}: are Debian's \
                     main sources in /etc/apt?",
                    archive.codename(),
                    alternatives.join(" or ")
                );
            };
            names.push(name);
        }
        if self.rust_compiler {
            names.extend(compiler::packages(archive)?);
        }
        Ok(names)
    }
}

/// Fails on a path that a build would stumble over halfway.
fn check_path(root: &Path) -> Result<()> {
    let text = root.to_string_lossy();
    let bad = |c: char| c.is_whitespace() || c.is_control() || BAD_IN_PATHS.contains(&c);
    if let Some(found) = text.chars().find(|&c| bad(c)) {
        bail!(
            "the project is in the folder `{text}`, and the kernel's build can't do with a {} in \
             a path.\nMove it to a folder without, and try again",
            if found.is_whitespace() {
                "space".to_owned()
            } else {
                format!("`{found}`")
            }
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::check_path;

    #[test]
    fn paths_that_builds_stumble_over_are_refused() {
        assert!(check_path(Path::new("/home/user/src/sys-batch_1.0~x")).is_ok());
        assert!(check_path(Path::new("/home/üser/sysbatch")).is_ok());
        for (path, word) in [("/home/my user/sysbatch", "space"), ("/a,b", "`,`")] {
            let error = check_path(Path::new(path)).expect_err(path).to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
