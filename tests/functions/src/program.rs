//! A program of functions, and what it does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::trace;

/// How functions are compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// As they are written.
    Plain,
    /// With the attribute.
    Combined,
}

impl Way {
    /// Both, the plain one first.
    pub const BOTH: [Self; 2] = [Self::Plain, Self::Combined];

    /// What the program calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Combined => "combined",
        }
    }

    /// What is before each function.
    pub(crate) fn attribute(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Combined => "#[sysbatch::combine]",
        }
    }
}

/// A program that has been built.
#[derive(Debug)]
pub struct Program {
    file: PathBuf,
}

/// What a program did.
#[derive(Debug)]
pub struct Run {
    /// What each function came to in each situation.
    pub(crate) lines: Vec<String>,
    /// The calls that each made there.
    pub(crate) calls: Vec<Vec<String>>,
    /// How many batches there were.
    pub batches: u64,
}

impl Run {
    /// How many system calls functions have made.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls.iter().map(Vec::len).sum()
    }
}

impl Program {
    pub(crate) fn new(file: PathBuf) -> Self {
        Self { file }
    }

    /// Runs it under `strace`, with batches in user space, in a folder of its own in
    /// `scratch`.
    ///
    /// # Errors
    /// When it can't be run, or fails.
    pub fn trace(&self, way: Way, scratch: &Path) -> Result<Run> {
        let name = self.file.file_name().context("a program has a name")?;
        let folder = scratch.join(name);
        fs::create_dir_all(&folder)?;
        let trace = folder.join("trace");
        // Without this the signal of a file that becomes too long would end it.
        let mut command = Command::new("env");
        command.args(["--ignore-signal=XFSZ", "strace", "-f", "-s", "64", "-o"]);
        command.arg(&trace).arg(&self.file);
        command.arg(way.name()).arg(folder.join("work"));
        command.env("SYSBATCH_BACKEND", "user");
        let output = command.output().context("can't run env")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{}: {said}", way.name());
        let printed = String::from_utf8(output.stdout).context("it prints text")?;
        let batches = said.trim().parse();
        Ok(Run {
            lines: printed.lines().map(str::to_owned).collect(),
            calls: trace::pieces(&fs::read_to_string(trace)?),
            batches: batches.with_context(|| format!("{}: {said}", way.name()))?,
        })
    }
}
