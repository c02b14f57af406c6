//! Runs one suite.

use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, WaitOptions, kill_process_group, pidfd_open, wait};
use sysbatch_guest::{LIMIT_STATUS, Outcome, SCALE_VARIABLE, Suite};

use crate::counter::Counter;

/// How often to look whether what a suite left behind has ended.
const POLL: Duration = Duration::from_millis(5);

/// What a process that was killed may take to die on a slow machine. One that is
/// not dead still uses the module, which then can't be unloaded.
const DYING: Duration = Duration::from_secs(60);

/// How a suite went.
pub(crate) struct Run {
    pub(crate) outcome: Outcome,
    /// From its start to its end.
    pub(crate) seconds: f64,
    /// The system calls its first process made, if they were to be counted.
    pub(crate) system_calls: Option<u64>,
}

/// Runs the suite with its output on `line` and its limit multiplied by `scale`.
///
/// # Errors
/// When its system calls can't be counted.
pub(crate) fn run(suite: &Suite, scale: f64, line: &File) -> anyhow::Result<Run> {
    let counter = suite.count_system_calls.then(Counter::start).transpose()?;
    let started = Instant::now();
    match start(suite, scale, line) {
        Ok(mut child) => {
            let outcome = finish(
                &mut child,
                Duration::from_secs(suite.limit_seconds).mul_f64(scale),
            );
            let seconds = started.elapsed().as_secs_f64();
            let system_calls = counter
                .map(|counter| counter.finish(child.id()))
                .transpose()?;
            reap(&child);
            Ok(Run {
                outcome,
                seconds,
                system_calls,
            })
        }
        Err(error) => Ok(Run {
            outcome: Outcome::NotStarted {
                reason: error.to_string(),
            },
            seconds: 0.0,
            system_calls: None,
        }),
    }
}

fn start(suite: &Suite, scale: f64, line: &File) -> std::io::Result<Child> {
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
        .env(SCALE_VARIABLE, scale.to_string())
        .envs(suite.environment.iter().map(|(name, value)| (name, value)))
        .current_dir("/tmp")
        .stdin(Stdio::null())
        .stdout(line.try_clone()?)
        .stderr(line.try_clone()?)
        .process_group(0)
        .spawn()
}

/// Waits for the child's end. A descriptor for the process tells at once, so
/// that times are exact.
fn finish(child: &mut Child, limit: Duration) -> Outcome {
    match wait_within(child, limit) {
        Ok(Some(status)) if status.success() => Outcome::Passed,
        Ok(Some(status)) if status.code() == Some(LIMIT_STATUS.into()) => Outcome::TimedOut,
        Ok(Some(status)) => Outcome::Failed {
            status: status.to_string(),
        },
        Ok(None) => Outcome::TimedOut,
        Err(error) => Outcome::Failed {
            status: format!("can't wait for it: {error}"),
        },
    }
}

fn wait_within(child: &mut Child, limit: Duration) -> std::io::Result<Option<ExitStatus>> {
    let pid = pid(child).ok_or(std::io::ErrorKind::InvalidInput)?;
    let descriptor = pidfd_open(pid, PidfdFlags::empty())?;
    let limit = Timespec::try_from(limit).map_err(|_| std::io::ErrorKind::InvalidInput)?;
    let mut polled = [PollFd::new(&descriptor, PollFlags::IN)];
    if poll(&mut polled, Some(&limit))? == 0 {
        return Ok(None);
    }
    child.wait().map(Some)
}

fn pid(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

/// Ends what the suite left running, and collects the dead as the first
/// process must.
fn reap(child: &Child) {
    if let Some(group) = pid(child) {
        // An error means that nobody is left in the group.
        let _ = kill_process_group(group, Signal::KILL);
    }
    // A process that does not die in this time is stuck in the kernel; the
    // next suite or the kernel's own watchdog will tell.
    let deadline = Instant::now() + DYING;
    while Instant::now() < deadline {
        match wait(WaitOptions::NOHANG) {
            Ok(Some(_)) => {}
            Ok(None) => std::thread::sleep(POLL),
            // No children: all are gone.
            Err(_) => return,
        }
    }
}
