//! The options of `sysbatch du`, and what they ask for.

use std::ffi::OsString;
use std::num::NonZero;
use std::path::PathBuf;

use anyhow::bail;
use clap::ArgAction;
use sysbatch_walk::Follow;

use super::account::Lines;
use super::contents::{CountOnce, Rules};
use super::exclude::{self, Exclude};
use super::number;
use super::operands::{self, Operand};
use super::output::{Measure, Threshold};
use super::scale::{Scale, Unit};
use super::time::{TimeFormat, Which};

/// The arguments of `sysbatch du`.
#[derive(Debug, clap::Args)]
#[command(
    disable_help_flag = true,
    args_override_self = true,
    infer_long_args = true,
    after_help = "Totals, lines and their order are those of du from coreutils: a file with \
                  several names is counted once, directories count with their own size, \
                  symbolic links are not followed. The unit is also that of the first of the \
                  variables DU_BLOCK_SIZE, BLOCK_SIZE and BLOCKSIZE that is set; with \
                  POSIXLY_CORRECT it is 512 bytes. The exit status is 1 if anything could not \
                  be read."
)]
pub(crate) struct Arguments {
    /// In what unit.
    #[command(flatten)]
    scale: Scale,

    /// Print a line for each file, and not only for directories
    #[arg(short, long)]
    all: bool,

    /// Count lengths, and not what the file system uses to store them
    #[arg(long)]
    apparent_size: bool,

    /// Count inodes, and not what is stored
    #[arg(long)]
    inodes: bool,

    /// Print a total of all PATHs, too
    #[arg(short = 'c', long)]
    total: bool,

    /// Print only a total for each PATH
    #[arg(short, long)]
    summarize: bool,

    /// Print totals for directories, or files with --all, up to N levels below
    /// a PATH
    #[arg(short = 'd', long, value_name = "N")]
    max_depth: Option<u64>,

    /// Print only what takes at least SIZE; with a minus sign, at most
    #[arg(
        short,
        long,
        value_name = "SIZE",
        value_parser = threshold,
        allow_hyphen_values = true
    )]
    threshold: Option<Threshold>,

    /// Do not count what is in a directory's directories with it
    #[arg(short = 'S', long)]
    separate_dirs: bool,

    /// Count a file as often as it has names
    #[arg(short = 'l', long)]
    count_links: bool,

    /// Leave out what is on other file systems than its PATH
    #[arg(short = 'x', long)]
    one_file_system: bool,

    /// Follow symbolic links
    #[arg(
        short = 'L',
        long,
        overrides_with_all = ["dereference_args", "no_dereference"]
    )]
    dereference: bool,

    /// Follow symbolic links that are PATHs; -H does, too
    #[arg(
        short = 'D',
        short_alias = 'H',
        long,
        overrides_with_all = ["dereference", "no_dereference"]
    )]
    dereference_args: bool,

    /// Follow no symbolic links, which is the default
    #[arg(
        short = 'P',
        long,
        overrides_with_all = ["dereference", "dereference_args"]
    )]
    no_dereference: bool,

    /// Leave out what this pattern of the shell matches, by its path or from any
    /// slash in it on
    #[arg(long, value_name = "PATTERN", action = ArgAction::Append)]
    exclude: Vec<OsString>,

    /// Leave out what a pattern in this file matches; "-" is standard input
    #[arg(short = 'X', long, value_name = "FILE", action = ArgAction::Append)]
    exclude_from: Vec<PathBuf>,

    /// Print when the last file below was changed (mtime), or another of its
    /// times: atime, access or use; ctime or status
    #[arg(
        long,
        value_name = "WORD",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "mtime"
    )]
    time: Option<Which>,

    /// How to print times: full-iso, long-iso, iso, or + and a format of date(1)
    #[arg(long, value_name = "STYLE")]
    time_style: Option<String>,

    /// End lines with a zero byte
    #[arg(short = '0', long)]
    null: bool,

    /// Take the PATHs from this file, where each ends with a zero byte; "-" is
    /// standard input
    #[arg(long, value_name = "FILE", conflicts_with = "paths")]
    files0_from: Option<PathBuf>,

    /// List directories in N threads
    #[arg(long, value_name = "N", default_value = "1", hide_default_value = true)]
    pub(super) threads: NonZero<usize>,

    /// Print what the walk took as a line of JSON on standard error: backend,
    /// crossings (batches and calls made beside them), sub_calls, steps,
    /// batches, directories, files, seconds
    #[arg(long)]
    pub(super) stats: bool,

    /// Print each line as JSON: the path, its size in bytes and its inodes, and
    /// with --time its time; whatever the unit
    #[arg(long, conflicts_with = "null")]
    pub(super) json: bool,

    /// Print help
    #[arg(long, action = ArgAction::Help)]
    help: Option<bool>,

    /// What to add up; the working directory if there is none
    #[arg(value_name = "PATH")]
    paths: Vec<OsString>,
}

/// The size of `--threshold`.
fn threshold(text: &str) -> Result<Threshold, String> {
    let (text, at_most) = match text.strip_prefix('-') {
        Some(rest) => (rest, true),
        None => (text.strip_prefix('+').unwrap_or(text), false),
    };
    match (number::parse(text), at_most) {
        ((Some(number), None), true) if number.value == 0 => {
            Err("nothing takes less than nothing".to_owned())
        }
        ((Some(number), None), true) => Ok(Threshold::AtMost(number.value)),
        ((Some(number), None), false) => Ok(Threshold::AtLeast(number.value)),
        ((_, trouble), _) => Err(trouble.unwrap_or(number::Trouble::NoNumber).to_string()),
    }
}

/// What was asked for.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) operands: Vec<Operand>,
    pub(super) rules: Rules,
    pub(super) lines: Lines,
    pub(super) unit: Unit,
    pub(super) measure: Measure,
    pub(super) threshold: Threshold,
    pub(super) time: Option<TimeFormat>,
    pub(super) end: u8,
    /// What is odd about it, though it can be done.
    pub(super) warnings: Vec<&'static str>,
}

impl Arguments {
    /// What is asked for.
    ///
    /// # Errors
    /// If options contradict each other, or a file that they name cannot be
    /// read.
    pub(super) fn request(&self) -> anyhow::Result<Request> {
        let mut warnings = Vec::new();
        let max_depth = match (self.summarize, self.max_depth) {
            (true, _) if self.all => {
                bail!("--summarize and --all contradict each other; give one of them")
            }
            (true, Some(0)) => {
                warnings.push("--summarize is the same as --max-depth=0");
                0
            }
            (true, None) => 0,
            (true, Some(depth)) => {
                bail!("--summarize and --max-depth={depth} contradict each other; give one of them")
            }
            (false, depth) => depth.unwrap_or(u64::MAX),
        };
        let apparent = self.scale.bytes || self.apparent_size;
        if apparent && self.inodes {
            warnings.push("--apparent-size and --bytes make no difference with --inodes");
        }
        let mut exclude = Exclude::default();
        for pattern in &self.exclude {
            exclude.add(exclude::bytes(pattern))?;
        }
        for file in &self.exclude_from {
            exclude.add_file(file)?;
        }
        let time = match self.time {
            Some(_) => Some(TimeFormat::new(self.time_style.as_deref())?),
            None => None,
        };
        let operands = match &self.files0_from {
            Some(file) => operands::of_file(file)?,
            None => operands::of_arguments(self.paths.clone()),
        };
        let follow = match (self.dereference, self.dereference_args) {
            (true, _) => Follow::Always,
            (false, true) => Follow::Roots,
            (false, false) => Follow::Never,
        };
        // How many paths a file has is taken to be many.
        let several = operands.len() > 1 || self.files0_from.is_some();
        let count_once = if self.count_links {
            CountOnce::None
        } else if several || follow == Follow::Always {
            CountOnce::All
        } else {
            CountOnce::Linked
        };
        let unit = self.scale.unit.clone();
        Ok(Request {
            operands,
            rules: Rules {
                apparent,
                count_once,
                follow,
                one_file_system: self.one_file_system,
                exclude,
                time: self.time,
                files_depth: if self.all { max_depth } else { 0 },
            },
            lines: Lines {
                max_depth,
                separate: self.separate_dirs,
                total: self.total,
            },
            unit: if self.inodes {
                unit.for_counting()
            } else {
                unit
            },
            measure: if self.inodes {
                Measure::Inodes
            } else {
                Measure::Size
            },
            threshold: self.threshold.unwrap_or(Threshold::AtLeast(0)),
            time,
            end: if self.null { 0 } else { b'\n' },
            warnings,
        })
    }
}
