//! `sysbatch du`: how much files take, found out with batches. The trees are
//! walked by `sysbatch-walk`.
//!
//! ```text
//!  arguments ── the options, and what they ask for
//!    ├─ operands ── the paths
//!    ├─ scale, number ── the unit of sizes
//!    ├─ exclude ── what is left out by its name
//!    └─ time ── which time, and how it looks
//!  walk ── which directories are listed; what is done with what was found
//!    ├─ contents ── what is kept of the names in a directory
//!    ├─ order ── in what order they are taken
//!    ├─ tree ── what was found and not yet added up
//!    └─ account ── adding up, in the order of du
//!         └─ output, quote ── printing
//! ```

mod account;
mod arguments;
mod contents;
mod exclude;
mod number;
mod operands;
mod order;
mod output;
mod quote;
mod scale;
mod statistics;
mod time;
mod tree;
mod usage;
mod walk;

use std::io::{self, BufWriter, IsTerminal as _};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use sysbatch::Backend;

use crate::progress::Progress;
pub(crate) use arguments::Arguments;
use output::Output;

/// Runs `sysbatch du`.
pub(crate) fn execute(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    exclude::use_locale();
    let request = arguments.request().context("du")?;
    for warning in &request.warnings {
        eprintln!("sysbatch du: warning: {warning}");
    }
    let backend = Arc::new(Backend::select()?);
    let stdout = io::stdout().lock();
    let interactive = stdout.is_terminal();
    // Lines at once for a person, in large pieces for a program.
    let size = if interactive { 0 } else { 64 << 10 };
    let output = Output {
        out: BufWriter::with_capacity(size, stdout),
        err: io::stderr().lock(),
        unit: request.unit,
        measure: request.measure,
        threshold: request.threshold,
        time: request.time,
        end: request.end,
        json: arguments.json,
        progress: Progress::default(),
        interactive,
        complained: false,
    };
    let (complete, statistics) = walk::walk(
        &backend,
        arguments.threads.get(),
        request.operands,
        request.rules,
        request.lines,
        output,
    )
    .context("du")?;
    if arguments.stats {
        eprintln!("{}", serde_json::to_string(&statistics)?);
    }
    Ok(if complete {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
