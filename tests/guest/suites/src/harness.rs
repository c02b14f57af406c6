//! Runs cases, each in a process of its own with a time limit.
//!
//! A case may so install handlers and filters, fork, crash or hang without
//! touching the next one.
#![expect(unsafe_code, reason = "fork")]

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus};

use crate::lab::Lab;

/// The hosts that a case makes sense on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum On {
    /// The module and user space.
    Both,
    /// The module only.
    Kernel,
    /// The module only, and by root.
    KernelAsRoot,
}

/// Multiplies a limit by what the first program of the guest has found out about
/// the machine, if that ran this suite: a limit is there to end what hangs.
pub(crate) fn scaled(limit: Duration) -> Duration {
    let scale = std::env::var(sysbatch_guest::SCALE_VARIABLE).ok();
    let scale = scale.and_then(|scale| scale.parse().ok()).unwrap_or(1.0);
    limit.mul_f64(f64::max(scale, 1.0))
}

/// One test.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) on: On,
    pub(crate) limit: Duration,
    pub(crate) body: Rc<dyn Fn(&mut Lab)>,
}

/// Cases for functions of the module, by their own names: `both`, `kernel` or
/// `kernel_as_root`, and a time limit in seconds if 60 are not enough. One may be left
/// out by `#[cfg]`.
macro_rules! cases {
    ($($(#[$attribute:meta])* $on:ident $body:ident $(within $seconds:literal)?;)*) => {
        pub(crate) fn cases() -> Vec<$crate::harness::Case> {
            let cases = [$($(#[$attribute])* $crate::harness::Case {
                name: stringify!($body).to_owned(),
                on: $crate::harness::cases!(@on $on),
                limit: std::time::Duration::from_secs($crate::harness::cases!(@limit $($seconds)?)),
                body: std::rc::Rc::new($body),
            }),*];
            cases.into()
        }
    };
    (@on both) => { $crate::harness::On::Both };
    (@on kernel) => { $crate::harness::On::Kernel };
    (@on kernel_as_root) => { $crate::harness::On::KernelAsRoot };
    (@limit) => { 60 };
    (@limit $seconds:literal) => { $seconds };
}
pub(crate) use cases;

/// What holds for all cases.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// The host to test.
    #[arg(long, value_enum)]
    pub(crate) backend: Host,
    /// Whether to run each case as nobody, who has no rights and gets none.
    #[arg(long)]
    pub(crate) unprivileged: bool,
    /// Whether to switch audit on first, for as long as the machine runs.
    #[arg(long)]
    pub(crate) audited: bool,
    /// First seed of random programs; the clock if none is given.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// How many random programs.
    #[arg(long, default_value_t = 2_000)]
    pub(crate) count: u64,
    /// How often the module is loaded and unloaded while it is used.
    #[arg(long, default_value_t = 30)]
    pub(crate) loads: u32,
    /// A directory with many files that have not been read since boot.
    #[arg(long)]
    pub(crate) tree: Option<std::path::PathBuf>,
    /// The module's file, to load it again after unloading it.
    #[arg(long)]
    pub(crate) module: Option<std::path::PathBuf>,
    /// How long batches without an end run, in seconds.
    #[arg(long, default_value_t = 9)]
    pub(crate) endless_seconds: u64,
    /// By which instruction 32-bit programs enter the kernel on this processor.
    #[cfg(target_arch = "x86_64")]
    #[arg(long, value_enum)]
    pub(crate) way: Option<crate::ways::Way>,
    #[command(flatten)]
    pub(crate) soak: crate::soak::Settings,
}

/// Which host the cases run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Host {
    /// The module.
    Kernel,
    /// This process.
    User,
}

/// What became of the cases.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    passed: u32,
    failed: Vec<String>,
    elsewhere: u32,
    /// Of those that failed.
    over_limit: usize,
    /// A case's processes are still there, and what they hold.
    stuck: bool,
}

/// Why a case failed.
#[derive(Debug)]
enum Failure {
    /// It was not over when its time was up. Killed processes that do not end
    /// stay `stuck`.
    Limit { text: String, stuck: bool },
    /// Anything else.
    Other(String),
}

impl Tally {
    /// Runs one case and prints how it ended. After one that is stuck no other is
    /// run: it would find a disk or the module in use, and fail by that alone.
    pub(crate) fn run(&mut self, suite: &str, case: &Case, options: &Options) {
        if self.stuck {
            println!("not run: {suite}/{}", case.name);
            return;
        }
        let is_for_module = matches!(case.on, On::Kernel | On::KernelAsRoot);
        if is_for_module && options.backend == Host::User {
            self.elsewhere += 1;
            return;
        }
        if case.on == On::KernelAsRoot && options.unprivileged {
            return;
        }
        let name = format!("{suite}/{}", case.name);
        let started = Instant::now();
        let result = in_child(case, options);
        let seconds = started.elapsed().as_secs_f64();
        match result {
            Ok(()) => {
                self.passed += 1;
                println!("PASS {name} ({seconds:.2} s)");
            }
            Err(failure) => {
                let why = match failure {
                    Failure::Limit { text, stuck } => {
                        self.over_limit += 1;
                        self.stuck = stuck;
                        text
                    }
                    Failure::Other(text) => text,
                };
                println!("FAIL {name} ({seconds:.2} s): {why}");
                self.failed.push(name);
            }
        }
    }

    /// Prints the sum, in the words of Rust's own harness so that whoever
    /// counts tests can read it; success if there was a case and none failed.
    pub(crate) fn report(&self) -> ExitCode {
        if self.elsewhere > 0 {
            println!(
                "{} cases are for the module only and no part of this run",
                self.elsewhere
            );
        }
        for name in &self.failed {
            println!("failed: {name}");
        }
        let good = self.failed.is_empty() && self.passed > 0;
        println!(
            "test result: {}. {} passed; {} failed; 0 ignored; 0 measured; 0 filtered out",
            if good { "ok" } else { "FAILED" },
            self.passed,
            self.failed.len()
        );
        if good {
            ExitCode::SUCCESS
        } else if !self.failed.is_empty() && self.over_limit == self.failed.len() {
            sysbatch_guest::LIMIT_STATUS.into()
        } else {
            ExitCode::FAILURE
        }
    }
}

/// Runs the case in a child and waits for it.
fn in_child(case: &Case, options: &Options) -> Result<(), Failure> {
    let flushed = std::io::stdout().flush();
    flushed.map_err(|error| Failure::Other(format!("cannot write: {error}")))?;
    // SAFETY: this process has one thread, so the child's copy of it has
    // everything that the child may need, locks included.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        child(case, options);
    }
    let Some(pid) = Pid::from_raw(pid) else {
        let error = std::io::Error::last_os_error();
        return Err(Failure::Other(format!("cannot fork: {error}")));
    };
    let result = wait(pid, scaled(case.limit));
    // Whatever the case left behind. That nobody is left is no error.
    let _ = rustix::process::kill_process_group(pid, Signal::KILL);
    result
}

/// The child's part.
fn child(case: &Case, options: &Options) -> ! {
    let body = || {
        if options.unprivileged {
            become_nobody();
        }
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL)).expect("prctl");
        rustix::process::setpgid(None, None).expect("setpgid");
        (case.body)(&mut Lab::new(options));
    };
    let code = i32::from(catch_unwind(AssertUnwindSafe(body)).is_err());
    let _ = std::io::stdout().flush();
    // Nothing of the parent is to run here, not even at exit.
    // SAFETY: ends the process.
    unsafe { libc::_exit(code) }
}

/// Gives all rights up.
pub(crate) fn become_nobody() {
    const NOBODY: u32 = 65534;
    rustix::thread::set_thread_groups(&[]).expect("root has no groups");
    let group = rustix::process::Gid::from_raw(NOBODY);
    rustix::thread::set_thread_res_gid(group, group, group).expect("root may be anyone");
    let user = rustix::process::Uid::from_raw(NOBODY);
    rustix::thread::set_thread_res_uid(user, user, user).expect("root may be anyone");
    // What belongs to the process in /proc is root's until it says so.
    let dumpable = rustix::process::DumpableBehavior::Dumpable;
    rustix::process::set_dumpable_behavior(dumpable).expect("prctl");
}

/// Waits for a child, and kills it when its time is up.
fn wait(pid: Pid, limit: Duration) -> Result<(), Failure> {
    let deadline = Instant::now() + limit;
    while Instant::now() < deadline {
        match rustix::process::waitpid(Some(pid), WaitOptions::NOHANG) {
            Ok(Some((_, status))) => return judge(status).map_err(Failure::Other),
            Ok(None) | Err(Errno::INTR) => std::thread::sleep(Duration::from_millis(2)),
            Err(error) => return Err(Failure::Other(format!("cannot wait: {error}"))),
        }
    }
    let state = state(pid);
    let _ = rustix::process::kill_process_group(pid, Signal::KILL);
    let mut stuck = false;
    let deadline = Instant::now() + scaled(Duration::from_secs(20));
    while !matches!(
        rustix::process::waitpid(Some(pid), WaitOptions::NOHANG),
        Ok(Some(_))
    ) {
        if Instant::now() > deadline {
            stuck = true;
            break;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let killed = if stuck { " and cannot be killed" } else { "" };
    let seconds = limit.as_secs();
    Err(Failure::Limit {
        text: format!("not over after {seconds} s{killed}; it was {state}"),
        stuck,
    })
}

fn judge(status: WaitStatus) -> Result<(), String> {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(0), _) => Ok(()),
        (Some(_), _) => Err("see above".to_owned()),
        (None, Some(signal)) => Err(format!("killed by signal {signal}")),
        (None, None) => Err("neither exited nor killed".to_owned()),
    }
}

/// What a process is doing, as `/proc` has it.
pub(crate) fn state(pid: Pid) -> String {
    let file = |name: &str| {
        let path = format!("/proc/{}/{name}", pid.as_raw_nonzero());
        std::fs::read_to_string(path).unwrap_or_default()
    };
    let status = file("status");
    let state = status.lines().find(|line| line.starts_with("State:"));
    format!(
        "{}, in system call {}, at {}",
        state.unwrap_or("gone"),
        file("syscall").trim(),
        file("stack").lines().take(6).collect::<Vec<_>>().join(" ")
    )
}
