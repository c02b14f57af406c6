//! The figures, as text and as JSON.

use std::fmt;
use std::path::Path;

use serde::Serialize;

use super::Arguments;
use super::measure::{InBatches, Measured};

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
}

#[derive(Debug, Serialize)]
struct WorkloadReport {
    name: &'static str,
    calls_per_unit: usize,
    /// The time of a unit alone.
    alone: f64,
    backends: Vec<BackendReport>,
}

/// A workload on a backend: the time of a batch of n units is `a + b·n`.
#[derive(Debug, Serialize)]
struct BackendReport {
    backend: &'static str,
    a: f64,
    a_error: f64,
    b: f64,
    b_error: f64,
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
    ratio: f64,
}

impl Report {
    pub(super) fn new(arguments: &Arguments, file: &Path, measured: &[Measured]) -> Self {
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
        }
    }
}

impl WorkloadReport {
    fn new(measured: &Measured) -> Self {
        let backend = |in_batches: &InBatches| {
            let size = |&(n, batch): &(usize, f64)| {
                let per_unit = batch / n as f64;
                SizeReport {
                    n,
                    batch,
                    per_unit,
                    ratio: per_unit / measured.alone,
                }
            };
            BackendReport {
                backend: in_batches.kind.name(),
                a: in_batches.fit.a,
                a_error: in_batches.fit.a_error,
                b: in_batches.fit.b,
                b_error: in_batches.fit.b_error,
                sizes: in_batches.times.iter().map(size).collect(),
            }
        };
        Self {
            name: measured.name,
            calls_per_unit: measured.calls,
            alone: measured.alone,
            backends: measured.backends.iter().map(backend).collect(),
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
        for workload in &self.workloads {
            writeln!(f, "\n{}: {:.1} {unit} alone", workload.name, workload.alone)?;
            for backend in &workload.backends {
                writeln!(
                    f,
                    "  {} backend: a batch of n takes {:.1} ± {:.1} + ({:.2} ± {:.2})·n {unit}",
                    backend.backend, backend.a, backend.a_error, backend.b, backend.b_error
                )?;
                writeln!(
                    f,
                    "  {:>6} {:>14} {:>12} {:>10}",
                    "n", "batch", "each", "of alone"
                )?;
                for size in &backend.sizes {
                    writeln!(
                        f,
                        "  {:>6} {:>14.1} {:>12.1} {:>9.1}%",
                        size.n,
                        size.batch,
                        size.per_unit,
                        100.0 * size.ratio
                    )?;
                }
            }
        }
        Ok(())
    }
}
