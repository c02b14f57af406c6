//! `sysbatch du`: how much files take, found out with batches. The trees are walked by
//! `sysbatch-walk`.
//!
//! ```text
//!  walk ── which directories are listed; what is done with what was found
//!    ├─ contents ── what is kept of the names in a directory
//!    ├─ order ── in what order they are taken
//!    ├─ tree ── what was found and not yet added up
//!    └─ account ── adding up and printing, in the order of du
//!         └─ size, quote ── how that looks
//! ```

mod account;
mod contents;
mod order;
mod quote;
mod size;
mod statistics;
mod tree;
mod walk;

use std::ffi::OsString;
use std::io::{self, BufWriter, IsTerminal as _};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::ArgAction;
use sysbatch::Backend;

use account::Output;
use size::{BlockSize, Unit};

/// The arguments of `sysbatch du`.
#[derive(Debug, clap::Args)]
#[command(
    disable_help_flag = true,
    after_help = "Totals, lines and their order are those of du from coreutils 9.1, as on Debian 12: \
                  a file with several names is counted once, directories count with their own \
                  size, symbolic links are not followed. The exit status is 1 if anything could \
                  not be read."
)]
pub(crate) struct Arguments {
    /// Print apparent sizes in bytes: --apparent-size --block-size=1
    #[arg(short = 'b', long = "bytes")]
    bytes: bool,

    /// Print in blocks of 1024 bytes, which is the default
    #[arg(short = 'k', overrides_with_all = ["human", "block_size"])]
    kibibytes: bool,

    /// Print with a letter for the unit: 1.5K, 234M, 2.0G
    #[arg(short = 'h', long = "human-readable", overrides_with_all = ["kibibytes", "block_size"])]
    human: bool,

    /// Print in blocks of SIZE bytes: a number, with K, M, G, T, P or E for powers of 1024
    #[arg(short = 'B', long, value_name = "SIZE", overrides_with_all = ["kibibytes", "human"])]
    block_size: Option<BlockSize>,

    /// Count lengths, and not what the file system uses to store them
    #[arg(long)]
    apparent_size: bool,

    /// Print only a total for each PATH
    #[arg(short = 's', long)]
    summarize: bool,

    /// Print totals for directories up to N levels below a PATH
    #[arg(short = 'd', long, value_name = "N")]
    max_depth: Option<u64>,

    /// Print what the walk took as a line of JSON on standard error: backend,
    /// crossings (batches and calls made beside them), sub_calls, steps,
    /// batches, directories, files, seconds
    #[arg(long)]
    stats: bool,

    /// Print help
    #[arg(long, action = ArgAction::Help)]
    help: Option<bool>,

    /// What to add up; the working directory if there is none
    #[arg(value_name = "PATH")]
    paths: Vec<OsString>,
}

impl Arguments {
    fn unit(&self) -> Unit {
        match (self.block_size, self.human, self.kibibytes, self.bytes) {
            (Some(BlockSize(bytes)), ..) => Unit::Blocks(bytes),
            (None, true, ..) => Unit::Human,
            (None, false, false, true) => Unit::Blocks(1),
            (None, false, ..) => Unit::Blocks(1024),
        }
    }
}

/// Runs `sysbatch du`.
pub(crate) fn execute(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let max_depth = match (arguments.summarize, arguments.max_depth) {
        (true, None | Some(0)) => 0,
        (true, Some(depth)) => {
            anyhow::bail!(
                "--summarize and --max-depth={depth} contradict each other; give one of them"
            )
        }
        (false, depth) => depth.unwrap_or(u64::MAX),
    };
    let mut paths = arguments.paths.clone();
    if paths.is_empty() {
        paths.push(".".into());
    }
    let backend = Arc::new(Backend::select()?);
    let stdout = io::stdout().lock();
    let interactive = stdout.is_terminal();
    // Lines at once for a person, in large pieces for a program.
    let size = if interactive { 0 } else { 64 << 10 };
    let output = Output {
        out: BufWriter::with_capacity(size, stdout),
        err: io::stderr().lock(),
        unit: arguments.unit(),
        max_depth,
    };
    let apparent = arguments.bytes || arguments.apparent_size;
    let (complete, statistics) = walk::walk(&backend, paths, apparent, output).context("du")?;
    if arguments.stats {
        eprintln!("{}", serde_json::to_string(&statistics)?);
    }
    Ok(if complete {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
