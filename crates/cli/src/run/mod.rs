//! `sysbatch run`: run a batch written as text.

mod json;
mod output;
mod records;
mod step;
mod text;
mod verdict;
mod whole;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use sysbatch::Backend;
use sysbatch_asm::{Image, Program};

use crate::source;
use output::Output;

/// The arguments of `sysbatch run`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The program; `-` reads standard input
    file: PathBuf,
    /// Where to run it, instead of the kernel if its module is there and this
    /// process otherwise
    #[arg(long, value_enum)]
    backend: Option<Place>,
    /// The most steps to make, instead of what the program says
    #[arg(long, value_name = "STEPS")]
    fuel: Option<u64>,
    /// Run it in one go and print the result slots at its end, instead of one
    /// step at a time with each call and its result
    #[arg(long)]
    whole: bool,
    /// Print to this file instead of standard output
    #[arg(short, long, value_name = "FILE", conflicts_with = "quiet")]
    output: Option<PathBuf>,
    /// Print nothing but what the batch itself writes, and errors
    #[arg(short, long)]
    quiet: bool,
    /// Print each step as a line of JSON, and how the batch ended as the last one
    #[arg(long, conflicts_with = "quiet")]
    json: bool,
}

/// A backend as an argument.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Place {
    /// The kernel module, through /dev/sysbatch
    Kernel,
    /// This process
    User,
}

impl Arguments {
    fn backend(&self) -> anyhow::Result<Backend> {
        Ok(match self.backend {
            None => Backend::select()?,
            Some(Place::User) => Backend::user(),
            Some(Place::Kernel) => {
                Backend::kernel().context("cannot run the batch in the kernel")?
            }
        })
    }

    fn output(&self) -> anyhow::Result<Output> {
        match &self.output {
            _ if self.quiet => Ok(Output::none()),
            None => Ok(Output::standard()),
            Some(path) => Output::file(path)
                .with_context(|| format!("cannot write the trace to {}", path.display())),
        }
    }
}

/// Context for an error that keeps the batch's memory from being reached.
const NO_MEMORY: &str = "cannot reach this process's memory by address";

/// A program in memory and what is needed to run it.
struct Session {
    program: Program,
    image: Image,
    backend: Backend,
    fuel: u64,
    /// What is printed is JSON.
    json: bool,
}

/// Runs `sysbatch run`. The status is 0 if the batch ended, 1 if it or the
/// command was in error, 3 if it ran out of fuel.
pub(crate) fn execute(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Some(program) = source::load(&arguments.file)? else {
        return Ok(ExitCode::FAILURE);
    };
    let session = Session {
        image: Image::load(&program),
        backend: arguments.backend()?,
        fuel: arguments.fuel.unwrap_or(program.fuel),
        program,
        json: arguments.json,
    };
    let mut output = arguments.output()?;
    let verdict = if arguments.whole {
        whole::run(&session, &mut output)?
    } else {
        step::run(&session, &mut output)?
    };
    verdict.report(&session, &arguments.file, &mut output)
}
