//! How a machine's run went.

use std::time::{Duration, Instant};

use anyhow::Result;
use sysbatch_guest::{Event, Outcome, Report};

use super::VmSpec;
use super::console::Console;
use super::qemu::Machine;
use crate::process::{self, tail};

/// Lines of the kernel's console that a failure shows.
const CONSOLE_LINES: usize = 40;
const POLL: Duration = Duration::from_millis(20);

/// One suite's result.
#[derive(Clone, Debug)]
pub(crate) struct SuiteResult {
    /// Its name.
    pub(crate) name: String,
    /// How it ended; none if the machine ended first.
    pub(crate) outcome: Option<Outcome>,
    /// Guest seconds.
    pub(crate) seconds: f64,
    /// What it printed, line by line.
    pub(crate) output: Vec<String>,
    /// How many system calls its first process made, if they were counted.
    pub(crate) system_calls: Option<u64>,
    /// What the kernel complained of.
    pub(crate) kernel_log: Vec<String>,
}

impl SuiteResult {
    /// Whether it did all it should and the kernel did not complain.
    pub(crate) fn passed(&self) -> bool {
        self.outcome == Some(Outcome::Passed)
    }
}

/// A machine's run.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    /// Each suite that was started.
    pub(crate) suites: Vec<SuiteResult>,
    /// Why the machine as a whole failed, with its last console lines.
    pub(crate) failure: Option<String>,
}

impl Verdict {
    /// Whether everything went well.
    pub(crate) fn passed(&self) -> bool {
        self.failure.is_none() && self.suites.iter().all(SuiteResult::passed)
    }

    /// What went wrong, in words, one string for each failure.
    pub(crate) fn failures(&self) -> Vec<String> {
        let suites = self
            .suites
            .iter()
            .filter(|suite| !suite.passed())
            .map(|suite| {
                let outcome = match &suite.outcome {
                    None => "did not end".to_owned(),
                    Some(Outcome::Passed) => "passed".to_owned(),
                    Some(Outcome::UncleanLog) => "left complaints in the kernel log".to_owned(),
                    Some(Outcome::Failed { status }) => format!("failed: {status}"),
                    Some(Outcome::TimedOut) => "exceeded its time limit".to_owned(),
                    Some(Outcome::NotStarted { reason }) => {
                        format!("could not be started: {reason}")
                    }
                };
                let output = &suite.output[suite.output.len().saturating_sub(CONSOLE_LINES)..];
                let mut text = format!("{}: {outcome} (after {:.1} s)", suite.name, suite.seconds);
                for line in output {
                    text.push_str("\n  | ");
                    text.push_str(line);
                }
                for line in &suite.kernel_log {
                    text.push_str("\n  kernel: ");
                    text.push_str(line);
                }
                text
            });
        suites.chain(self.failure.clone()).collect()
    }
}

/// Follows the machine to its end or its limit.
pub(super) fn collect(
    mut machine: Machine,
    mut console: Console,
    spec: &VmSpec<'_>,
    started: Instant,
) -> Result<Verdict> {
    let mut record = Record::default();
    let status = loop {
        // Asked before reading, so that nothing written before the end is missed.
        let status = machine.ended()?;
        for report in console.reports()? {
            record.add(report);
        }
        if status.is_some() || started.elapsed() >= spec.limit {
            break status;
        }
        std::thread::sleep(POLL);
    };
    let panicked = process::contains(&console.kernel, "Kernel panic")?;
    let problem = match status {
        None => Some(format!(
            "it did not end within {} s and was stopped",
            spec.limit.as_secs()
        )),
        Some(_) if record.broken.is_some() => record.broken.take(),
        Some(status) if !record.booted => Some(format!(
            "it ended before its first program ran (QEMU: {status})"
        )),
        Some(status) if panicked => Some(format!("the kernel panicked (QEMU: {status})")),
        Some(status) if !record.finished || !status.success() => Some(format!(
            "it ended before its first program did (QEMU: {status})"
        )),
        Some(_) => record
            .first_missing(spec)
            .map(|name| format!("it ended without running {name}")),
    };
    let failure = problem.map(|problem| {
        format!(
            "machine {} ({}, {}): {problem}\nlast lines of its console:\n{}\nQEMU said: {}",
            spec.name,
            spec.kernel.release,
            spec.accel.name(),
            tail(&console.kernel, CONSOLE_LINES),
            tail(&console.emulator, 5),
        )
    });
    Ok(Verdict {
        suites: record.suites,
        failure,
    })
}

/// What the reports amount to so far.
#[derive(Debug, Default)]
struct Record {
    suites: Vec<SuiteResult>,
    booted: bool,
    finished: bool,
    broken: Option<String>,
}

impl Record {
    /// A suite that was to run and did not, though nothing before it failed.
    fn first_missing<'a>(&self, spec: &'a VmSpec<'_>) -> Option<&'a str> {
        let names = spec.suites.iter().map(|suite| suite.name.as_str());
        let ran = |name: &str| self.suites.iter().any(|suite| suite.name == name);
        let mut missing = names.filter(|name| !ran(name));
        missing
            .next()
            .filter(|_| self.suites.iter().all(SuiteResult::passed))
    }

    fn add(&mut self, report: Report) {
        match report {
            Report::Output(line) => {
                if let Some(suite) = self.suites.last_mut() {
                    suite.output.push(line);
                }
            }
            Report::Event(Event::Booted) => self.booted = true,
            Report::Event(Event::Finished) => self.finished = true,
            Report::Event(Event::Broken { reason }) => self.broken = Some(reason),
            Report::Event(Event::Started { suite }) => self.suites.push(SuiteResult {
                name: suite,
                outcome: None,
                seconds: 0.0,
                output: Vec::new(),
                system_calls: None,
                kernel_log: Vec::new(),
            }),
            Report::Event(Event::KernelLog { line }) => {
                if let Some(suite) = self.suites.last_mut() {
                    suite.kernel_log.push(line);
                }
            }
            Report::Event(Event::SystemCalls { count }) => {
                if let Some(suite) = self.suites.last_mut() {
                    suite.system_calls = Some(count);
                }
            }
            Report::Event(Event::Ended {
                suite,
                outcome,
                seconds,
            }) => {
                if let Some(last) = self.suites.last_mut().filter(|last| last.name == suite) {
                    last.outcome = Some(outcome);
                    last.seconds = seconds;
                }
            }
        }
    }
}
