//! What the programs print, and all of it together.

use serde::{Deserialize, Serialize};

use super::asynchronous::figures::{Asynchronous, Files};

/// A figure, or why there is none.
pub(super) type Known<T> = Result<T, String>;

/// What `sysbatch bench --json` prints, as far as it is of use here.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct CommandBench {
    pub(super) kernel_release: String,
    pub(super) unit: String,
    pub(super) workloads: Vec<Workload>,
    pub(super) worth: serde_json::Value,
}

/// A workload, alone and in batches.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Workload {
    pub(super) name: String,
    pub(super) alone: Option<f64>,
    pub(super) batches: Vec<Batches>,
}

/// A workload in a format on a backend: a batch of n takes `a + b·n`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Batches {
    pub(super) backend: String,
    pub(super) format: String,
    pub(super) a: f64,
    pub(super) a_error: Option<f64>,
    pub(super) b: f64,
    pub(super) b_error: Option<f64>,
    pub(super) sizes: Vec<Size>,
}

/// A batch of `n`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Size {
    pub(super) n: u32,
    pub(super) per_unit: f64,
}

impl CommandBench {
    /// A workload.
    pub(super) fn workload(&self, name: &str) -> Known<&Workload> {
        let found = self.workloads.iter().find(|workload| workload.name == name);
        found.ok_or_else(|| format!("the workload {name} was left out"))
    }

    /// A workload's batches in a format on a backend.
    pub(super) fn batches(&self, name: &str, backend: &str, format: &str) -> Known<&Batches> {
        let mut batches = self.workload(name)?.batches.iter();
        let found = batches.find(|found| (&*found.backend, &*found.format) == (backend, format));
        found.ok_or_else(|| format!("{name} was not measured on the {backend} backend"))
    }

    /// A workload call by call.
    pub(super) fn alone(&self, name: &str) -> Known<f64> {
        let alone = self.workload(name)?.alone;
        alone.ok_or_else(|| format!("{name} makes no calls"))
    }
}

/// What `sysbatch-bench calls` prints.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Calls {
    pub(super) interfaces: Vec<InterfaceLine>,
    pub(super) io_uring: Vec<UringLine>,
    pub(super) io_uring_missing: Option<String>,
    pub(super) device: Option<Line>,
}

/// What a batch of n takes: `a + b·n`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Line {
    pub(super) a: f64,
    pub(super) b: f64,
}

/// `getppid` through one of the C interfaces.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct InterfaceLine {
    pub(super) interface: String,
    /// The call without it.
    pub(super) alone: f64,
    #[serde(flatten)]
    pub(super) line: Line,
}

/// An operation of `io_uring`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct UringLine {
    pub(super) operation: String,
    #[serde(flatten)]
    pub(super) line: Line,
}

/// What `sysbatch-bench entries` prints.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Entries {
    pub(super) interface: String,
    pub(super) entries: f64,
    pub(super) in_kernel: bool,
}

/// What `sysbatch-bench filtered` prints.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Filtered {
    pub(super) rules: String,
    pub(super) alone: f64,
    pub(super) in_batch: f64,
    pub(super) alone_filtered: f64,
    pub(super) in_batch_filtered: f64,
    pub(super) crossings: f64,
    pub(super) handed_back: f64,
}

impl Filtered {
    /// What the filter adds to a call in a batch more than to a call alone.
    pub(super) fn added(&self) -> f64 {
        let alone = self.alone_filtered - self.alone;
        self.in_batch_filtered - self.in_batch - alone
    }
}

/// What `sysbatch-bench run` prints of a program, which has got a name here.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Took {
    #[serde(default)]
    pub(super) name: String,
    /// Which of its versions, if it is somebody else's and tells.
    #[serde(default)]
    pub(super) version: Option<String>,
    pub(super) program: String,
    pub(super) median: f64,
    pub(super) least: f64,
    pub(super) processor: f64,
    pub(super) memory: u64,
    pub(super) output: String,
}

/// The program of this name.
pub(super) fn took<'a>(all: &'a [Took], name: &str) -> Known<&'a Took> {
    let found = all.iter().find(|took| took.name == name);
    found.ok_or_else(|| format!("{name} is not installed"))
}

/// What was measured in a machine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Guest {
    /// `6.12`, for one.
    pub(super) series: String,
    pub(super) kernel_release: String,
    pub(super) accel: String,
    pub(super) bench: CommandBench,
    pub(super) calls: Calls,
    pub(super) entries: Vec<Entries>,
    pub(super) trees: Vec<Took>,
    /// Libraries on the same tree.
    #[serde(default)]
    pub(super) libraries: Vec<Took>,
    /// Calls under filters.
    #[serde(default)]
    pub(super) filtered: Vec<Filtered>,
    /// Asynchronous batches, which are measured in a machine of their own.
    #[serde(default)]
    pub(super) asynchronous: Option<Asynchronous>,
}

/// What was measured on this machine, without the module.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Host {
    pub(super) kernel_release: String,
    pub(super) processors: usize,
    /// How many of them had nothing to do before anything was timed.
    pub(super) idle: f64,
    pub(super) bench: CommandBench,
    pub(super) calls: Calls,
    #[serde(flatten)]
    pub(super) walks: Walks,
    pub(super) counted: Counted,
    /// Files that are read asynchronously.
    #[serde(default)]
    pub(super) asynchronous: Vec<Files>,
}

/// Walks on this machine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Walks {
    /// How many processors had nothing to do before these.
    #[serde(default)]
    pub(super) idle_before_walks: Option<f64>,
    /// Programs on 200,000 files in 5,000 directories.
    pub(super) trees: Vec<Took>,
    /// `sysbatch du` on 20,000 files in 5,000 directories.
    pub(super) few_files: Vec<Took>,
    /// Libraries on 200,000 files in 5,000 directories.
    #[serde(default)]
    pub(super) libraries: Vec<Took>,
}

/// Instructions in user mode, counted by callgrind.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Counted {
    pub(super) steps: Vec<Step>,
    /// `sysbatch du` on 20,000 files in 500 directories, and GNU `du` on them.
    pub(super) walk: u64,
    pub(super) walk_gnu: u64,
}

/// What a step of the interpreter in user space takes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Step {
    pub(super) name: String,
    /// In a batch of 10 and 20 entries.
    pub(super) few: f64,
    /// In a batch of `entries`.
    pub(super) many: f64,
    pub(super) entries: u64,
    /// Allocations while that batch ran.
    pub(super) allocations: u64,
}

/// The demonstration's walk: seconds by its clock.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Demo {
    pub(super) kernel: f64,
    pub(super) user: f64,
    pub(super) coreutils: f64,
}

/// Everything that one run of `cargo xtask bench` measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Measured {
    /// Of the first kernel.
    pub(super) kernel_release: String,
    pub(super) accel: String,
    /// What was checked out, if git knows.
    pub(super) commit: Option<String>,
    pub(super) quick: bool,
    /// Each kernel, counted in instructions.
    pub(super) guests: Vec<Guest>,
    /// The first kernel by the clock, where there is hardware virtualization.
    pub(super) clock: Known<Guest>,
    pub(super) host: Host,
    pub(super) demo: Known<Demo>,
}
