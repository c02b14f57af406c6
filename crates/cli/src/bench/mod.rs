//! `sysbatch bench`: what a system call costs in a batch, against alone.
//!
//! ```text
//!  execute
//!    ├─ workload ── which calls and built-ins, and the same calls alone
//!    ├─ program ── them in the memory layout of a format
//!    ├─ batch ── a batch that is run again and again
//!    ├─ measure ── samples in rounds, and their medians
//!    ├─ fit ── a line through them
//!    ├─ parts ── what can be measured without the module, too
//!    ├─ costs ── the same in short, for `sysbatch advise`
//!    ├─ worth ── from how many calls on a batch pays
//!    └─ report ── as text and as JSON
//! ```

pub(crate) mod batch;
mod costs;
mod empty_host;
mod fit;
pub(crate) mod measure;
mod parts;
mod program;
mod random;
mod report;
pub(crate) mod workload;
mod worth;

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::ValueEnum;
use sysbatch::Backend;
use sysbatch::abi::Format;

use crate::progress::Progress;
pub(crate) use costs::costs;
use measure::Plan;
use parts::Parts;
use workload::{Kind, Workload};
use worth::Worth;

/// The batch sizes that are measured, in units of the workload.
const SIZES: [usize; 11] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

/// Which backends are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Which {
    /// The kernel's, if there is one, and user space
    Available,
    /// Only the kernel's
    Kernel,
    /// Only user space
    User,
}

/// The arguments of `sysbatch bench`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Each workload is timed alone, call by call, and in batches of 1 to 1024, in rounds; \
                  the figures are medians of the rounds. The line a + b*n is a least-squares fit \
                  over the batch sizes with weights 1/y^2, since errors of time grow with it; \
                  after the sign ± is its standard error, by drawing rounds again. At the end it is \
                  told from how many calls on a batch pays: measured where the kernel runs \
                  batches, else estimated from measured parts."
)]
pub(crate) struct Arguments {
    /// Which backends to measure
    #[arg(long, value_enum, default_value = "available")]
    backend: Which,

    /// What to measure; may be given several times, everything if it is not
    #[arg(long = "workload", value_name = "WORKLOAD", value_enum)]
    workloads: Vec<Kind>,

    /// In which format; may be given several times, all of them if it is not.
    /// Other than the native one, those of earlier interfaces, are measured for
    /// `unimplemented` and `getppid`
    #[arg(long = "format", value_name = "FORMAT", value_parser = format)]
    formats: Vec<Format>,

    /// How many rounds the medians are of
    #[arg(long, value_name = "N", default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,

    /// How many units of a workload a sample is made of, at least
    #[arg(long, value_name = "N", default_value_t = 2048, value_parser = clap::value_parser!(u32).range(1..))]
    sample: u32,

    /// How long to let the machine settle before, in seconds of its own clock
    #[arg(long, value_name = "SECONDS", default_value_t = 1)]
    settle: u32,

    /// The file that is looked at and read from; the program itself if none is given
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,

    /// Call the unit "instructions": in a virtual machine under `-icount
    /// shift=0` a nanosecond is one
    #[arg(long)]
    icount: bool,

    /// Print the figures of each batch size, too
    #[arg(long)]
    sizes: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Arguments {
    /// The workloads to be measured.
    fn kinds(&self) -> &[Kind] {
        if self.workloads.is_empty() {
            Kind::value_variants()
        } else {
            &self.workloads
        }
    }

    /// The formats to be measured.
    fn formats(&self) -> &[Format] {
        if self.formats.is_empty() {
            &program::FORMATS
        } else {
            &self.formats
        }
    }
}

/// Runs `sysbatch bench`.
pub(crate) fn execute(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let backends = backends(arguments.backend)?;
    let file = match &arguments.file {
        Some(file) => {
            // Later it would be a call of a batch that fails, which names no file.
            let first_byte = || File::open(file)?.read(&mut [0]);
            first_byte().with_context(|| {
                let file = file.display();
                format!("cannot read {file}, which --file says is to be measured with")
            })?;
            file.clone()
        }
        None => std::env::current_exe().context("cannot tell which file this program is")?,
    };
    let plan = Plan {
        rounds: arguments.rounds,
        sample: arguments.sample,
        sizes: &SIZES,
        formats: arguments.formats(),
    };
    let mut progress = Progress::default();
    measure::settle(Duration::from_secs(arguments.settle.into()), &mut progress);
    let mut results = Vec::new();
    for &kind in arguments.kinds() {
        let mut workload = Workload::new(kind, &file)?;
        let calls = workload.calls();
        let name = kind.name();
        if !calls.is_answered() {
            progress.aside(|| {
                eprintln!(
                    "sysbatch bench: {name} is left out: a system call that does not exist is not \
                 answered by ENOSYS here; does a filter answer it?"
                );
            });
            continue;
        }
        let measured = measure::measure(&plan, kind, &calls, &backends, &mut progress);
        results.push(measured.with_context(|| format!("cannot measure {name}"))?);
    }
    let parts = Parts::measure(arguments.rounds, arguments.sample)?;
    drop(progress);
    let worth = Worth::new(parts, &results);
    let report = report::Report::new(arguments, &file, &results, worth);
    let mut out = std::io::stdout().lock();
    if arguments.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        write!(out, "{report}")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The format of this name.
fn format(word: &str) -> Result<Format, String> {
    let mut formats = program::FORMATS.into_iter();
    formats
        .find(|&format| program::name(format) == word)
        .ok_or_else(|| {
            let names = program::FORMATS.map(program::name);
            format!("the formats are {}", names.join(", "))
        })
}

/// The backends to be measured.
fn backends(which: Which) -> anyhow::Result<Vec<Backend>> {
    Ok(match which {
        Which::Kernel => vec![Backend::kernel()?],
        Which::User => vec![Backend::user()],
        Which::Available => {
            let kernel = Backend::kernel();
            if let Err(error) = &kernel {
                eprintln!("sysbatch bench: only user space is measured: {error}");
            }
            kernel.into_iter().chain([Backend::user()]).collect()
        }
    })
}
