//! How a machine's run went.

use std::process::ExitStatus;
use std::time::{Duration, Instant};

use anyhow::Result;
use sysbatch_guest::{Event, Outcome, Report, complaint};

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

    /// Whether slowness alone can be why it did not pass.
    pub(crate) fn is_slowness(&self) -> bool {
        match &self.outcome {
            Some(Outcome::TimedOut) => {
                self.kernel_log.is_empty() || complaint::are_of_slowness(&self.kernel_log)
            }
            Some(Outcome::UncleanLog) => complaint::are_of_slowness(&self.kernel_log),
            // It is the machine's end that tells.
            None => true,
            Some(Outcome::Passed | Outcome::Failed { .. } | Outcome::NotStarted { .. }) => false,
        }
    }
}

/// A machine's run.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    /// Each suite that was started.
    pub(crate) suites: Vec<SuiteResult>,
    /// Why the machine as a whole failed, with its last console lines.
    pub(crate) failure: Option<String>,
    /// Whether slowness alone can be why the machine as a whole failed.
    pub(crate) machine_slow: bool,
    /// What the limits were multiplied by, because the machine was slow.
    pub(crate) scale: f64,
}

impl Verdict {
    /// Whether everything went well.
    pub(crate) fn passed(&self) -> bool {
        self.failure.is_none() && self.suites.iter().all(SuiteResult::passed)
    }

    /// Whether slowness alone can be why all that went wrong did: a limit that was
    /// exceeded, a machine that did not come up, reports of the kernel on time that
    /// passed.
    pub(crate) fn is_slowness(&self) -> bool {
        let mut failed = self.suites.iter().filter(|suite| !suite.passed());
        !self.passed()
            && failed.all(SuiteResult::is_slowness)
            && (self.failure.is_none() || self.machine_slow)
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
    let mut booted: Option<Instant> = None;
    let status = loop {
        // Asked before reading, so that nothing written before the end is missed.
        let status = machine.ended()?;
        for report in console.reports()? {
            record.add(report);
        }
        if record.booted {
            booted.get_or_insert_with(Instant::now);
        }
        let late = match booted {
            None => started.elapsed() >= spec.boot_limit.mul_f64(spec.slowness()),
            Some(booted) => {
                booted.elapsed()
                    >= spec
                        .limit_after_boot()
                        .mul_f64(record.scale().max(spec.slowness()))
            }
        };
        if status.is_some() || late {
            break status;
        }
        std::thread::sleep(POLL);
    };
    let problem = problem(status, &mut record, &console, spec, started)?;
    let machine_slow = problem.as_ref().is_some_and(|problem| problem.slow);
    let failure = problem.map(|problem| {
        format!(
            "machine {} ({}, {}): {}\nlast lines of its console:\n{}\nQEMU said: {}",
            spec.name,
            spec.kernel.release,
            spec.accel.name(),
            problem.text,
            tail(&console.kernel, CONSOLE_LINES),
            tail(&console.emulator, 5),
        )
    });
    Ok(Verdict {
        scale: record.scale(),
        suites: record.suites,
        failure,
        machine_slow,
    })
}

/// Why a machine as a whole failed.
struct Problem {
    text: String,
    /// Whether slowness alone can be why.
    slow: bool,
}

/// What is wrong with a machine that ended so, or, without a status, did not end.
fn problem(
    status: Option<ExitStatus>,
    record: &mut Record,
    console: &Console,
    spec: &VmSpec<'_>,
    started: Instant,
) -> Result<Option<Problem>> {
    let panicked = process::contains(&console.kernel, "Kernel panic")?;
    let problem = |text: String, slow: bool| Some(Problem { text, slow });
    Ok(match status {
        None => problem(
            format!(
                "it did not end within {:.0} s and was stopped",
                started.elapsed().as_secs_f64()
            ),
            !complaint::has_fault(&process::text(&console.kernel)?),
        ),
        Some(_) if record.broken.is_some() => {
            record.broken.take().and_then(|text| problem(text, false))
        }
        // The module is loaded later, and QEMU has nothing to say of a panic.
        Some(status) if !record.booted => problem(
            format!("it ended before its first program ran (QEMU: {status})"),
            status.success(),
        ),
        Some(status) if panicked => problem(
            format!("the kernel panicked (QEMU: {status})"),
            complaint::is_panic_of_slowness(&process::text(&console.kernel)?),
        ),
        Some(status) if !record.finished || !status.success() => problem(
            format!("it ended before its first program did (QEMU: {status})"),
            false,
        ),
        Some(_) => record
            .first_missing(spec)
            .and_then(|name| problem(format!("it ended without running {name}"), false)),
    })
}

/// What the reports amount to so far.
#[derive(Debug, Default)]
struct Record {
    suites: Vec<SuiteResult>,
    booted: bool,
    finished: bool,
    broken: Option<String>,
    scale: Option<f64>,
}

impl Record {
    /// What limits are multiplied by: 1 until the machine has found out.
    fn scale(&self) -> f64 {
        self.scale.unwrap_or(1.0)
    }

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
            Report::Event(Event::Scaled { scale }) => self.scale = Some(scale),
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

#[cfg(test)]
mod tests {
    use sysbatch_guest::Outcome;

    use super::{SuiteResult, Verdict};

    fn verdict(outcome: Option<Outcome>, kernel_log: &[&str], machine: Option<bool>) -> Verdict {
        Verdict {
            suites: vec![SuiteResult {
                name: "one".to_owned(),
                outcome,
                seconds: 1.0,
                output: Vec::new(),
                system_calls: None,
                kernel_log: kernel_log.iter().map(|&line| line.to_owned()).collect(),
            }],
            failure: machine.map(|_| "the machine failed".to_owned()),
            machine_slow: machine == Some(true),
            scale: 1.0,
        }
    }

    #[test]
    fn what_slowness_can_cause_is_told_from_what_the_module_can() {
        let blocked = "3,1,2,-;INFO: task sh:9 blocked for more than 120 seconds.";
        let warning = "4,1,2,-;WARNING: CPU: 0 PID: 9";
        let failed = Outcome::Failed {
            status: "exit status: 1".to_owned(),
        };
        let (timed_out, unclean) = (Some(Outcome::TimedOut), Some(Outcome::UncleanLog));
        for (slow, verdict) in [
            (true, verdict(timed_out.clone(), &[], None)),
            (true, verdict(timed_out.clone(), &[blocked], None)),
            (true, verdict(timed_out.clone(), &[], Some(true))),
            (true, verdict(unclean.clone(), &[blocked], None)),
            (true, verdict(None, &[], Some(true))),
            (false, verdict(timed_out.clone(), &[warning], None)),
            (false, verdict(timed_out, &[], Some(false))),
            (false, verdict(unclean, &[warning], None)),
            (false, verdict(None, &[], Some(false))),
            (false, verdict(Some(failed), &[], None)),
            (false, verdict(Some(Outcome::Passed), &[], None)),
        ] {
            assert_eq!(verdict.is_slowness(), slow, "{verdict:?}");
        }
    }
}
