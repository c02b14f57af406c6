//! What is found in programs of which it is known what can be found.
//!
//! They are run and traced, but judged by costs that are given, so that a verdict does not
//! depend on the machine.

mod computing;
mod coreutils;
mod git;
mod server;
mod tar;
mod tree;

use std::env;
use std::process::Command;
use std::time::Duration;

use sysbatch_advise::report::{Conditions, Row};
use sysbatch_advise::trace::{self, Overhead};
use sysbatch_advise::{Costs, Report, Sequences};

/// Set where a test runs inside.
const INSIDE: &str = "SYSBATCH_TEST_INSIDE";

/// How many functions of a stack are looked at, as by the command.
const DEPTH: usize = 32;

/// A processor with the usual mitigations: a batch pays from five calls on.
const COSTS: Costs = Costs {
    crossing: 200.0,
    batch: 800.0,
    step: 20.0,
    measured: true,
};

/// What a program does besides, for each of its calls and as a whole.
#[derive(Debug, Clone, Copy)]
struct Work {
    each: Duration,
    whole: Duration,
}

/// A program that does little but system calls, such as `ls`: a microsecond and a half for
/// each.
const CALLS: Work = Work {
    each: Duration::from_nanos(1500),
    whole: Duration::ZERO,
};

/// Runs a command and judges it.
fn judge(command: Command, work: Work) -> Report {
    let mut sequences = Sequences::new();
    let trace = trace::start(command)
        .and_then(|started| started.follow(DEPTH, Overhead::default(), &mut sequences));
    let mut trace = trace.expect("it can be traced");
    assert!(trace.status.success(), "{:?}", trace.status);
    let calls = u32::try_from(trace.calls).expect("a trace of a test");
    let conditions = Conditions {
        command: Vec::new(),
        costs: COSTS,
        ran: work.whole + work.each * calls,
        foreign: trace.foreign,
    };
    Report::new(&sequences.finish(), conditions, &mut trace.stacks)
}

/// Runs `body` in a process of its own and judges that. `name` is the test's. Gives nothing
/// inside.
fn judge_body(name: &str, work: Work, body: impl FnOnce()) -> Option<Report> {
    if env::var_os(INSIDE).is_some() {
        body();
        return None;
    }
    let mut command = Command::new(env::current_exe().expect("the test's path"));
    command
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(INSIDE, "1");
    Some(judge(command, work))
}

/// How often a call was made in the sequences of a row.
fn count(row: &Row, call: &str) -> u64 {
    let made = row.calls.iter().find(|made| made.name == call);
    made.map_or(0, |made| made.count)
}
