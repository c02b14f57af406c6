//! `sysbatch doctor`: where batches run here, why, and what can be done.
//!
//! ```text
//!  execute
//!    ├─ system ── the kernel: release, mitigations, what it says of modules
//!    ├─ device ── the module and its device
//!    ├─ watched ── who looks at the system calls of this task
//!    ├─ cost ── what a crossing costs, measured
//!    ├─ ways ── and by each way into the kernel
//!    └─ findings ── all of it in words
//! ```

mod cost;
mod device;
mod findings;
mod system;
mod watched;
mod ways;

use std::io::Write as _;
use std::process::ExitCode;

use serde::Serialize;
use sysbatch::{Backend, Kind};

use findings::Finding;

/// The arguments of `sysbatch doctor`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The exit status is 0 if batches run in the kernel, and 1 if they run in \
                        user space, for whatever reason."
)]
pub(crate) struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Measure a way into the kernel, and nothing else
    #[arg(long, hide = true)]
    way: Option<ways::Way>,
}

/// All that is known.
#[derive(Debug, Serialize)]
struct Diagnosis {
    system: system::System,
    device: device::Device,
    backend: Choice,
    watched: watched::Watched,
    cost: cost::Cost,
    ways: ways::Ways,
    /// Whether batches run in the kernel, whole.
    in_kernel: bool,
    findings: Vec<Finding>,
}

/// Which backend a program gets here.
#[derive(Debug, Serialize)]
struct Choice {
    /// "kernel" or "user"; `None` if the environment asks for what is not to be
    /// had.
    kind: Option<&'static str>,
    /// Why.
    reason: String,
}

impl Choice {
    fn of(backend: &Result<Backend, sysbatch::SelectError>) -> Self {
        match backend {
            Ok(backend) => Self {
                kind: Some(backend.kind().name()),
                reason: backend.choice().to_string(),
            },
            Err(error) => Self {
                kind: None,
                reason: error.to_string(),
            },
        }
    }
}

/// Runs `sysbatch doctor`.
pub(crate) fn execute(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    if let Some(way) = arguments.way {
        return ways::print(way).map(|()| ExitCode::SUCCESS);
    }
    let kernel = Backend::kernel();
    let selected = Backend::select();
    let mut diagnosis = Diagnosis {
        system: system::System::look(),
        device: device::Device::look(&kernel),
        backend: Choice::of(&selected),
        watched: watched::Watched::look(kernel.as_ref().ok()),
        cost: cost::Cost::measure(kernel.as_ref().ok())?,
        ways: ways::Ways::measure(),
        in_kernel: false,
        findings: Vec::new(),
    };
    let selected = selected.is_ok_and(|backend| backend.kind() == Kind::Kernel);
    diagnosis.in_kernel = selected && diagnosis.watched.probe == watched::Probe::Inline;
    diagnosis.findings = findings::findings(&diagnosis);
    let mut out = std::io::stdout().lock();
    if arguments.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&diagnosis)?)?;
    } else {
        for finding in &diagnosis.findings {
            write!(out, "{finding}")?;
        }
    }
    Ok(if diagnosis.in_kernel {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
