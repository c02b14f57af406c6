//! Whether a machine in which something goes wrong is told from one in which
//! nothing does: without that no guest suite would mean anything.

use std::time::Duration;

use anyhow::Result;
use sysbatch_guest::{Outcome, Suite};

use super::tally::Tally;
use crate::kernel::{self, Flavour, Kernel, Need, Series};
use crate::progress::Progress;
use crate::vm::{self, Accel, SuiteResult, VmSpec};

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
    ("sleep 1000", |suite| {
        suite.outcome == Some(Outcome::TimedOut)
    }),
    // A warning, and a trace that is logged as mere information.
    ("echo '<4>careful' > /dev/kmsg", |suite| {
        suite.outcome == Some(Outcome::UncleanLog)
    }),
    ("echo '<6>Call Trace:' > /dev/kmsg", |suite| {
        suite.outcome == Some(Outcome::UncleanLog)
    }),
    ("echo '<6>all is well' > /dev/kmsg", SuiteResult::passed),
];

/// What ends the machine or keeps it from ending, the word that the failure
/// must have, and the machine's limit in seconds.
const ENDS: &[(&str, &str, u64)] = &[
    ("echo c > /proc/sysrq-trigger", "panicked", 120),
    (
        "echo o > /proc/sysrq-trigger; sleep 1000",
        "it ended before",
        120,
    ),
    ("kill -STOP $$", "did not end within", 15),
];

/// Seconds that a script may take.
const SCRIPT_LIMIT: u64 = 2;

pub(super) fn run() -> Result<Tally> {
    let kernel = kernel::ensure(Series::V6_12, Flavour::Cloud, Need::Image)?;
    let accel = vm::choose(&kernel)?;
    let mut tally = scripts(&kernel, accel)?;
    for &(script, word, limit) in ENDS {
        tally.add(end(&kernel, accel, script, word, limit)?);
    }
    Ok(tally)
}

fn suite(script: &str, limit_seconds: u64) -> Suite {
    Suite {
        name: script.to_owned(),
        command: ["sh", "-c", script].map(str::to_owned).into(),
        limit_seconds,
        ..Suite::default()
    }
}

/// All scripts in one machine: each must be judged by itself.
fn scripts(kernel: &Kernel, accel: Accel) -> Result<Tally> {
    let progress = Progress::start("failing suites are told");
    let spec = VmSpec {
        suites: SCRIPTS
            .iter()
            .map(|(script, _)| suite(script, SCRIPT_LIMIT))
            .collect(),
        ..VmSpec::new("machine", kernel, accel, None)
    };
    let verdict = vm::run(&spec)?;
    let mut tally = Tally::default();
    if let Some(failure) = verdict.failure {
        tally.add(Tally::failure(failure));
    }
    for (script, expected) in SCRIPTS {
        let found = verdict.suites.iter().find(|suite| suite.name == *script);
        tally.add(match found {
            Some(suite) if expected(suite) => Tally::passed(1),
            other => Tally::failure(format!("`{script}` in the guest was judged {other:?}")),
        });
    }
    progress.end(if tally.failures.is_empty() {
        "ok"
    } else {
        "failed"
    });
    Ok(tally)
}

/// A machine that `script` ends, or keeps from ending.
fn end(kernel: &Kernel, accel: Accel, script: &str, word: &str, limit: u64) -> Result<Tally> {
    let progress = Progress::start(format!("a machine is told that {word}"));
    let spec = VmSpec {
        suites: vec![suite(script, 1000)],
        limit: Duration::from_secs(limit),
        ..VmSpec::new("machine", kernel, accel, None)
    };
    let verdict = vm::run(&spec)?;
    let told = verdict
        .failure
        .as_ref()
        .is_some_and(|failure| failure.contains(word));
    progress.end(if told { "ok" } else { "failed" });
    Ok(if told && !verdict.passed() {
        Tally::passed(1)
    } else {
        Tally::failure(format!("`{script}` in the guest was judged {verdict:?}"))
    })
}
