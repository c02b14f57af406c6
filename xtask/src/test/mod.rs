//! `cargo xtask test`: everything that must hold, with one verdict.

pub(crate) mod debug;
mod dkms;
mod functions;
mod guest;
mod machine;
mod programs;
mod refusal;
mod repeat;
mod report;
pub(crate) mod soak;
mod spoilt;
mod steps;
mod suites;
pub(crate) mod tally;
pub(crate) mod user_side;
mod way_out;

use anyhow::{Result, bail};

use crate::kernel::{Flavour, Need, Series};
use crate::progress::Progress;
use crate::setup::{self, Purpose, Wanted};
use crate::{gcc_plugin, guard, library, release};
use guest::{Choice, Kernels};
use report::Report;
use soak::Soak;
use tally::Tally;

/// One part of the whole.
struct Step {
    /// What `--only` calls it.
    name: &'static str,
    /// Does it. An error counts as one failure.
    run: Run,
}

/// How a step is done.
enum Run {
    /// As a whole.
    Whole(fn() -> Result<Tally>),
    /// As a whole, and only when it is named: it needs a network each time.
    Named(fn() -> Result<Tally>),
    /// As a whole, and only when it is named or there is time.
    Long(fn() -> Result<Tally>),
    /// On each of these kernels.
    Kernels(fn(&[Series]) -> Result<Tally>),
    /// Those guest suites that are chosen.
    Suites(fn(&Choice<'_>) -> Result<Tally>),
}

/// All steps, the quick ones first: a mistake is to be told soon.
const STEPS: &[Step] = &[
    Step {
        name: "format",
        run: Run::Whole(steps::format),
    },
    Step {
        name: "header",
        run: Run::Whole(steps::header),
    },
    Step {
        name: "licences",
        run: Run::Whole(steps::licences),
    },
    Step {
        name: "manual",
        run: Run::Whole(steps::manual),
    },
    Step {
        name: "clippy",
        run: Run::Whole(steps::clippy),
    },
    Step {
        name: "msrv",
        run: Run::Whole(release::msrv),
    },
    Step {
        name: "docs",
        run: Run::Whole(steps::docs),
    },
    Step {
        name: "api",
        run: Run::Whole(release::api::check),
    },
    Step {
        name: "host",
        run: Run::Whole(steps::host),
    },
    Step {
        name: "functions",
        run: Run::Long(functions::run),
    },
    Step {
        name: "crates",
        run: Run::Whole(release::crates),
    },
    Step {
        name: "library",
        run: Run::Whole(library::check),
    },
    Step {
        name: "gcc-plugin",
        run: Run::Whole(gcc_plugin::check),
    },
    Step {
        name: "module",
        run: Run::Kernels(steps::module),
    },
    Step {
        name: "dkms",
        run: Run::Whole(dkms::run),
    },
    Step {
        name: "machine",
        run: Run::Whole(machine::run),
    },
    Step {
        name: "refusal",
        run: Run::Kernels(refusal::run),
    },
    Step {
        name: "way-out",
        run: Run::Kernels(way_out::run),
    },
    Step {
        name: "instructions",
        run: Run::Whole(guard::check),
    },
    Step {
        name: "guest",
        run: Run::Suites(guest::run),
    },
    Step {
        name: "release",
        run: Run::Named(release::network::check),
    },
];

/// Runs the steps named in `only`, or all that need not be, and of the guest step the suites named
/// in `suites`, or all, with a soak of this kind; true if nothing failed. With a kernel
/// only the steps are run that differ from kernel to kernel, on that one.
///
/// # Errors
/// When a name is not a step's or a suite's, or the machine lacks a package.
pub(crate) fn run(
    only: &[String],
    suites: &[String],
    soak: Soak,
    kernel: Option<Series>,
) -> Result<bool> {
    let names: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
    if let Some(unknown) = only.iter().find(|name| !names.contains(&name.as_str())) {
        bail!(
            "there is no step `{unknown}`; the steps are: {}",
            names.join(", ")
        );
    }
    suites::check_names(suites)?;
    let series = kernel.map_or_else(Series::of_releases, |one| vec![one]);
    setup::prepare(Purpose::Tests, &kernels(&series))?;
    let is_long = soak.is_long();
    let choice = Choice {
        only: suites,
        soak,
        on: Kernels::Stock(&series),
        echo: false,
    };
    let mut report = Report::start(!only.is_empty());
    for step in STEPS
        .iter()
        .filter(|step| match step.run {
            Run::Named(_) => !only.is_empty(),
            Run::Long(_) => kernel.is_none() && (is_long || !only.is_empty()),
            Run::Whole(_) => kernel.is_none(),
            Run::Kernels(_) | Run::Suites(_) => true,
        })
        .filter(|step| only.is_empty() || only.iter().any(|name| name == step.name))
    {
        report.step(step.name, || match step.run {
            Run::Whole(run) | Run::Named(run) | Run::Long(run) => run(),
            Run::Kernels(run) => run(&series),
            Run::Suites(run) => run(&choice),
        });
    }
    Ok(report.print())
}

/// Each series, to boot in its cloud flavour and to build for in either.
fn kernels(series: &[Series]) -> Vec<Wanted> {
    let of = |&series: &Series| {
        [
            (series, Flavour::Cloud, Need::Image),
            (series, Flavour::Generic, Need::Headers),
        ]
    };
    series.iter().flat_map(of).collect()
}

/// A check that is done in this process, with its progress.
fn check(what: &str, work: impl FnOnce() -> Result<()>) -> Tally {
    let progress = Progress::start(what);
    match work() {
        Ok(()) => {
            progress.end("ok");
            Tally::passed(1)
        }
        Err(error) => {
            progress.end("failed");
            Tally::failure(format!("{what}: {error:#}"))
        }
    }
}
