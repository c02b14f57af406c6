//! Processes that make trouble for those that work.
#![expect(unsafe_code, reason = "ptrace")]

use core::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};
use sysbatch_reference::random::Random;

use super::words::{Event, Phase, Slot, Words};
use super::workers::Me;

impl Me {
    fn is_to_trouble(&self) -> bool {
        self.words.is_at_most(Phase::Trouble)
    }

    /// A worker, if there is one in the slot that comes up.
    fn victim(&self, random: &mut Random) -> Option<(&'static Slot, Pid)> {
        let slots = self.words.slots[..self.workers].iter().collect::<Vec<_>>();
        let slot = random.pick(&slots);
        let pid = i32::try_from(slot.pid.load(SeqCst)).ok();
        Some((slot, Pid::from_raw(pid?)?))
    }
}

/// Signals that are handled, stops, and now and then an end.
pub(super) fn signals(me: &Me) {
    let mut random = Random::new(me.seed);
    // Whoever gets it may have ended meanwhile.
    let send = |pid, signal| rustix::process::kill_process(pid, signal).is_ok();
    while me.is_to_trouble() {
        if let Some((slot, pid)) = me.victim(&mut random) {
            match random.below(100) {
                0..70 => {
                    if send(pid, Signal::USR1) {
                        Words::count_one(Event::Signal);
                    }
                }
                70..99 => {
                    if send(pid, Signal::STOP) {
                        Words::count_one(Event::Stop);
                    }
                    sleep(&mut random, 5_000);
                    send(pid, Signal::CONT);
                }
                _ => {
                    slot.killed.store(1, SeqCst);
                    if send(pid, Signal::KILL) {
                        Words::count_one(Event::Kill);
                    }
                }
            }
        }
        sleep(&mut random, 2_000);
        me.goes_on(0);
    }
}

fn sleep(random: &mut Random, below: u64) {
    std::thread::sleep(Duration::from_micros(random.below(below)));
}

/// Attaches to a thread, follows some of its calls, and leaves it.
pub(super) fn tracer(me: &Me) {
    let mut random = Random::new(me.seed);
    while me.is_to_trouble() {
        if let Some((_, pid)) = me.victim(&mut random)
            && let Some(thread) = a_thread_of(pid, &mut random)
            && let Some(tracee) = Tracee::attach(thread)
        {
            Words::count_one(Event::Attach);
            tracee.follow(random.below(30));
        }
        sleep(&mut random, 3_000);
        me.goes_on(0);
    }
}

/// One of a process's threads, if the process is there.
fn a_thread_of(pid: Pid, random: &mut Random) -> Option<Pid> {
    let folder = format!("/proc/{}/task", pid.as_raw_nonzero());
    let mut threads = Vec::new();
    for entry in std::fs::read_dir(folder).ok()? {
        threads.push(entry.ok()?.file_name().to_str()?.parse().ok()?);
    }
    (!threads.is_empty()).then(|| Pid::from_raw(random.pick(&threads)))?
}

/// How long a tracee may wait in a call of its own before it is interrupted.
const QUIET: Duration = Duration::from_millis(50);

/// A thread that is traced, stopped.
struct Tracee {
    thread: Pid,
    /// The signal that it is about to get.
    signal: i32,
}

impl Tracee {
    /// None if it has ended.
    fn attach(thread: Pid) -> Option<Self> {
        let options = usize::try_from(libc::PTRACE_O_TRACESYSGOOD).expect("flags");
        let seized = ptrace(libc::PTRACE_SEIZE, thread, options);
        let tracee = Self { thread, signal: 0 };
        if seized { tracee.interrupted() } else { None }
    }

    /// Stops it, whatever it does.
    fn interrupted(self) -> Option<Self> {
        ptrace(libc::PTRACE_INTERRUPT, self.thread, 0);
        loop {
            match self.wait() {
                Wait::Stopped(signal) => return Some(Self { signal, ..self }),
                Wait::Ended => return None,
                Wait::Running => std::thread::sleep(Duration::from_micros(100)),
            }
        }
    }

    /// Lets it go on from system call to system call so many times, and for good.
    fn follow(mut self, calls: u64) {
        for _ in 0..calls {
            self.go_on(libc::PTRACE_SYSCALL);
            let began = Instant::now();
            let stopped = loop {
                match self.wait() {
                    Wait::Stopped(signal) => break Some(Self { signal, ..self }),
                    Wait::Ended => return,
                    // It waits for something.
                    Wait::Running if began.elapsed() > QUIET => break self.interrupted(),
                    Wait::Running => std::thread::yield_now(),
                }
            };
            match stopped {
                Some(stopped) => self = stopped,
                None => return,
            }
        }
        if !self.go_on(libc::PTRACE_DETACH) {
            // It was killed, and its parent is not told before its tracer.
            while !matches!(self.wait(), Wait::Ended) {
                std::thread::sleep(Duration::from_micros(100));
            }
        }
    }

    /// False if it was killed meanwhile.
    fn go_on(&self, request: u32) -> bool {
        let signal = usize::try_from(self.signal).expect("a signal");
        ptrace(request, self.thread, signal)
    }

    fn wait(&self) -> Wait {
        let mut status = 0;
        let options = libc::__WALL | libc::WNOHANG;
        let thread = self.thread.as_raw_nonzero().get();
        // SAFETY: the place is writable.
        let waited = unsafe { libc::waitpid(thread, &raw mut status, options) };
        if waited == 0 {
            Wait::Running
        } else if waited < 0 || !libc::WIFSTOPPED(status) {
            Wait::Ended
        } else {
            let signal = libc::WSTOPSIG(status);
            // Stops at system calls and those of the tracer's own are no signals.
            let own = status >> 16 != 0 || signal & 0x80 != 0;
            Wait::Stopped(if own { 0 } else { signal })
        }
    }
}

/// What a tracee is doing.
enum Wait {
    Running,
    /// With the signal that it is about to get, or zero.
    Stopped(i32),
    Ended,
}

fn ptrace(request: u32, thread: Pid, data: usize) -> bool {
    // SAFETY: no request that is made here takes an address.
    let result = unsafe { libc::ptrace(request, thread.as_raw_nonzero().get(), 0_usize, data) };
    result == 0
}
