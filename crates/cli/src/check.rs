//! `sysbatch check`: assemble without running.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use sysbatch_asm::{Listing, disassemble};

use crate::source;

/// The arguments of `sysbatch check`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The program; `-` reads standard input
    file: PathBuf,
    /// Print the assembled program as text that assembles to the same program
    #[arg(long)]
    dump: bool,
    /// With --dump, show the bytes of each entry as eight 64-bit words
    #[arg(long, requires = "dump")]
    bytes: bool,
}

/// Runs `sysbatch check`: status 0 if the program has no mistake, else 1.
pub(crate) fn execute(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Some(program) = source::load(&arguments.file)? else {
        return Ok(ExitCode::FAILURE);
    };
    if arguments.dump {
        let bytes = arguments.bytes;
        let text = disassemble(&program, Listing { bytes });
        io::stdout().write_all(text.as_bytes())?;
    }
    Ok(ExitCode::SUCCESS)
}
