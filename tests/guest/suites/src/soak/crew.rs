//! Starts the processes of a round, follows them, and ends them.

use core::sync::atomic::Ordering::SeqCst;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus};
use sysbatch_reference::random::Random;

use super::trouble;
use super::words::{BEATS, Event, Phase, Words};
use super::workers::{self, Me};
use crate::harness::{Options, scaled, state};
use crate::process::fork;
use crate::{module, signal};

/// A kind of process.
type Kind = (&'static str, fn(&Me), usize);

/// All of them: their names, what they do, and how many threads say that they go on.
const WORKERS: &[Kind] = &[
    ("programs", workers::programs, 1),
    ("programs", workers::programs, 1),
    ("programs under a filter", workers::filtered, 1),
    ("waits", workers::waits, 3),
    ("pipe", workers::pipe, 2),
    ("ring", workers::ring, 1),
    ("forks", workers::forks, 1),
    ("filters", workers::filters, 1),
];

/// Those that make trouble, which nobody makes for them.
const TROUBLE: &[Kind] = &[
    ("signals", trouble::signals, 1),
    ("tracer", trouble::tracer, 1),
];

/// How often all are looked at.
const LOOK: Duration = Duration::from_millis(20);

/// How a round ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Everyone finishes what is at hand.
    Gentle,
    /// Everyone is killed, whatever is at hand.
    Abrupt,
}

/// A process that was started.
struct Process {
    pid: Pid,
    kind: &'static Kind,
    seed: u64,
    started: Instant,
    threads: [Thread; BEATS],
    ended: bool,
}

/// What a thread had done when it was looked at, and when that last changed.
#[derive(Clone, Copy, Debug)]
struct Thread {
    beat: u64,
    changed: Option<Instant>,
}

/// The processes of a round. Workers come first, in the order of their slots.
pub(super) struct Crew<'a> {
    options: &'a Options,
    words: &'static Words,
    random: Random,
    processes: Vec<Process>,
    /// Keeps the module in use.
    device: OwnedFd,
}

impl<'a> Crew<'a> {
    pub(super) fn start(options: &'a Options, words: &'static Words, seed: u64) -> Self {
        words.set_phase(Phase::Trouble);
        let mut crew = Self {
            options,
            words,
            random: Random::new(seed),
            processes: Vec::new(),
            device: module::device().expect("the module is loaded"),
        };
        for (slot, kind) in WORKERS.iter().chain(TROUBLE).enumerate() {
            let process = crew.spawn(slot, kind);
            crew.processes.push(process);
        }
        crew
    }

    fn spawn(&mut self, slot: usize, kind: &'static Kind) -> Process {
        let seed = self.random.word();
        let me = Me {
            words: self.words,
            slot,
            seed,
            options: self.options.clone(),
            workers: WORKERS.len(),
        };
        let place = &self.words.slots[slot];
        place.killed.store(0, SeqCst);
        let pid = fork(|| (kind.1)(&me));
        let number = u64::try_from(pid.as_raw_nonzero().get()).expect("a process number");
        place.pid.store(number, SeqCst);
        let threads = std::array::from_fn(|thread| Thread {
            beat: self.beat(slot, thread),
            changed: None,
        });
        Process {
            pid,
            kind,
            seed,
            started: Instant::now(),
            threads,
            ended: false,
        }
    }

    /// How long a thread may do nothing, and a process may take to end.
    fn patience(&self) -> Duration {
        scaled(Duration::from_secs(self.options.soak.patience))
    }

    fn beat(&self, slot: usize, thread: usize) -> u64 {
        self.words.slots[slot].beats[thread].load(SeqCst)
    }

    /// Follows them for so long, and ends them.
    pub(super) fn go_on_for(mut self, duration: Duration, ending: Ending) {
        let end = Instant::now() + duration;
        while Instant::now() < end {
            self.try_the_module();
            self.look();
            std::thread::sleep(LOOK);
        }
        self.until_each_has_gone_on();
        match ending {
            Ending::Gentle => {
                self.words.set_phase(Phase::Calm);
                self.until_ended(WORKERS.len());
                self.words.set_phase(Phase::End);
            }
            Ending::Abrupt => {
                for slot in 0..self.processes.len() {
                    self.words.slots[slot].killed.store(1, SeqCst);
                }
                for process in self.processes.iter().filter(|process| !process.ended) {
                    signal::send(process.pid, Signal::KILL);
                }
                self.words.set_phase(Phase::End);
            }
        }
        self.until_ended(0);
        self.until_nobody_is_left();
        drop(self.device);
    }

    /// It is in use: it must neither go nor come a second time.
    fn try_the_module(&self) {
        let unloaded = module::unload();
        assert_eq!(unloaded, Err(Errno::AGAIN), "the module is in use");
        Words::count_one(Event::RefusedUnload);
        let loaded = module::try_to_load(self.options);
        assert_eq!(loaded, Err(Errno::EXIST), "the module is loaded");
    }

    /// Takes note of who has ended and who has gone on, and starts those again that
    /// were killed.
    fn look(&mut self) {
        let patience = self.patience();
        self.collect();
        for slot in 0..self.processes.len() {
            if self.processes[slot].ended && self.words.is_at_most(Phase::Trouble) {
                let kind = self.processes[slot].kind;
                self.processes[slot] = self.spawn(slot, kind);
            }
            for thread in 0..self.processes[slot].kind.2 {
                let beat = self.beat(slot, thread);
                let process = &mut self.processes[slot];
                let seen = &mut process.threads[thread];
                if seen.beat != beat {
                    let changed = Some(Instant::now());
                    *seen = Thread { beat, changed };
                }
                let since = seen.changed.unwrap_or(process.started);
                assert!(
                    process.ended || since.elapsed() < patience,
                    "{} does not go on in thread {thread}",
                    process.told()
                );
            }
        }
    }

    /// Collects those that have ended: this process's own, and children of those that
    /// were killed.
    fn collect(&mut self) {
        loop {
            match rustix::process::waitpid(None, WaitOptions::NOHANG) {
                Ok(Some((pid, status))) => self.has_ended(pid, status),
                Ok(None) | Err(Errno::CHILD) => return,
                Err(Errno::INTR) => {}
                Err(error) => panic!("waitpid: {error}"),
            }
        }
    }

    fn has_ended(&mut self, pid: Pid, status: WaitStatus) {
        let mut processes = self.processes.iter_mut().enumerate();
        let Some((slot, process)) = processes.find(|(_, process)| process.pid == pid) else {
            return;
        };
        let place = &self.words.slots[slot];
        place.pid.store(0, SeqCst);
        let killed = place.killed.load(SeqCst) != 0
            && status.terminating_signal() == Some(Signal::KILL.as_raw());
        let told = !self.words.is_at_most(Phase::Trouble) && status.exit_status() == Some(0);
        assert!(
            killed || told,
            "{} ended by itself, with {status:?}: see above",
            process.told()
        );
        process.ended = true;
    }

    /// Waits until each thread has done something more.
    fn until_each_has_gone_on(&mut self) {
        let began = Instant::now();
        let waits = |thread: &Thread| thread.changed.is_none_or(|changed| changed < began);
        let is_waited_for = |process: &Process| {
            process.ended || process.threads[..process.kind.2].iter().any(waits)
        };
        while self.processes.iter().any(is_waited_for) {
            std::thread::sleep(LOOK);
            self.look();
        }
    }

    /// Waits until all from this one on have ended.
    fn until_ended(&mut self, first: usize) {
        let deadline = Instant::now() + self.patience();
        while let Some(process) = self.processes[first..].iter().find(|one| !one.ended) {
            let late = Instant::now() > deadline;
            assert!(!late, "{} does not end", process.told());
            std::thread::sleep(LOOK);
            self.collect();
        }
    }

    /// Waits for the children of those who were killed, which end with their parents.
    fn until_nobody_is_left(&mut self) {
        let deadline = Instant::now() + self.patience();
        let own = rustix::process::getpid();
        let children = format!("/proc/self/task/{}/children", own.as_raw_nonzero());
        loop {
            self.collect();
            let left = std::fs::read_to_string(&children).expect("procfs");
            let left: Option<Pid> = left
                .split_whitespace()
                .find_map(|pid| Pid::from_raw(pid.parse().ok()?));
            let Some(left) = left else { return };
            let late = Instant::now() > deadline;
            assert!(!late, "process {left:?} is left, {}", state(left));
            std::thread::sleep(LOOK);
        }
    }
}

impl Process {
    /// Which it is and what it is doing, for a failure.
    fn told(&self) -> String {
        format!(
            "the process `{}` with seed {} ({})",
            self.kind.0,
            self.seed,
            state(self.pid)
        )
    }
}
