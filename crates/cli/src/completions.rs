//! `sysbatch completions`: what a shell needs to complete the command line.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::command::Cli;

/// The arguments of `sysbatch completions`.
#[derive(Debug, clap::Args)]
#[command(after_help = "bash: sysbatch completions bash \
                        >~/.local/share/bash-completion/completions/sysbatch")]
pub(crate) struct Arguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Runs `sysbatch completions`.
pub(crate) fn execute(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    // Into memory first: the generator panics when it can't write.
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut Cli::command(),
        "sysbatch",
        &mut script,
    );
    io::stdout().write_all(&script)?;
    Ok(ExitCode::SUCCESS)
}
