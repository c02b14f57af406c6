//! The command line: which subcommands there are.

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
use crate::wrap;
use crate::{advise, bench, check, completions, doctor, du, run};

/// Run batches of system calls, in one crossing into the kernel where the
/// sysbatch module is loaded and in user space elsewhere.
#[derive(Debug, Parser)]
#[command(name = "sysbatch", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// The command line of this process. As POSIX has it, a variable says that
    /// there are no options behind the first path of `du`.
    pub(crate) fn of_process() -> Self {
        let mut command = Self::command();
        if std::env::var_os("POSIXLY_CORRECT").is_some() {
            command = command.mut_subcommand("du", |du| {
                du.mut_arg("paths", |paths| paths.trailing_var_arg(true))
            });
        }
        let matches = command.get_matches();
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }
}

/// The subcommands. Each is a module with its `Arguments` and a function
/// `execute` that takes them and gives the exit status.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a batch written as text and print each call with its result
    Run(run::Arguments),
    /// Look for mistakes in a batch written as text, without running it
    Check(check::Arguments),
    /// Tell where batches run here, why, and what can be done
    Doctor(doctor::Arguments),
    /// Measure what system calls cost in batches, against alone
    Bench(bench::Arguments),
    /// Tell which system calls of a program could be batches, and what that is worth
    Advise(advise::Arguments),
    /// Add up how much files and directories take, as du does
    Du(du::Arguments),
    /// Run a program with each of its system calls in a batch of its own
    #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
    Wrap(wrap::Arguments),
    /// Print what a shell needs to complete the command line
    Completions(completions::Arguments),
}

impl Command {
    /// Runs the subcommand.
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Run(arguments) => run::execute(&arguments),
            Self::Check(arguments) => check::execute(&arguments),
            Self::Doctor(arguments) => doctor::execute(&arguments),
            Self::Bench(arguments) => bench::execute(&arguments),
            Self::Advise(arguments) => advise::execute(&arguments),
            Self::Du(arguments) => du::execute(&arguments),
            #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
            Self::Wrap(arguments) => wrap::execute(&arguments),
            Self::Completions(arguments) => completions::execute(&arguments),
        }
    }
}
