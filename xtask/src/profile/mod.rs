//! `cargo xtask profile`: where the instructions of one steady sub-call go.
//!
//! A batch of equal units is followed instruction by instruction: in the kernel
//! of an emulated machine by the emulator's debugger, in user space by
//! `ptrace(2)`. What repeats is the unit. Nothing is sampled and nothing is
//! timed, so that each run gives the same.

pub(crate) mod guest;
mod kinds;
mod native;
mod report;
mod steady;
pub(crate) mod symbols;
pub(crate) mod trace;
pub(crate) mod workload;

use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context as _, Result};

use crate::kernel::{self, Flavour, Kernel, Need, Series};
use crate::kmod;
use crate::progress::Progress;
use crate::setup::{self, Purpose};
use report::Profile;
use trace::Trace;
use workload::{Batch, WORKLOADS, Workload};

/// The program that runs the batches, and its package.
pub(crate) const PROGRAM: &str = "sysbatch-profiled";

/// What `cargo xtask profile` is told.
#[derive(Debug, clap::Args)]
#[command(after_help = workloads())]
pub(crate) struct Arguments {
    /// The series of the kernel
    #[arg(long, value_enum, default_value = "6.12", conflicts_with = "native")]
    kernel: Series,
    #[arg(long, value_enum, default_value_t, conflicts_with = "native")]
    flavour: Flavour,
    /// Follow the interpreter in user space, on this machine's processor
    #[arg(long)]
    native: bool,
    /// What to follow, see below; may be given several times
    #[arg(long, value_name = "NAME", default_values_t = ["getppid".to_owned()])]
    workload: Vec<String>,
    /// Follow this program, in the text form of a batch, instead
    #[arg(long, value_name = "FILE", conflicts_with = "workload")]
    program: Option<PathBuf>,
    /// Count the whole run, from the first instruction in the kernel to the
    /// last, instead of the unit that repeats
    #[arg(long)]
    whole: bool,
    /// List the instructions, too, in the order in which they are executed
    #[arg(long)]
    listing: bool,
    /// The folder of the module's sources, if it is not this project's
    #[arg(long, value_name = "FOLDER", conflicts_with = "native")]
    source: Option<PathBuf>,
}

fn workloads() -> String {
    let mut text = "Workloads:\n".to_owned();
    for workload in WORKLOADS {
        text.push_str(&format!("  {:16} {}\n", workload.name, workload.meaning));
    }
    text
}

/// Follows what is asked for and prints where its instructions go.
///
/// # Errors
/// When something is missing, can't be built or fails.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let batches = arguments.batches()?;
    let run: Vec<Batch> = batches.iter().map(|named| named.batch.clone()).collect();
    let program = crate::guest::build(PROGRAM, PROGRAM)?;
    let (place, followed) = if arguments.native {
        ("user space".to_owned(), native::follow(&program, &run)?)
    } else {
        let wanted = (arguments.kernel, arguments.flavour, Need::Image);
        setup::prepare(Purpose::Machine, &[wanted])?;
        let kernel = kernel::ensure(arguments.kernel, arguments.flavour, Need::Image)?;
        let module = match &arguments.source {
            Some(source) => kmod::build_from(&std::path::absolute(source)?, &kernel)?,
            None => kmod::build(&kernel)?,
        };
        let place = format!("Linux {}", kernel.release);
        let progress = Progress::start(format!("following batches on {place}"));
        let (symbols, traces) = guest::follow(&kernel, module, &program, &run)?;
        progress.end("ok");
        let symbols = Rc::new(symbols);
        let traces = traces.into_iter().map(|trace| (symbols.clone(), trace));
        (place, traces.collect())
    };
    for (batch, (symbols, trace)) in batches.iter().zip(followed) {
        let profile = Profile::new(trace, batch.units)?;
        println!("{}, {place}: {}\n", batch.name, profile.summary());
        println!("{}", profile.tables(&symbols, arguments.whole));
        if arguments.listing {
            println!("{}", profile.listing(&symbols, arguments.whole));
        }
    }
    Ok(())
}

/// What a batch of equal units came to, in instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Those of a steady unit.
    pub(crate) unit: usize,
    /// Those of the whole run less the units.
    pub(crate) beside: usize,
}

/// Counts workloads in a kernel with a module, run by `program`.
///
/// # Errors
/// When the machine or the program fails, or nothing repeats.
pub(crate) fn count_in_kernel(
    kernel: &Kernel,
    module: PathBuf,
    program: &Path,
    workloads: &[Workload],
) -> Result<Vec<Counts>> {
    let batches = batches(workloads, guest::PROGRAM);
    let (_, traces) = guest::follow(kernel, module, program, &batches)?;
    let counted = workloads.iter().zip(&traces);
    counted
        .map(|(workload, trace)| count(workload, trace))
        .collect()
}

/// Counts workloads in user space, run by `program`.
///
/// # Errors
/// When the program fails or can't be followed, or nothing repeats.
pub(crate) fn count_in_user_space(program: &Path, workloads: &[Workload]) -> Result<Vec<Counts>> {
    let traces = native::follow(program, &batches(workloads, native::FILE))?;
    let counted = workloads.iter().zip(&traces);
    counted
        .map(|(workload, (_, trace))| count(workload, trace))
        .collect()
}

fn batches(workloads: &[Workload], file: &str) -> Vec<Batch> {
    workloads
        .iter()
        .map(|workload| workload.batch(file))
        .collect()
}

fn count(workload: &Workload, trace: &Trace) -> Result<Counts> {
    let steady = steady::find(&trace.steps)
        .with_context(|| format!("no unit of {} is like another", workload.name))?;
    let unit = steady.typical.len();
    let beside = trace.steps.len().checked_sub(workload.units * unit);
    let beside = beside.with_context(|| format!("the units of {} are not alike", workload.name))?;
    Ok(Counts { unit, beside })
}

/// What is followed.
struct Named {
    name: String,
    batch: Batch,
    /// How many equal units it consists of, if it does.
    units: Option<usize>,
}

impl Arguments {
    fn batches(&self) -> Result<Vec<Named>> {
        if let Some(file) = &self.program {
            let name = file.display().to_string();
            let text =
                std::fs::read_to_string(file).with_context(|| format!("can't read {name}"))?;
            return Ok(vec![Named {
                name,
                batch: Batch { text, format: None },
                units: None,
            }]);
        }
        let file = if self.native {
            native::FILE
        } else {
            guest::PROGRAM
        };
        let workloads = self.workload.iter().map(|name| {
            let workload = Workload::named(name)?;
            Ok(Named {
                name: format!("{} ({})", workload.name, workload.meaning),
                batch: workload.batch(file),
                units: Some(workload.units),
            })
        });
        workloads.collect()
    }
}
