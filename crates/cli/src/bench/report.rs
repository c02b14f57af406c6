//! The figures, as text and as JSON.

use std::fmt;
use std::path::Path;

use serde::Serialize;

use super::measure::{InBatches, Measured};
use super::worth::Worth;
use super::{Arguments, program};

/// All that `sysbatch bench` has to say.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    kernel_release: String,
    /// "ns", or "instructions".
    unit: &'static str,
    clock: &'static str,
    rounds: u32,
    sample: u32,
    file: String,
    workloads: Vec<WorkloadReport>,
    worth: Worth,
    /// Whether the text has the figures of each size.
    #[serde(skip)]
    sizes: bool,
}

#[derive(Debug, Serialize)]
struct WorkloadReport {
    name: &'static str,
    entries_per_unit: usize,
    /// The time of a unit alone; none if it makes no system calls.
    alone: Option<f64>,
    batches: Vec<BatchesReport>,
}

/// A workload in a format on a backend: the time of a batch of n units is
/// `a + b·n`.
#[derive(Debug, Serialize)]
struct BatchesReport {
    backend: &'static str,
    format: &'static str,
    a: f64,
    /// None from a single round, and so `b_error`.
    a_error: Option<f64>,
    b: f64,
    b_error: Option<f64>,
    sizes: Vec<SizeReport>,
}

#[derive(Debug, Serialize)]
struct SizeReport {
    n: usize,
    /// The time of a batch.
    batch: f64,
    /// The time of a unit in it.
    per_unit: f64,
    /// The same as a part of the time of a unit alone.
    ratio: Option<f64>,
}

impl Report {
    pub(super) fn new(
        arguments: &Arguments,
        file: &Path,
        measured: &[Measured],
        worth: Worth,
    ) -> Self {
        Self {
            kernel_release: rustix::system::uname()
                .release()
                .to_string_lossy()
                .into_owned(),
            unit: if arguments.icount {
                "instructions"
            } else {
                "ns"
            },
            clock: "CLOCK_MONOTONIC_RAW",
            rounds: arguments.rounds,
            sample: arguments.sample,
            file: file.display().to_string(),
            workloads: measured.iter().map(WorkloadReport::new).collect(),
            worth,
            sizes: arguments.sizes,
        }
    }
}

impl WorkloadReport {
    fn new(measured: &Measured) -> Self {
        let batches = |batches: &InBatches| {
            let size = |&(n, batch): &(usize, f64)| {
                let per_unit = batch / n as f64;
                SizeReport {
                    n,
                    batch,
                    per_unit,
                    ratio: measured.alone.map(|alone| per_unit / alone),
                }
            };
            BatchesReport {
                backend: batches.backend.name(),
                format: program::name(batches.format),
                a: batches.fit.line.a,
                a_error: batches.fit.a_error,
                b: batches.fit.line.b,
                b_error: batches.fit.b_error,
                sizes: batches.times.iter().map(size).collect(),
            }
        };
        Self {
            name: measured.kind.name(),
            entries_per_unit: measured.entries,
            alone: measured.alone,
            batches: measured.batches.iter().map(batches).collect(),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = self.unit;
        writeln!(
            f,
            "Linux {}; {unit} by {}, medians of {} rounds; file {}",
            self.kernel_release, self.clock, self.rounds, self.file
        )?;
        writeln!(
            f,
            "a batch of n takes a + b·n; ± is the bootstrap's standard error"
        )?;
        for workload in &self.workloads {
            match workload.alone {
                Some(alone) => writeln!(f, "\n{}: {alone:.1} {unit} alone", workload.name)?,
                None => writeln!(f, "\n{}", workload.name)?,
            }
            for batches in &workload.batches {
                writeln!(
                    f,
                    "  {:6} {:12}  {:>9.1}{} + ({:.2}{})·n",
                    batches.backend,
                    batches.format,
                    batches.a,
                    Error(batches.a_error, 1),
                    batches.b,
                    Error(batches.b_error, 2),
                )?;
                if self.sizes {
                    sizes(f, &batches.sizes)?;
                }
            }
        }
        writeln!(f, "\nwhat a batch is worth here:")?;
        for words in self.worth.words(unit) {
            writeln!(f, "  {words}")?;
        }
        Ok(())
    }
}

/// A standard error with so many decimals, if there is one.
struct Error(Option<f64>, usize);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(error) => write!(f, " ± {error:.*}", self.1),
            None => Ok(()),
        }
    }
}

fn sizes(f: &mut fmt::Formatter<'_>, sizes: &[SizeReport]) -> fmt::Result {
    writeln!(
        f,
        "    {:>6} {:>14} {:>12} {:>10}",
        "n", "batch", "each", "of alone"
    )?;
    for size in sizes {
        let ratio = size
            .ratio
            .map_or_else(String::new, |ratio| format!("{:.1}%", 100.0 * ratio));
        writeln!(
            f,
            "    {:>6} {:>14.1} {:>12.1} {ratio:>10}",
            size.n, size.batch, size.per_unit
        )?;
    }
    Ok(())
}
