//! `cargo xtask package`: Debian packages, from the source package in
//! `packaging/debian`.

mod source;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use crate::setup::{self, Purpose};
use crate::{paths, process};

/// Two builds with optimization, of the command and of the library.
const BUILD_LIMIT: Duration = Duration::from_secs(60 * 60);
const LINTIAN_LIMIT: Duration = Duration::from_secs(15 * 60);

/// Arguments of `cargo xtask package`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Put this behind the version, with a plus sign, as for packages of changed
    /// sources: they are newer than those without.
    #[arg(long, value_name = "WORD", value_parser = suffix)]
    local: Option<String>,
    /// Don't have lintian look at them.
    #[arg(long)]
    no_lintian: bool,
}

/// Builds the packages in place of those that were built before, and has lintian
/// look at them; the files, those of the source package among them.
///
/// # Errors
/// When the tools are missing and can't be had, when the build fails, or when
/// lintian has something to complain about.
pub(crate) fn build(arguments: &Arguments) -> Result<Vec<PathBuf>> {
    setup::prepare(Purpose::Packages, &[])?;
    let folder = paths::output().join("debian");
    let version = arguments.local.as_ref().map_or_else(
        || env!("CARGO_PKG_VERSION").to_owned(),
        |local| format!("{}+{local}", env!("CARGO_PKG_VERSION")),
    );
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("can't create {}", folder.display()))?;
    for file in files(&folder)? {
        paths::remove(&file)?;
    }
    let source = source::lay_out(&folder, &version)?;
    let mut build = Command::new("dpkg-buildpackage");
    build
        .args(["--build=full", "--no-sign"])
        .current_dir(&source)
        // Kept, so that the next time only what has changed is compiled.
        .env("CARGO_TARGET_DIR", folder.join("cargo"))
        .env(
            "XTASK",
            std::env::current_exe().context("can't find this program's own file")?,
        )
        // They name this tree, and not the copy.
        .env_remove("CARGO_MANIFEST_DIR")
        .env_remove("DESTDIR");
    process::run(
        &format!("building the packages of {version}"),
        "debian",
        BUILD_LIMIT,
        &mut build,
    )?;
    let files = files(&folder)?;
    if arguments.no_lintian {
        return Ok(files);
    }
    let changes = files
        .iter()
        .find(|file| {
            file.extension()
                .is_some_and(|extension| extension == "changes")
        })
        .context("dpkg-buildpackage left no .changes file")?;
    let mut lintian = Command::new("lintian");
    lintian.args(["--fail-on", "error,warning", "--allow-root"]);
    process::run("lintian", "lintian", LINTIAN_LIMIT, lintian.arg(changes))?;
    Ok(files)
}

/// What `dpkg-buildpackage` has left in `folder`, beside folders.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let list = || {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                files.push(entry.path());
            }
        }
        files.sort();
        Ok::<_, std::io::Error>(files)
    };
    list().with_context(|| format!("can't list {}", folder.display()))
}

/// A word that may be a part of a version (`deb-version(7)`).
fn suffix(word: &str) -> Result<String> {
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || b".+~".contains(&byte);
    ensure!(
        !word.is_empty() && word.bytes().all(valid),
        "a version has letters, digits, dots, plus signs and tildes only"
    );
    Ok(word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::suffix;

    #[test]
    fn a_version_has_no_hyphen() {
        assert!(suffix("mine1.2~rc").is_ok());
        assert!(suffix("mine-1").is_err());
        assert!(suffix("").is_err());
    }
}
