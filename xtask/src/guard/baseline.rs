//! The sources that are counted: these, or those of the commit that set the
//! figures.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::FIGURES;
use super::figures::{Figures, Record};
use super::place::Place;
use crate::kernel::Kernel;
use crate::process::output_of;
use crate::profile::PROGRAM;
use crate::progress::Progress;
use crate::{guest, kmod, lock, paths};

/// What the counts are made of.
const COUNTED: &[&str] = &[
    "kernel",
    "crates/abi",
    "crates/asm",
    "crates/engine",
    "crates/sysbatch",
    "tests/profiled",
    "xtask/src/profile",
    "xtask/src/vm",
    "Cargo.toml",
    "Cargo.lock",
];

/// A copy of the project.
#[derive(Debug)]
pub(super) struct Sources {
    root: PathBuf,
    /// Where what is built of it goes; none for this project's own.
    output: Option<PathBuf>,
}

impl Sources {
    /// This project as it is.
    pub(super) fn here() -> Self {
        Self {
            root: paths::root().to_owned(),
            output: None,
        }
    }

    /// Its root.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The program that runs the batches.
    pub(super) fn program(&self) -> Result<PathBuf> {
        match &self.output {
            None => guest::build(PROGRAM, PROGRAM),
            Some(output) => guest::build_from(&self.root, &output.join("cargo"), PROGRAM, PROGRAM),
        }
    }

    /// The module.
    pub(super) fn module(&self, kernel: &Kernel) -> Result<PathBuf> {
        match &self.output {
            None => kmod::build(kernel),
            Some(output) => {
                let output = output.join(&kernel.release);
                kmod::make(&self.root.join("kernel"), &output, kernel)
            }
        }
    }
}

/// The commit that set the figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Baseline(String);

impl Baseline {
    /// Finds it.
    ///
    /// # Errors
    /// When there is no repository, or its history does not go back so far.
    pub(super) fn find() -> Result<Self> {
        if git(&["rev-parse", "--is-shallow-repository"])? == "true" {
            bail!("the history of this clone is cut off (`git fetch --unshallow` mends that)");
        }
        let commit = git(&["log", "-1", "--format=%H", "--", FIGURES])?;
        if commit.is_empty() {
            bail!("{FIGURES} was never committed");
        }
        Ok(Self(commit))
    }

    /// As people abbreviate it.
    pub(super) fn name(&self) -> &str {
        self.0.get(..10).unwrap_or(&self.0)
    }

    /// Whether what is counted is as it was then.
    ///
    /// # Errors
    /// When git can't tell.
    pub(super) fn is_unchanged(&self) -> Result<bool> {
        let changed = git(&[&["diff", "--name-only", &self.0, "--"], COUNTED].concat())?;
        let others = ["ls-files", "--others", "--exclude-standard", "--"];
        let added = git(&[&others, COUNTED].concat())?;
        Ok(changed.is_empty() && added.is_empty())
    }

    /// Counts what its sources come to here. What was counted once is kept.
    ///
    /// # Errors
    /// When they can't be had, built or run.
    pub(super) fn count(&self, place: Place, here: &Record) -> Result<Record> {
        let folder = paths::output().join("guard");
        // All places share it.
        let _lock = lock::lock(&folder)?;
        let kept = folder.join(format!("{}.json", self.0));
        let mut figures = if kept.exists() {
            Figures::read(&kept)?
        } else {
            Figures::default()
        };
        if let Some(record) = figures.get(place)
            && record.conditions == here.conditions
        {
            return Ok(record.clone());
        }
        let what = format!(
            "counting {} in {} for comparison",
            self.name(),
            place.name()
        );
        let progress = Progress::start(what);
        let work = folder.join("work");
        let counted = self.unpack(&work).and_then(|sources| place.count(&sources));
        progress.end(if counted.is_ok() { "ok" } else { "failed" });
        paths::remove(&work.join("tree"))?;
        let record = counted?;
        figures.insert(place, record.clone());
        figures.write(&kept)?;
        Ok(record)
    }

    /// Its sources in a folder.
    fn unpack(&self, work: &Path) -> Result<Sources> {
        let root = work.join("tree");
        paths::remove(&root)?;
        std::fs::create_dir_all(&root)
            .with_context(|| format!("can't create {}", root.display()))?;
        let archive = work.join("tree.tar");
        let mut export = Command::new("git");
        export.arg("-C").arg(paths::root());
        export.args(["archive", "--format=tar", "--output"]);
        output_of(export.arg(&archive).arg(&self.0))?;
        let mut unpack = Command::new("tar");
        unpack.arg("-x").arg("-C").arg(&root);
        // Times of files as now: make goes by them, and another commit may have
        // been built before.
        output_of(unpack.arg("--touch").arg("-f").arg(&archive))?;
        paths::remove(&archive)?;
        Ok(Sources {
            root,
            output: Some(work.to_owned()),
        })
    }
}

fn git(arguments: &[&str]) -> Result<String> {
    let mut command = Command::new("git");
    command.arg("-C").arg(paths::root()).args(arguments);
    Ok(output_of(&mut command)?.trim().to_owned())
}
