//! A program of functions, and what it does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::situation::Situation;
use crate::trace::{self, Piece};

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
#[derive(Clone, Debug)]
pub struct Program {
    /// Its file.
    pub file: PathBuf,
}

/// How a program is run.
#[derive(Clone, Debug)]
pub struct How<'a> {
    /// How many of its functions.
    pub functions: usize,
    /// In which situations.
    pub situations: &'a [Situation],
    /// `kernel` or `user`: where batches are run.
    pub backend: &'a str,
    /// The folder that it works in.
    pub folder: &'a Path,
    /// Who looks on.
    pub tracer: Option<Tracer<'a>>,
}

/// A tracer.
#[derive(Clone, Copy, Debug)]
pub struct Tracer<'a> {
    /// The program `strace`.
    pub strace: &'a str,
    /// What it does beside.
    pub options: &'a [&'a str],
    /// The file that it writes to, where there is room when there is none for functions.
    pub output: &'a Path,
}

/// What a program did.
#[derive(Debug)]
pub struct Run {
    /// What each function came to in each situation.
    pub(crate) lines: Vec<String>,
    /// What each made there, if somebody looked on.
    pub(crate) trace: Option<Vec<Piece>>,
    /// What it counted.
    pub(crate) counts: Counts,
}

/// What a program counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counts {
    /// Batches.
    pub(crate) batches: u64,
    /// What these took: entries of the kernel's device, and calls that were made for them.
    pub(crate) crossings: u64,
    /// Whether they were run by the module to the end.
    pub(crate) kernel: bool,
    /// Signals that came while a function ran.
    pub(crate) signals: u64,
}

impl Program {
    /// Runs it.
    ///
    /// # Errors
    /// When it can't be run, or fails.
    pub fn run(&self, way: Way, how: &How<'_>) -> Result<Run> {
        let mut command = match how.tracer {
            None => Command::new(&self.file),
            Some(tracer) => {
                let mut command = Command::new(tracer.strace);
                command.args(["-s", "64", "-o"]).arg(tracer.output);
                command.args(tracer.options).arg(&self.file);
                command
            }
        };
        command.arg(way.name()).arg(how.functions.to_string());
        command.arg(how.folder);
        command.args(how.situations.iter().map(|situation| situation.name()));
        command.env("SYSBATCH_BACKEND", how.backend);
        let output = command
            .output()
            .with_context(|| format!("can't run {command:?}"))?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "{command:?} ended with {}: {said}",
            output.status
        );
        let trace = match how.tracer {
            None => None,
            Some(tracer) => Some(trace::pieces(&fs::read_to_string(tracer.output)?)),
        };
        let printed = String::from_utf8(output.stdout).context("it prints text")?;
        Ok(Run {
            lines: printed.lines().map(str::to_owned).collect(),
            trace,
            counts: counts(&said).with_context(|| format!("{command:?} said: {said}"))?,
        })
    }
}

fn counts(text: &str) -> Option<Counts> {
    let count = |name: &str| -> Option<u64> {
        let mut words = text.split_whitespace();
        words.find_map(|word| word.strip_prefix(name)?.strip_prefix('=')?.parse().ok())
    };
    Some(Counts {
        batches: count("batches")?,
        crossings: count("crossings")?,
        kernel: count("kernel")? == 1,
        signals: count("signals")?,
    })
}
