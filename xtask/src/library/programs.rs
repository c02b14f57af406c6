//! Programs of C that use an installed library: how they are compiled, and the
//! tests.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::{Layout, Tree, examples, install, pages, standard};
use crate::test::tally::{Tally, harness};
use crate::vm::GuestFile;
use crate::{gcc_plugin, paths, process};

/// Tests: each prints what it checked in the words of Rust's harness.
const TESTS: &str = "tests/c/library";
/// The test that compiles as C++ too.
const CONSUMER: &str = "consumer";

const COMPILE_LIMIT: Duration = Duration::from_secs(2 * 60);
pub(super) const RUN_LIMIT: Duration = Duration::from_secs(2 * 60);

/// Compiles and runs every program against an installed tree, in user space.
///
/// # Errors
/// When the library can't be installed; what a program does wrong is counted.
pub(crate) fn check() -> Result<Tally> {
    let folder = paths::output().join("library");
    let tree = installed(&folder)?;
    let mut tally = Tally::default();
    for source in sources(TESTS)? {
        for (compiler, standard) in languages(&source) {
            tally.add(outcome(test(&tree, &folder, &source, compiler, standard)));
        }
    }
    tally.add(examples::check(&tree, &folder)?);
    tally.add(outcome(standard::check(&tree, &folder)));
    tally.add(outcome(pages::check(&tree)));
    Ok(tally)
}

/// The tests, static, for the folder `/capi` of a guest.
///
/// # Errors
/// When one can't be compiled.
pub(crate) fn guest_files() -> Result<Vec<GuestFile>> {
    let folder = paths::output().join("library");
    let tree = installed(&folder)?;
    let mut files = Vec::new();
    for source in sources(TESTS)? {
        let program = folder.join("static").join(name(&source));
        compile(
            &tree,
            &source,
            &program,
            ("gcc", "-std=c11"),
            Linking::Static,
        )?;
        files.push(GuestFile::host(
            &format!("/capi/{}", name(&source)),
            program,
        ));
    }
    files.push(gcc_plugin::guest_program()?);
    Ok(files)
}

/// A fresh tree below `folder`.
fn installed(folder: &Path) -> Result<Tree> {
    let prefix = folder.join("installed");
    if prefix.exists() {
        std::fs::remove_dir_all(&prefix)
            .with_context(|| format!("cannot remove {}", prefix.display()))?;
    }
    install(&Layout::of(&prefix))
}

pub(super) fn outcome(result: Result<usize>) -> Tally {
    match result {
        Ok(passed) => Tally::passed(passed),
        Err(error) => Tally::failure(format!("{error:#}")),
    }
}

pub(super) fn sources(folder: &str) -> Result<Vec<PathBuf>> {
    let folder = paths::root().join(folder);
    let entries =
        std::fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut sources = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "c") {
            sources.push(path);
        }
    }
    sources.sort();
    Ok(sources)
}

pub(super) fn name(source: &Path) -> String {
    let stem = source.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

fn languages(source: &Path) -> Vec<(&'static str, &'static str)> {
    let mut languages = vec![("gcc", "-std=c99"), ("gcc", "-std=c11")];
    if name(source) == CONSUMER {
        languages.push(("g++", "-std=c++11"));
        languages.push(("g++", "-std=c++17"));
    }
    languages
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Linking {
    Shared,
    Static,
}

/// Compiles a program with the flags that `pkg-config` prints.
pub(super) fn compile(
    tree: &Tree,
    source: &Path,
    program: &Path,
    (compiler, standard): (&str, &str),
    linking: Linking,
) -> Result<()> {
    let folder = program.parent().unwrap_or(program);
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut pkg_config = Command::new("pkg-config");
    pkg_config.env("PKG_CONFIG_PATH", tree.lib().join("pkgconfig"));
    pkg_config.args(["--cflags", "--libs"]);
    if linking == Linking::Static {
        pkg_config.arg("--static");
    }
    let flags = process::output_of(pkg_config.arg("sysbatch"))?;
    let mut command = Command::new(compiler);
    if compiler == "g++" {
        command.args(["-x", "c++"]);
    }
    command
        .arg(standard)
        .args(["-O1", "-g", "-Wall", "-Wextra"]);
    command.args(["-Wpedantic", "-Werror", "-pthread"]);
    if linking == Linking::Static {
        // All of them are in the memory of a guest, twice while it boots.
        command.args(["-static", "-Wl,--strip-debug"]);
    }
    command.arg(source).arg("-o").arg(program);
    if compiler == "g++" {
        // What follows are libraries.
        command.args(["-x", "none"]);
    }
    command.args(flags.split_whitespace());
    let title = format!("{} with {compiler} {standard}", name(source));
    let log = format!("library-compile-{}", name(source));
    process::run_quietly(&title, &log, COMPILE_LIMIT, &mut command)?;
    Ok(())
}

/// Compiles a test and runs it; the number of its checks.
fn test(
    tree: &Tree,
    folder: &Path,
    source: &Path,
    compiler: &str,
    standard: &str,
) -> Result<usize> {
    let program = folder.join("tests").join(format!(
        "{}-{}",
        name(source),
        standard.trim_start_matches("-std=")
    ));
    compile(
        tree,
        source,
        &program,
        (compiler, standard),
        Linking::Shared,
    )?;
    let title = format!("{} ({standard}) in user space", name(source));
    let mut command = Command::new(&program);
    command.env("LD_LIBRARY_PATH", tree.lib());
    command.env("SYSBATCH_BACKEND", "user");
    let log = process::run(
        &title,
        &format!("library-{}", name(source)),
        RUN_LIMIT,
        &mut command,
    )?;
    let text =
        std::fs::read_to_string(&log).with_context(|| format!("cannot read {}", log.display()))?;
    let tally = harness(text.lines())?.with_context(|| format!("{title} checked nothing"))?;
    Ok(tally.passed)
}
