//! `sysbatch run`: run a batch written as text, step by step.

use std::path::PathBuf;
use std::process::ExitCode;

/// The arguments of `sysbatch run`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The program; `-` reads standard input
    file: PathBuf,
}

/// Runs `sysbatch run`.
pub(crate) fn execute(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    anyhow::bail!(
        "cannot run {}: the assembler is not built yet",
        arguments.file.display()
    )
}
