//! `cargo xtask install`: the C library as a tree below a prefix.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::shared;
use crate::manual::names;
use crate::{paths, process};

const BUILD_LIMIT: Duration = Duration::from_secs(20 * 60);

/// An installed tree.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    /// Where it lies: the prefix, below `DESTDIR` if there is one.
    pub(crate) folder: PathBuf,
}

impl Tree {
    pub(crate) fn lib(&self) -> PathBuf {
        self.folder.join("lib")
    }

    pub(crate) fn include(&self) -> PathBuf {
        self.folder.join("include")
    }
}

/// Builds the library and installs it with its headers, its description for
/// `pkg-config` and the manual pages.
///
/// The files name `prefix` as their place; they are written below
/// `destination`, if there is one, as packagers want it.
///
/// # Errors
/// When it can't be built, or a file can't be written.
pub(crate) fn install(prefix: &Path, destination: Option<&Path>) -> Result<Tree> {
    if !prefix.is_absolute() {
        bail!("the prefix {} is not an absolute path", prefix.display());
    }
    let folder = match destination {
        Some(destination) => destination.join(prefix.strip_prefix("/").unwrap_or(prefix)),
        None => prefix.to_owned(),
    };
    let tree = Tree { folder };
    let archive = build()?;
    libraries(&tree.lib(), &archive)?;
    headers(&tree.include())?;
    write(
        &tree.lib().join("pkgconfig/sysbatch.pc"),
        &description(prefix),
    )?;
    manual(&tree.folder.join("share/man"))?;
    Ok(tree)
}

/// The static library, as cargo leaves it.
fn build() -> Result<PathBuf> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(paths::root());
    cargo.args(["build", "--release", "--package", "sysbatch-capi", "--lib"]);
    process::run("building libsysbatch", "library", BUILD_LIMIT, &mut cargo)?;
    Ok(paths::cargo_target().join("release/libsysbatch_capi.a"))
}

fn libraries(lib: &Path, archive: &Path) -> Result<()> {
    copy(archive, &lib.join("libsysbatch.a"))?;
    let name = format!("{}.{}", shared::SONAME, minor());
    shared::link(archive, &lib.join(&name))?;
    link(&name, &lib.join(shared::SONAME))?;
    link(shared::SONAME, &lib.join("libsysbatch.so"))
}

/// The version without its first number, which is the ABI's and in the name.
fn minor() -> &'static str {
    let version = env!("CARGO_PKG_VERSION");
    version.split_once('.').map_or(version, |(_, minor)| minor)
}

fn headers(include: &Path) -> Result<()> {
    let root = paths::root();
    copy(
        &root.join("include/sysbatch_abi.h"),
        &include.join("sysbatch_abi.h"),
    )?;
    copy_headers(&root.join("crates/capi/include"), include)
}

fn copy_headers(from: &Path, to: &Path) -> Result<()> {
    for entry in list(from)? {
        let target = to.join(entry.file_name().unwrap_or_default());
        if entry.is_dir() {
            copy_headers(&entry, &target)?;
        } else if entry.extension().is_some_and(|extension| extension == "h") {
            copy(&entry, &target)?;
        }
    }
    Ok(())
}

/// The pages, each in the folder of its section, and a link to a page for each other
/// name that it has.
fn manual(folder: &Path) -> Result<()> {
    for page in list(&paths::root().join("man"))? {
        let section = page.extension().and_then(|section| section.to_str());
        let section = section.with_context(|| format!("{} has no section", page.display()))?;
        let name = page.file_name().unwrap_or_default();
        let pages = folder.join(format!("man{section}"));
        copy(&page, &pages.join(name))?;
        for other in names::others(&page)? {
            let link = format!(".so man{section}/{}\n", name.display());
            write(&pages.join(format!("{other}.{section}")), &link)?;
        }
    }
    Ok(())
}

/// What `pkg-config` says. The headers of the interfaces that came before are
/// found by the same flags.
fn description(prefix: &Path) -> String {
    format!(
        "prefix={}\n\
         libdir=${{prefix}}/lib\n\
         includedir=${{prefix}}/include\n\
         \n\
         Name: sysbatch\n\
         Description: Many system calls in one crossing to the kernel\n\
         Version: {}\n\
         Cflags: -I${{includedir}} -I${{includedir}}/sysbatch-compat\n\
         Libs: -L${{libdir}} -lsysbatch\n\
         Libs.private: {}\n",
        prefix.display(),
        env!("CARGO_PKG_VERSION"),
        shared::NATIVE.join(" ")
    )
}

fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry?.path());
    }
    paths.sort();
    Ok(paths)
}

fn make_parent(path: &Path) -> Result<()> {
    let parent = path.parent().unwrap_or(path);
    std::fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    make_parent(to)?;
    std::fs::copy(from, to)
        .with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<()> {
    make_parent(path)?;
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// A symbolic link, in the place of an older one.
fn link(target: &str, path: &Path) -> Result<()> {
    if path.is_symlink() {
        std::fs::remove_file(path).with_context(|| format!("cannot replace {}", path.display()))?;
    }
    std::os::unix::fs::symlink(target, path)
        .with_context(|| format!("cannot link {}", path.display()))
}
