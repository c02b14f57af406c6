//! Random calls of somebody without rights: any number of the table, with arguments of
//! any kind, in batches. Whatever they do, the kernel has nothing to complain about,
//! whoever waits can be killed, and the module works for others.
//!
//! - [`arguments`] makes calls, and says which are left out and why;
//! - [`worker`] is a process that makes them, where nothing is that could be missed.

mod arguments;
mod worker;

use core::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions};
use sysbatch::abi::Status;
use sysbatch_reference::random::{Random, seed_from_clock};
use syscalls::Sysno;

use crate::harness::{cases, scaled, state};
use crate::lab::{Batch, Lab, imm, result, set, sys};
use crate::scratch::Scratch;
use worker::Progress;

cases! {
    kernel_as_root random_calls_as_nobody within 300;
}

/// Workers at a time. In all there is one for each fifty of `--count`.
const AT_A_TIME: usize = 3;

/// How long a worker may do nothing, as when it waits, until it is killed.
const WAITS: Duration = Duration::from_millis(50);

/// How long it may take to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// A worker and how far it was when it was looked at.
struct Watched {
    pid: Pid,
    progress: Progress,
    seen: u64,
    since: Instant,
}

fn random_calls_as_nobody(lab: &mut Lab) {
    let options = lab.options.clone();
    let seed = options.seed.unwrap_or_else(seed_from_clock);
    println!("seed {seed}; again with --seed {seed}");
    // Workers destroy themselves in many ways, which the kernel has a line for.
    std::fs::write("/proc/sys/debug/exception-trace", "0").expect("root may");
    // And for those who ask for more memory than there is.
    std::fs::write("/proc/sys/vm/overcommit_memory", "1").expect("root may");
    // A number is not to be given to another process before its owner was killed.
    std::fs::write("/proc/sys/kernel/pid_max", "4194304").expect("root may");
    let scratch = Scratch::new("random");
    let mut random = Random::new(seed);
    let mut left = options.count / 50;
    let mut workers: Vec<Watched> = Vec::new();
    let mut tally = Tally::default();
    while left > 0 || !workers.is_empty() {
        if left > 0 && workers.len() < AT_A_TIME {
            left -= 1;
            let progress = Progress::new();
            let pid = worker::start(&options, &scratch, random.word(), progress);
            workers.push(Watched {
                pid,
                progress,
                seen: 0,
                since: Instant::now(),
            });
            continue;
        }
        workers.retain_mut(|worker| !is_over(worker, &mut tally));
        check(lab);
        std::thread::sleep(Duration::from_millis(1));
    }
    println!("{tally}");
    tally.check(options.count / 50);
}

/// Whether a worker has ended. Kills one that waits.
fn is_over(worker: &mut Watched, tally: &mut Tally) -> bool {
    let status = rustix::process::waitpid(Some(worker.pid), WaitOptions::NOHANG);
    if status.expect("it is a child").is_some() {
        tally.add(worker.progress);
        return true;
    }
    let seen = worker.progress.batches().load(SeqCst);
    if seen != worker.seen {
        (worker.seen, worker.since) = (seen, Instant::now());
        return false;
    }
    let first = i32::try_from(worker.progress.first().load(SeqCst)).expect("a process");
    match Pid::from_raw(first) {
        Some(first) if worker.since.elapsed() > WAITS => {
            tally.killed += 1;
            kill(first, worker.pid);
            tally.add(worker.progress);
            true
        }
        _ => false,
    }
}

/// Kills the first process of a worker's namespace, with which all others there end,
/// and then the one that waits for it.
fn kill(first: Pid, pid: Pid) {
    // It may have ended in this moment.
    let _ = rustix::process::kill_process(first, Signal::KILL);
    let since = Instant::now();
    while matches!(
        rustix::process::waitpid(Some(pid), WaitOptions::NOHANG),
        Ok(None)
    ) {
        assert!(
            since.elapsed() < scaled(PATIENCE),
            "a worker cannot be killed: {}",
            state(first)
        );
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A batch of somebody else's works meanwhile.
fn check(lab: &mut Lab) {
    let pid = i64::from(std::process::id());
    let mut batch = Batch::new([
        set(1),
        sys(Sysno::getpid, []),
        sys(Sysno::kill, [result(1), imm(0)]),
        sys(Sysno::close, [imm(-1)]),
    ]);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    let bad = crate::lab::error(rustix::io::Errno::BADF);
    assert_eq!(batch.results, [1, pid, 0, bad]);
}

/// What all workers did.
#[derive(Debug, Default)]
struct Tally {
    workers: u64,
    killed: u64,
    calls: u64,
    errors: u64,
    handed_back: u64,
    numbers: std::collections::BTreeSet<u64>,
}

impl Tally {
    fn add(&mut self, progress: Progress) {
        self.workers += 1;
        self.calls += progress.calls().load(SeqCst);
        self.errors += progress.errors().load(SeqCst);
        self.handed_back += progress.handed_back().load(SeqCst);
        let made = (0..512).filter(|&number| progress.has_made(number));
        self.numbers.extend(made);
    }

    /// Workers that end at once prove nothing.
    fn check(&self, workers: u64) {
        assert_eq!(self.workers, workers);
        assert!(self.calls > 50 * workers, "{self}");
        assert!(self.errors < self.calls / 20 * 19, "{self}");
        if workers >= 50 {
            assert!(self.numbers.len() > 300, "{self}");
            assert!(self.handed_back > 0, "{self}");
        }
    }
}

impl core::fmt::Display for Tally {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self {
            workers,
            killed,
            calls,
            errors,
            handed_back,
            numbers,
        } = self;
        write!(
            f,
            "{workers} workers, {killed} of them killed, made {calls} calls under {} numbers, of \
             which {errors} failed; {handed_back} were handed back",
            numbers.len()
        )
    }
}
