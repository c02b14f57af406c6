//! The guest suites on all kernels, as many machines at a time as there are
//! processors for.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use anyhow::{Result, ensure};
use sysbatch_guest::NOTE;

use super::programs;
use super::repeat::{self, Attempt};
use super::soak::Soak;
use super::suites::{GuestSuite, SUITES};
use super::tally::{Tally, harness};
use crate::kernel::{self, Flavour, Kernel, Need, Series};
use crate::kmod;
use crate::progress::say;
use crate::vm::{self, Accel, GuestFile, Verdict, VmSpec};

/// What is run.
pub(super) struct Choice<'a> {
    /// The suites of these names, or all.
    pub(super) only: &'a [String],
    /// How the soak goes.
    pub(super) soak: Soak,
    /// On which kernels.
    pub(super) on: Kernels<'a>,
    /// Whether to print what the suites print, as it comes.
    pub(super) echo: bool,
}

/// The kernels that suites run on.
#[derive(Clone, Copy)]
pub(super) enum Kernels<'a> {
    /// Debian's of these series.
    Stock(&'a [Series]),
    /// This one.
    One(&'a Kernel),
}

impl Kernels<'_> {
    /// They, unpacked or built.
    fn ensure(self) -> Result<Vec<Kernel>> {
        match self {
            Self::Stock(series) => series
                .iter()
                .map(|&series| kernel::ensure(series, Flavour::Cloud, Need::Image))
                .collect(),
            Self::One(kernel) => Ok(vec![kernel.clone()]),
        }
    }
}

/// One suite on one kernel.
struct Job<'a> {
    suite: &'a GuestSuite,
    choice: &'a Choice<'a>,
    files: Vec<GuestFile>,
    kernel: &'a Kernel,
    module: &'a PathBuf,
}

/// Runs the suites that are chosen.
///
/// # Errors
/// When the kernels or the module can't be made.
pub(super) fn run(choice: &Choice<'_>) -> Result<Tally> {
    let only = choice.only;
    let mut kernels = Vec::new();
    for kernel in choice.on.ensure()? {
        let module = kmod::build(&kernel)?;
        kernels.push((kernel, module));
    }
    programs::with_built(|_| Ok(()))?;
    let mut jobs = Vec::new();
    let mut tally = Tally::default();
    for suite in SUITES.iter().filter(|suite| suite.is_wanted(only)) {
        match suite.files() {
            Ok(files) => jobs.extend(kernels.iter().map(|(kernel, module)| Job {
                suite,
                choice,
                files: files.clone(),
                kernel,
                module,
            })),
            Err(error) => tally.add(Tally::failure(format!(
                "guest suite {}: {error:#}",
                suite.name
            ))),
        }
    }
    let accel = match kernels.last() {
        Some((kernel, _)) => vm::choose(kernel)?,
        None => Accel::Tcg,
    };
    // The longest first, or all but one worker would wait for it in the end.
    jobs.sort_by_key(|job| std::cmp::Reverse(job.suite.limit_seconds));
    let tally = Mutex::new(tally);
    let jobs = Mutex::new(jobs.iter());
    let next = || jobs.lock().unwrap_or_else(PoisonError::into_inner).next();
    std::thread::scope(|scope| {
        for _ in 0..workers(&kernels) {
            scope.spawn(|| {
                while let Some(job) = next() {
                    let result = job
                        .run(accel)
                        .unwrap_or_else(|error| Tally::failure(format!("{error:#}")));
                    tally
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .add(result);
                }
            });
        }
    });
    Ok(tally.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// How many machines to run at a time: a processor each, for suites mostly use
/// one, and not more than there is memory for.
fn workers(kernels: &[(Kernel, PathBuf)]) -> usize {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = kernels.iter().flat_map(|(kernel, _)| {
        let suites = SUITES.iter();
        suites.map(|suite| vm::memory(kernel, suite.memory))
    });
    let largest = memory.max().unwrap_or(1);
    // QEMU itself takes some, too.
    let room = available_memory().unwrap_or(0) / (u64::from(largest) * 3 / 2);
    processors.min(usize::try_from(room).unwrap_or(1)).max(1)
}

/// The memory in MiB that can be had without swapping (`proc_meminfo(5)`).
fn available_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes / 1024)
}

impl Job<'_> {
    fn run(&self, accel: Accel) -> Result<Tally> {
        let Self { suite, kernel, .. } = self;
        let accel = suite.vendor.map_or(accel, |_| Accel::Tcg);
        let title = format!("{} on {} ({})", suite.name, kernel.release, accel.name());
        let name = format!("{}-{}", suite.name, kernel.release);
        repeat::once(&title, &name, |name| {
            let verdict = self.boot(name, accel)?;
            Ok(Attempt {
                tally: judge(&title, &verdict)?,
                slow: verdict.is_slowness(),
                scale: verdict.scale,
            })
        })
    }

    fn boot(&self, name: &str, accel: Accel) -> Result<Verdict> {
        let Self {
            suite,
            choice,
            files,
            kernel,
            module,
        } = self;
        let spec = VmSpec {
            files: files.clone(),
            stock_modules: suite.modules.to_vec(),
            disks: suite.disks(&choice.soak, kernel)?,
            suites: vec![suite.in_guest(&choice.soak, kernel)?],
            memory: suite.memory,
            processors: suite.processors,
            rewrites_kernel: suite.rewrites_kernel,
            command_line: (suite.command_line)(kernel.series()?),
            five_levels: suite.five_levels,
            vendor: suite.vendor,
            echo: choice.echo,
            ..VmSpec::new(name, kernel, accel, Some((*module).clone()))
        };
        vm::run(&spec)
    }
}

/// Counts the tests that a harness in the guest reported, or the suite as one.
fn judge(title: &str, verdict: &Verdict) -> Result<Tally> {
    let mut tally = Tally::default();
    for suite in verdict.suites.iter().filter(|suite| suite.passed()) {
        let lines = || suite.output.iter().map(String::as_str);
        for note in lines().filter_map(|line| line.strip_prefix(NOTE)) {
            say(&format!("{title}: {note}"));
        }
        let tests = harness(lines())?;
        ensure!(
            tests != Some(Tally::default()),
            "guest suite {title}: it ran no tests"
        );
        tally.add(tests.unwrap_or(Tally::passed(1)));
    }
    // One machine, one failure: what a suite leaves behind may keep the machine
    // from ending, too.
    let failures = verdict.failures();
    if !failures.is_empty() {
        let failures = failures.join("\n");
        tally.add(Tally::failure(format!("guest suite {title}: {failures}")));
    }
    Ok(tally)
}
