//! What a tracer tells of programs of which it is known what they do.
//!
//! Each test runs itself a second time, traced. Inside it does something, and outside it
//! looks at what was told of that.
#![expect(unsafe_code, reason = "system calls as programs make them")]

mod calls;
mod limits;
mod processes;
mod recorder;
mod signals;
mod stacks;

use std::env;
use std::process::Command;

use sysbatch_advise::trace::{self, Overhead, Trace};

use recorder::Recorder;

/// Set where a test runs inside.
const INSIDE: &str = "SYSBATCH_TEST_INSIDE";

/// How many functions of a stack are asked for.
const DEPTH: usize = 32;

/// Runs `body` in a process of its own and gives what was told of that. `name` is the
/// test's. Gives nothing inside.
fn traced(name: &str, body: impl FnOnce()) -> Option<(Trace, Recorder)> {
    if env::var_os(INSIDE).is_some() {
        body();
        return None;
    }
    let mut command = Command::new(env::current_exe().expect("the test's path"));
    command
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(INSIDE, "1");
    Some(run(command))
}

/// Runs a command and gives what was told of it.
fn run(command: Command) -> (Trace, Recorder) {
    let mut recorder = Recorder::default();
    let trace = trace::start(command)
        .and_then(|started| started.follow(DEPTH, Overhead::default(), &mut recorder));
    (trace.expect("it can be traced"), recorder)
}

/// Makes a call that does nothing, by which a test is found among the calls of what runs
/// it.
fn mark() {
    // SAFETY: it only gives a number.
    unsafe { libc::syscall(libc::SYS_getppid) };
}
