//! `sysbatch advise`: which system calls of a program could be batches, and what that is
//! worth.

mod output;

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::Context as _;
use clap::Args;
use sysbatch_advise::report::Conditions;
use sysbatch_advise::trace::{self, Error, Overhead};
use sysbatch_advise::{Costs, Report, Sequences};

use crate::{bench, end};
use output::Output;

/// How many functions of a stack are looked at.
const DEPTH: usize = 32;

/// Arguments of `sysbatch advise`.
#[derive(Debug, Args)]
#[command(
    after_help = "The command runs as it does alone, but slower, and so do the programs that it \
                  starts. What was found is printed when all of them have ended, to standard \
                  error or a file, and the exit status is the command's."
)]
pub(crate) struct Arguments {
    /// Write what was found to this file instead of standard error
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Show so many functions, those first that save most
    #[arg(long, value_name = "N", default_value_t = 10, conflicts_with = "all")]
    top: usize,
    /// Show all of them
    #[arg(long)]
    all: bool,
    /// Judge by these costs of a crossing, of a batch without entries and of an entry, in
    /// nanoseconds, instead of measuring them: for another machine
    #[arg(long, value_name = "CROSSING,BATCH,STEP", value_parser = costs)]
    costs: Option<Costs>,
    /// Print JSON, which has all of them
    #[arg(long)]
    json: bool,
    /// The program and its arguments
    #[arg(required = true, trailing_var_arg = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Runs the subcommand. The exit status is the command's.
pub(crate) fn execute(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let (name, rest) = arguments
        .command
        .split_first()
        .context("there is no command")?;
    let output = Output::new(arguments.output.as_deref())?;
    let overhead = Overhead::measure(DEPTH).map_err(explain)?;
    let mut command = Command::new(name);
    command.args(rest);
    let started = match trace::start(command) {
        Ok(started) => started,
        Err(Error::Start(error)) => {
            eprintln!("sysbatch advise: can't execute {}: {error}", name.display());
            let is_missing = error.kind() == io::ErrorKind::NotFound;
            return Ok(if is_missing { 127 } else { 126 }.into());
        }
        Err(error) => return Err(explain(error)),
    };
    end::ignore_interrupts();
    let mut sequences = Sequences::new();
    let mut trace = started
        .follow(DEPTH, overhead, &mut sequences)
        .map_err(explain)?;
    // After it, so that the command does not wait for it.
    let costs = arguments.costs.map_or_else(bench::costs, Ok)?;
    let found = sequences.finish();
    let words = arguments.command.iter();
    let conditions = Conditions {
        command: words
            .map(|word| word.to_string_lossy().into_owned())
            .collect(),
        costs,
        ran: trace.processor,
        foreign: trace.foreign,
    };
    let report = Report::new(&found, conditions, &mut trace.stacks);
    let text = if arguments.json {
        serde_json::to_string_pretty(&report)? + "\n"
    } else {
        let rows = if arguments.all {
            usize::MAX
        } else {
            arguments.top
        };
        report.table(output.width(), rows)
    };
    output.write(&text)?;
    Ok(end::as_status(trace.status))
}

/// Costs that were given.
fn costs(text: &str) -> Result<Costs, String> {
    let numbers = text.split(',').map(|number| {
        let number = number.parse::<f64>().ok();
        number.filter(|number| number.is_finite() && *number >= 0.0)
    });
    match numbers.collect::<Option<Vec<f64>>>().as_deref() {
        Some(&[crossing, batch, step]) => Ok(Costs {
            crossing,
            batch,
            step,
            measured: true,
        }),
        _ => Err("three numbers of nanoseconds are wanted, such as 180,900,20".to_owned()),
    }
}

/// What to do about it.
fn explain(error: Error) -> anyhow::Error {
    let is_refused = matches!(error, Error::NotAllowed(_));
    let error = anyhow::Error::new(error);
    if is_refused {
        return error.context(
            "can't trace the command: it may be that this runs in strace or a debugger already, \
             that a container's seccomp profile refuses ptrace(2), or that \
             /proc/sys/kernel/yama/ptrace_scope is 2 or 3; run it outside of these, or as root",
        );
    }
    error.context("can't trace the command")
}
