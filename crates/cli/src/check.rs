//! `sysbatch check`: assemble without running.

use std::path::PathBuf;
use std::process::ExitCode;

/// The arguments of `sysbatch check`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The program; `-` reads standard input
    file: PathBuf,
}

/// Runs `sysbatch check`.
pub(crate) fn execute(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    anyhow::bail!(
        "cannot check {}: the assembler is not built yet",
        arguments.file.display()
    )
}
