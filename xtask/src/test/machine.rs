//! Whether a machine in which something goes wrong is told from one in which
//! nothing does: without that no guest suite would mean anything.

use std::time::Duration;

use anyhow::Result;
use sysbatch_guest::{Outcome, Suite};

use super::repeat::{self, Attempt};
use super::tally::Tally;
use super::{programs, soak};
use crate::kernel::{self, Flavour, Kernel, Need, Series};
use crate::parallel;
use crate::vm::{self, Accel, SuiteResult, VmSpec};

/// What is done beside the others, the longest first.
type Part<'a> = Box<dyn Fn() -> Result<Tally> + Sync + 'a>;

/// A script, and how it must end.
type Script = (&'static str, fn(&SuiteResult) -> bool);

/// What can go wrong without ending the machine.
const SCRIPTS: &[Script] = &[
    ("true", SuiteResult::passed),
    ("exit 3", |suite| {
        matches!(&suite.outcome, Some(Outcome::Failed { .. }))
    }),
    ("kill -SEGV $$", |suite| {
        matches!(&suite.outcome, Some(Outcome::Failed { .. }))
    }),
    (HANGS, |suite| suite.outcome == Some(Outcome::TimedOut)),
    // A warning, what a slow machine makes the kernel warn of, and a trace that is
    // logged as mere information.
    ("echo '<4>careful' > /dev/kmsg", |suite| {
        suite.outcome == Some(Outcome::UncleanLog) && !suite.is_slowness()
    }),
    (
        "echo '<4>task blocked for more than 120 s' > /dev/kmsg",
        |suite| suite.outcome == Some(Outcome::UncleanLog) && suite.is_slowness(),
    ),
    ("echo '<6>Call Trace:' > /dev/kmsg", |suite| {
        suite.outcome == Some(Outcome::UncleanLog)
    }),
    ("echo '<6>all is well' > /dev/kmsg", SuiteResult::passed),
];

/// What ends the machine or keeps it from ending, and the word that the failure
/// must have.
const ENDS: &[(&str, &str)] = &[
    ("echo c > /proc/sysrq-trigger", "panicked"),
    (
        "echo o > /proc/sysrq-trigger; sleep 1000",
        "it ended before",
    ),
    (STOPPED, "did not end within"),
];

/// Ends by no limit but the machine's.
const STOPPED: &str = "kill -STOP $$";

/// Exceeds its limit.
const HANGS: &str = "sleep 1000";

/// What a script or a machine has that must exceed its limit. Others end by
/// themselves, and their limit is one that no load makes them exceed.
const SHORT: Duration = Duration::from_secs(2);
const LONG: Duration = Duration::from_secs(300);

pub(super) fn run() -> Result<Tally> {
    let kernel = kernel::ensure(Series::V6_12, Flavour::Cloud, Need::Image)?;
    // With them comes the first program of each guest.
    programs::with_built(|_| Ok(()))?;
    let accel = vm::choose(&kernel)?;
    let mut parts: Vec<Part<'_>> = vec![Box::new(soak::faults_are_told)];
    parts.push(Box::new(|| {
        let title = "failing suites are told";
        repeat::once(title, "machine", |name| scripts(name, &kernel, accel))
    }));
    for (number, &(script, word)) in ENDS.iter().enumerate() {
        let kernel = &kernel;
        parts.push(Box::new(move || {
            let title = format!("a machine is told that {word}");
            let name = format!("machine-end-{number}");
            repeat::once(&title, &name, |name| end(name, kernel, accel, script, word))
        }));
    }
    let mut tally = Tally::default();
    for result in parallel::map(&parts, |part| part()) {
        tally.add(result?);
    }
    Ok(tally)
}

fn suite(script: &str, limit: Duration) -> Suite {
    Suite {
        name: script.to_owned(),
        command: ["sh", "-c", script].map(str::to_owned).into(),
        limit_seconds: limit.as_secs(),
        ..Suite::default()
    }
}

/// All scripts in one machine: each must be judged by itself.
fn scripts(name: &str, kernel: &Kernel, accel: Accel) -> Result<Attempt> {
    let limit = |script| if script == HANGS { SHORT } else { LONG };
    let spec = VmSpec {
        suites: SCRIPTS
            .iter()
            .map(|(script, _)| suite(script, limit(*script)))
            .collect(),
        ..VmSpec::new(name, kernel, accel, None)
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
    for (script, expected) in SCRIPTS {
        let found = verdict.suites.iter().find(|suite| suite.name == *script);
        attempt.tally.add(match found {
            Some(suite) if expected(suite) => Tally::passed(1),
            other => {
                attempt.slow &= other.is_none_or(SuiteResult::is_slowness);
                Tally::failure(format!("`{script}` in the guest was judged {other:?}"))
            }
        });
    }
    Ok(attempt)
}

/// A machine that `script` ends, or keeps from ending.
fn end(name: &str, kernel: &Kernel, accel: Accel, script: &str, word: &str) -> Result<Attempt> {
    let spec = VmSpec {
        suites: vec![suite(script, LONG)],
        limit: (script == STOPPED).then_some(5 * SHORT),
        ..VmSpec::new(name, kernel, accel, None)
    };
    let verdict = vm::run(&spec)?;
    let told = verdict
        .failure
        .as_ref()
        .is_some_and(|failure| failure.contains(word));
    Ok(Attempt {
        slow: verdict.is_slowness(),
        scale: verdict.scale,
        tally: if told && !verdict.passed() {
            Tally::passed(1)
        } else {
            Tally::failure(format!("`{script}` in the guest was judged {verdict:?}"))
        },
    })
}
