//! Runs one suite.

use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions, kill_process_group, wait};
use sysbatch_guest::{Outcome, Suite};

/// How often to look whether a suite has ended.
const POLL: Duration = Duration::from_millis(5);

/// Runs the suite with its output on `line`; how it ended and the seconds it
/// took.
pub(crate) fn run(suite: &Suite, line: &File) -> (Outcome, f64) {
    let started = Instant::now();
    let outcome = match start(suite, line) {
        Ok(mut child) => {
            let outcome = finish(&mut child, Duration::from_secs(suite.limit_seconds));
            reap(&child);
            outcome
        }
        Err(error) => Outcome::NotStarted {
            reason: error.to_string(),
        },
    };
    (outcome, started.elapsed().as_secs_f64())
}

fn start(suite: &Suite, line: &File) -> std::io::Result<Child> {
    let (program, arguments) = suite.command.split_first().ok_or_else(|| {
        std::io::Error::new(
            std::io::ErrorKind::InvalidInput,
            "the suite names no program",
        )
    })?;
    Command::new(program)
        .args(arguments)
        .env_clear()
        .env("PATH", "/bin")
        .env("HOME", "/tmp")
        .env("TMPDIR", "/tmp")
        .env("RUST_BACKTRACE", "1")
        .envs(suite.environment.iter().map(|(name, value)| (name, value)))
        .current_dir("/tmp")
        .stdin(Stdio::null())
        .stdout(line.try_clone()?)
        .stderr(line.try_clone()?)
        .process_group(0)
        .spawn()
}

fn finish(child: &mut Child, limit: Duration) -> Outcome {
    let deadline = Instant::now() + limit;
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Outcome::Passed,
            Ok(Some(status)) => {
                return Outcome::Failed {
                    status: status.to_string(),
                };
            }
            Ok(None) if Instant::now() >= deadline => return Outcome::TimedOut,
            Ok(None) => std::thread::sleep(POLL),
            Err(error) => {
                return Outcome::Failed {
                    status: format!("can't wait for it: {error}"),
                };
            }
        }
    }
}

/// Ends what the suite left running, and collects the dead as the first
/// process must.
fn reap(child: &Child) {
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    if let Some(group) = group {
        // An error means that nobody is left in the group.
        let _ = kill_process_group(group, Signal::KILL);
    }
    // A process that does not die within a second is stuck in the kernel; the
    // next suite or the kernel's own watchdog will tell.
    let deadline = Instant::now() + Duration::from_secs(1);
    while Instant::now() < deadline {
        match wait(WaitOptions::NOHANG) {
            Ok(Some(_)) => {}
            Ok(None) => std::thread::sleep(POLL),
            // No children: all are gone.
            Err(_) => return,
        }
    }
}
