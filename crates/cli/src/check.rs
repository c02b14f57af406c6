//! `sysbatch check`: assemble without running.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::Serialize;
use sysbatch_asm::{Detail, Listing, disassemble};

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
    /// Print the mistakes as JSON on standard output
    #[arg(long, conflicts_with = "dump")]
    json: bool,
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Report<'file> {
    file: &'file str,
    /// How many entries the program has, if it has no mistake.
    entries: Option<usize>,
    mistakes: Vec<Mistake>,
}

/// One of them; [`Detail`] says what each member is.
#[derive(Debug, Serialize)]
struct Mistake {
    code: &'static str,
    line: usize,
    column: usize,
    message: String,
    label: &'static str,
    hint: Option<String>,
}

impl From<Detail> for Mistake {
    fn from(detail: Detail) -> Self {
        Self {
            code: detail.code,
            line: detail.line,
            column: detail.column,
            message: detail.message,
            label: detail.label,
            hint: detail.hint,
        }
    }
}

/// Runs `sysbatch check`: status 0 if the program has no mistake, else 1.
pub(crate) fn execute(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    if arguments.json {
        return report(&arguments.file);
    }
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

/// Prints what is wrong with a program as JSON.
fn report(file: &Path) -> anyhow::Result<ExitCode> {
    let source = source::read(file)?;
    let program = source.program.as_ref();
    let report = Report {
        file: &source.name,
        entries: program.ok().map(|program| program.entries.len()),
        mistakes: program
            .err()
            .into_iter()
            .flat_map(|diagnostics| diagnostics.details().map(Mistake::from))
            .collect(),
    };
    writeln!(io::stdout(), "{}", serde_json::to_string_pretty(&report)?)?;
    Ok(if report.mistakes.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
