//! `cargo xtask soak`: everything at once, for as long as one likes; and whether
//! that reports what goes wrong, a part of the tests.

use std::time::Duration;

use anyhow::{Context as _, Result};
use sysbatch_guest::{Outcome, Suite};

use super::guest;
use super::repeat::{self, Attempt};
use super::suites::{GuestSuite, SOAK, SUITES};
use super::tally::Tally;
use crate::kernel::{self, Flavour, Kernel, Need, Series};
use crate::kmod;
use crate::setup::{self, Purpose};
use crate::vm::{self, SuiteResult, VmSpec};

/// How the suite goes.
#[derive(Clone, Debug)]
pub(crate) struct Soak {
    /// How long everything goes on.
    pub(super) seconds: u64,
    /// Where its random numbers begin; the clock if there is none.
    pub(super) seed: Option<u64>,
    /// How many seconds a batch without an end goes on in other suites, if not as
    /// short as they have it.
    pub(super) endless: Option<u64>,
}

impl Soak {
    /// As a part of all tests.
    pub(crate) const ORDINARY: Self = Self {
        seconds: 60,
        seed: None,
        endless: None,
    };

    /// As a part of all tests by somebody who has time.
    pub(crate) const LONG: Self = Self {
        seconds: 300,
        seed: None,
        endless: Some(60),
    };

    /// Whether it is for somebody who has time.
    pub(super) const fn is_long(&self) -> bool {
        self.endless.is_some()
    }

    /// What the program is told.
    pub(super) fn arguments(&self) -> Vec<String> {
        let mut arguments = vec!["--seconds".to_owned(), self.seconds.to_string()];
        if let Some(seed) = self.seed {
            arguments.extend(["--seed".to_owned(), seed.to_string()]);
        }
        arguments
    }
}

/// Runs it alone, on each of the series at the same time, and prints how it goes;
/// true if nothing failed.
///
/// # Errors
/// When the kernels or the module can't be made.
pub(crate) fn run(series: &[Series], minutes: u64, seed: Option<u64>) -> Result<bool> {
    let wanted: Vec<_> = series
        .iter()
        .map(|&series| (series, Flavour::Cloud, Need::Image))
        .collect();
    setup::prepare(Purpose::Machine, &wanted)?;
    let choice = guest::Choice {
        only: &[SOAK.to_owned()],
        soak: Soak {
            seconds: minutes * 60,
            seed,
            endless: None,
        },
        on: guest::Kernels::Stock(series),
        echo: true,
    };
    let tally = guest::run(&choice)?;
    for failure in &tally.failures {
        println!("\nFAILED {failure}");
    }
    for reason in &tally.repeated {
        println!("\nREPEATED, for slowness alone can have stopped it: {reason}");
    }
    Ok(tally.failures.is_empty())
}

/// What is done wrong on purpose: the program's options, and what has to be told of
/// it.
type Fault = (&'static [&'static str], &'static [&'static str]);

/// What makes the suite fail. Two that it only waits for do not have it wait long.
const FAULTS: &[Fault] = &[
    (&["--fault", "result"], &["ended by itself"]),
    (&["--fault", "death"], &["ended by itself"]),
    (&["--fault", "hang", "--patience", "5"], &["does not go on"]),
    (&["--fault", "stay", "--patience", "5"], &["does not end"]),
    (&["--fault", "process", "--patience", "5"], &["is left"]),
    (&["--fault", "module"], &["and the module has users"]),
    // What is found at the end, together.
    (
        &["--fault", "files", "--fault", "memory", "--fault", "log"],
        &["grown: used memory", "the number of objects in "],
    ),
];

/// What the suite may take.
const LIMIT: Duration = Duration::from_secs(300);

/// Whether each fault is told.
///
/// # Errors
/// When a machine can't be made.
pub(super) fn faults_are_told() -> Result<Tally> {
    let kernel = kernel::ensure(Series::V6_12, Flavour::Cloud, Need::Image)?;
    let module = kmod::build(&kernel)?;
    let accel = vm::choose(&kernel)?;
    let soak = SUITES.iter().find(|suite| suite.name == SOAK);
    let soak = soak.context("there is no suite of everything at once")?;
    let files = soak.files()?;
    let suites: Vec<Suite> = FAULTS
        .iter()
        .map(|(options, _)| soak_with(soak, &kernel, options))
        .collect::<Result<_>>()?;
    repeat::once("faults in a soak are told", "soak-faults", |name| {
        let spec = VmSpec {
            files: files.clone(),
            suites: suites.clone(),
            memory: soak.memory,
            processors: soak.processors,
            ..VmSpec::new(name, &kernel, accel, Some(module.clone()))
        };
        let verdict = vm::run(&spec)?;
        let mut attempt = Attempt {
            tally: Tally::default(),
            slow: verdict.failure.is_none() || verdict.machine_slow,
            scale: verdict.scale,
        };
        if let Some(failure) = verdict.failure {
            attempt.tally.add(Tally::failure(failure));
        }
        for (suite, (_, words)) in suites.iter().zip(FAULTS) {
            let mut ran = verdict.suites.iter();
            let found = ran.find(|ran| ran.name == suite.name);
            attempt.tally.add(match found {
                Some(found) if is_told(found, words) => Tally::passed(1),
                other => {
                    attempt.slow &= other.is_none_or(SuiteResult::is_slowness);
                    let name = &suite.name;
                    Tally::failure(format!("a soak with `{name}` was judged {other:#?}"))
                }
            });
        }
        Ok(attempt)
    })
}

/// The suite with these options, as short as it can be.
fn soak_with(soak: &GuestSuite, kernel: &Kernel, options: &[&str]) -> Result<Suite> {
    let short = Soak {
        seconds: 0,
        seed: None,
        endless: None,
    };
    let mut suite = soak.in_guest(&short, kernel)?;
    suite.name = options.join(" ");
    let options = ["--round-seconds", "1"].iter().chain(options);
    suite.command.extend(options.map(|&word| word.to_owned()));
    suite.limit_seconds = LIMIT.as_secs();
    Ok(suite)
}

fn is_told(suite: &SuiteResult, words: &[&str]) -> bool {
    let told = |word: &&str| suite.output.iter().any(|line| line.contains(*word));
    let is_logged = !suite.kernel_log.is_empty();
    matches!(suite.outcome, Some(Outcome::Failed { .. }))
        && words.iter().all(told)
        && is_logged == suite.name.contains("log")
}
