//! `cargo xtask bench`: every number to be reached, in one run, with what it is
//! to be compared with.
//!
//! ```text
//!  run
//!    ├─ guest ── a kernel of Debian's with the module, in counted instructions
//!    ├─ host ── this machine without it: by the clock, and by callgrind
//!    │    └─ trees ── walks, beside other programs and libraries
//!    ├─ asynchronous ── batches that complete later, in a machine of their own
//!    ├─ figures ── what they give
//!    ├─ targets ── the table of what is to be reached
//!    ├─ judge ── which of it holds
//!    ├─ report ── tables
//!    └─ plots ── pictures
//! ```

mod asynchronous;
mod callgrind;
mod figures;
mod guest;
mod host;
mod judge;
mod plots;
mod report;
mod targets;
mod trees;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use serde::de::DeserializeOwned;

use crate::kernel::{self, Flavour, Need, Series};
use crate::setup::{self, Purpose};
use crate::vm::{self, Accel};
use crate::{demo, paths, process};

use figures::{Demo, Measured};
use report::Report;

/// What `cargo xtask bench` is told.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Measure for a few minutes only, and leave out the demonstration.
    #[arg(long)]
    quick: bool,
    /// The series of the kernel.
    #[arg(long, value_enum, default_value = "6.12")]
    kernel: Kernels,
    /// Write the figures to this file, too.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Draw pictures into this folder.
    #[arg(long, value_name = "DIR")]
    plots: Option<PathBuf>,
    /// Measure nothing; take the figures that `--json` wrote to this file.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["quick", "kernel", "json"])]
    from: Option<PathBuf>,
    /// Only walk trees on this machine, by all programs that are installed and by
    /// libraries.
    #[arg(long, conflicts_with_all = ["kernel", "json", "plots", "from"])]
    trees: bool,
    /// Only measure asynchronous batches in the guest.
    #[arg(long, conflicts_with_all = ["trees", "json", "plots", "from"])]
    asynchronous: bool,
    /// Print the tables as the documents have them, in Markdown.
    #[arg(long)]
    markdown: bool,
    /// Only list what is to be reached, in Markdown.
    #[arg(long)]
    list: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kernels {
    #[value(name = "6.1")]
    V6_1,
    #[value(name = "6.12")]
    V6_12,
    /// Both of them.
    All,
}

impl Kernels {
    /// The newest first: what is told of one kernel is told of that.
    fn series(self) -> &'static [Series] {
        match self {
            Self::V6_1 => &[Series::V6_1],
            Self::V6_12 => &[Series::V6_12],
            Self::All => &[Series::V6_12, Series::V6_1],
        }
    }
}

/// The programs that measure, which run in guests and here.
struct Programs {
    /// `sysbatch`.
    command: PathBuf,
    /// `sysbatch-bench`.
    beside: PathBuf,
}

impl Programs {
    /// Builds them, and makes the folder that they work in.
    fn build() -> Result<Self> {
        let output = paths::output().join("bench");
        std::fs::create_dir_all(&output)
            .with_context(|| format!("can't create {}", output.display()))?;
        Ok(Self {
            command: crate::guest::build("sysbatch-cli", "sysbatch")?,
            beside: crate::guest::build("sysbatch-bench", "sysbatch-bench")?,
        })
    }
}

/// Measures, and shows what it came to.
///
/// # Errors
/// When something can't be set up, or a measurement fails. That a target is
/// missed is no error.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    if arguments.list {
        print!("{}", targets::markdown());
        return Ok(());
    }
    if arguments.trees {
        setup::prepare(Purpose::Benchmarks, &[])?;
        let walks = trees::measure(&Programs::build()?, arguments.quick)?;
        print!("{}", report::of_walks(&walks, arguments.markdown));
        return Ok(());
    }
    if arguments.asynchronous {
        let kernels = arguments.kernel.series();
        setup::prepare(Purpose::Benchmarks, &images(kernels))?;
        let program = crate::guest::build("sysbatch-bench", "sysbatch-bench")?;
        let mut measured = Vec::new();
        for &series in kernels {
            let figures = asynchronous::measure(series, &program, arguments.quick)?;
            measured.push((series.name(), figures));
        }
        print!("{}", report::of_asynchronous(&measured, arguments.markdown));
        return Ok(());
    }
    // What was written is judged again: the table may have changed since.
    let report = Report::new(match &arguments.from {
        Some(file) => {
            let text = process::text(file)?;
            serde_json::from_str(&text).with_context(|| {
                format!("{} is no report of `cargo xtask bench`", file.display())
            })?
        }
        None => measure(arguments)?,
    });
    if arguments.markdown {
        print!("{}", report.markdown());
    } else {
        print!("{report}");
    }
    if let Some(file) = &arguments.json {
        let text = serde_json::to_string_pretty(&report)?;
        std::fs::write(file, text + "\n")
            .with_context(|| format!("can't write {}", file.display()))?;
    }
    if let Some(folder) = &arguments.plots {
        plots::draw(report.measured(), folder)?;
    }
    Ok(())
}

fn measure(arguments: &Arguments) -> Result<Measured> {
    let quick = arguments.quick;
    let series = arguments.kernel.series();
    setup::prepare(Purpose::Benchmarks, &images(series))?;
    let programs = Programs::build()?;
    // First, while nothing of what follows has warmed the machine up or filled its
    // memory.
    let host = host::measure(&programs, quick)?;
    let mut guests = Vec::new();
    for &series in series {
        let guest = guest::measure(series, Accel::Icount, &programs, quick)?;
        guests.push(figures::Guest {
            asynchronous: Some(asynchronous::measure(series, &programs.beside, quick)?),
            ..guest
        });
    }
    let first = guests.first().context("there is no kernel")?;
    Ok(Measured {
        kernel_release: first.kernel_release.clone(),
        accel: first.accel.clone(),
        commit: commit(),
        quick,
        clock: by_the_clock(series[0], &programs, quick)?,
        demo: if quick {
            Err("it is left out of a quick run".to_owned())
        } else {
            demo::seconds().map(|[kernel, user, coreutils]| {
                Ok(Demo {
                    kernel,
                    user,
                    coreutils,
                })
            })?
        },
        guests,
        host,
    })
}

/// What is to be there to boot these.
fn images(series: &[Series]) -> Vec<(Series, Flavour, Need)> {
    let image = |&series| (series, Flavour::Cloud, Need::Image);
    series.iter().map(image).collect()
}

/// What hardware takes for what was counted, if virtualization works.
fn by_the_clock(
    series: Series,
    programs: &Programs,
    quick: bool,
) -> Result<figures::Known<figures::Guest>> {
    let kernel = kernel::ensure(series, Flavour::Cloud, Need::Image)?;
    if vm::choose(&kernel)? != Accel::Kvm {
        let why = "there is no hardware virtualization, and times of an emulated processor say \
                   nothing";
        return Ok(Err(why.to_owned()));
    }
    guest::measure(series, Accel::Kvm, programs, quick).map(Ok)
}

/// The commit that is checked out, with a mark if there are changes.
fn commit() -> Option<String> {
    let mut git = Command::new("git");
    git.args(["describe", "--always", "--dirty", "--abbrev=12"]);
    let commit = process::output_of(git.current_dir(paths::root())).ok()?;
    Some(commit.trim().to_owned())
}

/// The JSON among what a program printed: the first value at the start of a line.
fn parse<T: DeserializeOwned>(text: &str) -> Result<T> {
    let lines = text.split_inclusive('\n');
    let mut start = 0;
    for line in lines {
        // What shows its progress goes back to the start of the line.
        let shown = line.trim_start_matches('\r');
        if shown.starts_with(['{', '[']) {
            start += line.len() - shown.len();
            break;
        }
        start += line.len();
    }
    let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter();
    let value = values.next().context("there is no JSON")?;
    Ok(value?)
}

/// For tests: the documents' folder.
#[cfg(test)]
fn document(name: &str) -> String {
    process::text(&paths::root().join(name)).expect("the document is there")
}

#[cfg(test)]
mod tests {
    use super::{document, parse, targets};

    #[test]
    fn json_is_found_among_other_lines() {
        let text = "warning: [no] {json}\n\r\r[1,\n2]\nand more\n";
        assert_eq!(parse::<Vec<u32>>(text).expect("there is JSON"), [1, 2]);
        assert!(parse::<Vec<u32>>("nothing\n").is_err());
    }

    #[test]
    fn the_document_lists_the_targets() {
        let table = targets::markdown();
        assert!(
            document("docs/performance.md").contains(&table),
            "docs/performance.md has another table of targets than\n{table}\nwhich \
             `cargo xtask bench --list` prints"
        );
    }
}
