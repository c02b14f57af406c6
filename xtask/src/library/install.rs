//! `cargo xtask install`: the C library as a tree below a prefix.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use super::shared;
use crate::manual::names;
use crate::{paths, process};

const BUILD_LIMIT: Duration = Duration::from_secs(20 * 60);

/// Where libraries usually lie below a prefix.
const LIB: &str = "lib";

/// Where what is installed is to be found, and in what state.
#[derive(Clone, Debug, Args)]
pub(crate) struct Layout {
    /// Where it is to be found.
    #[arg(long, value_name = "DIR", default_value = "/usr/local")]
    prefix: PathBuf,
    /// Below it, the folder of the libraries.
    #[arg(long, value_name = "DIR", default_value = LIB)]
    libdir: PathBuf,
    /// Write the files below this folder instead of the root; `DESTDIR` in
    /// the environment does the same.
    #[arg(long, value_name = "DIR", env = "DESTDIR")]
    destdir: Option<PathBuf>,
    /// Leave the symbols in the libraries that only a debugger needs, seven times
    /// as much as the rest of the shared one.
    #[arg(long)]
    keep_symbols: bool,
}

impl Layout {
    /// A tree below `prefix`.
    pub(crate) fn of(prefix: &Path) -> Self {
        Self {
            prefix: prefix.to_owned(),
            libdir: LIB.into(),
            destdir: None,
            keep_symbols: false,
        }
    }
}

/// An installed tree.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    /// Where it lies: the prefix, below `DESTDIR` if there is one.
    pub(crate) folder: PathBuf,
}

impl Tree {
    /// The folder of the libraries, of a layout with the usual one.
    pub(crate) fn lib(&self) -> PathBuf {
        self.folder.join(LIB)
    }

    pub(crate) fn include(&self) -> PathBuf {
        self.folder.join("include")
    }
}

/// Builds the library and installs it with its headers, its description for
/// `pkg-config` and the manual pages.
///
/// The files name the prefix as their place; they are written below the
/// destination, if there is one, as packagers want it.
///
/// # Errors
/// When it can't be built, or a file can't be written.
pub(crate) fn install(layout: &Layout) -> Result<Tree> {
    let prefix = &layout.prefix;
    if !prefix.is_absolute() {
        bail!("the prefix {} is not an absolute path", prefix.display());
    }
    if !layout.libdir.is_relative() {
        let libdir = layout.libdir.display();
        bail!("the folder of the libraries, {libdir}, is not a path below the prefix");
    }
    let folder = match &layout.destdir {
        Some(destination) if !destination.as_os_str().is_empty() => {
            destination.join(prefix.strip_prefix("/").unwrap_or(prefix))
        }
        _ => prefix.clone(),
    };
    let tree = Tree { folder };
    let archive = build()?;
    let lib = tree.folder.join(&layout.libdir);
    libraries(&lib, &archive, layout.keep_symbols)?;
    headers(&tree.include())?;
    write(&lib.join("pkgconfig/sysbatch.pc"), &description(layout))?;
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

fn libraries(lib: &Path, archive: &Path, keep_symbols: bool) -> Result<()> {
    let fixed = lib.join("libsysbatch.a");
    copy(archive, &fixed)?;
    let name = format!("{}.{}", shared::SONAME, minor());
    let shared = lib.join(&name);
    shared::link(archive, &shared)?;
    if !keep_symbols {
        strip("--strip-debug", &fixed)?;
        strip("--strip-unneeded", &shared)?;
    }
    link(&name, &lib.join(shared::SONAME))?;
    link(shared::SONAME, &lib.join("libsysbatch.so"))
}

fn strip(what: &str, library: &Path) -> Result<()> {
    process::output_of(Command::new("strip").arg(what).arg(library)).map(drop)
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

/// What `pkg-config` says. The headers of earlier interfaces are
/// found by the same flags.
fn description(layout: &Layout) -> String {
    format!(
        "prefix={}\n\
         libdir=${{prefix}}/{}\n\
         includedir=${{prefix}}/include\n\
         \n\
         Name: sysbatch\n\
         Description: Many system calls in one crossing to the kernel\n\
         Version: {}\n\
         Cflags: -I${{includedir}} -I${{includedir}}/sysbatch-compat\n\
         Libs: -L${{libdir}} -lsysbatch\n\
         Libs.private: {}\n",
        layout.prefix.display(),
        layout.libdir.display(),
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
