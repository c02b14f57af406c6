//! `sysbatch bench`: what a system call costs in a batch, against alone.
//!
//! ```text
//!  execute
//!    ├─ workload ── which calls, as entries of a batch and alone
//!    ├─ batch ── a batch that is run again and again
//!    ├─ measure ── samples in rounds, and their medians
//!    ├─ fit ── a line through them
//!    └─ report ── as text and as JSON
//! ```

pub(crate) mod batch;
mod fit;
pub(crate) mod measure;
mod report;
pub(crate) mod workload;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::ValueEnum;
use sysbatch::Backend;

use measure::Plan;
use workload::Workload;

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
                  after the sign ± is the standard error."
)]
pub(crate) struct Arguments {
    /// Which backends to measure
    #[arg(long, value_enum, default_value = "available")]
    backend: Which,

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

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs `sysbatch bench`.
pub(crate) fn execute(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let backends = backends(arguments.backend)?;
    let file = match &arguments.file {
        Some(file) => file.clone(),
        None => std::env::current_exe().context("cannot tell which file this program is")?,
    };
    let plan = Plan {
        rounds: arguments.rounds,
        sample: arguments.sample,
        sizes: &SIZES,
    };
    measure::settle(Duration::from_secs(arguments.settle.into()));
    let mut results = Vec::new();
    for mut workload in Workload::all(&file)? {
        let name = workload.name();
        let measured = measure::measure(&plan, &mut workload, &backends);
        results.push(measured.with_context(|| format!("cannot measure {name}"))?);
    }
    let report = report::Report::new(arguments, &file, &results);
    let mut out = std::io::stdout().lock();
    if arguments.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        write!(out, "{report}")?;
    }
    Ok(ExitCode::SUCCESS)
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
