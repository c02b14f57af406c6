//! The threads that are traced.

use std::collections::HashMap;
use std::fs;
use std::time::{Duration, Instant};

use super::Overhead;
use crate::call::{Frame, Text, Thread};

/// A call that a thread is in.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) number: u32,
    pub(super) arguments: [u64; 6],
    pub(super) texts: Vec<Text>,
    pub(super) constant: [bool; 6],
    pub(super) stack: Vec<Frame>,
}

/// A thread.
#[derive(Debug)]
pub(super) struct Traced {
    pub(super) thread: Thread,
    /// The call that it is in, and what its clock was when it began.
    pending: Option<(Pending, i128)>,
    /// Since when it runs.
    resumed: Instant,
    /// The nanoseconds that it has run since the trace began. What a stop costs is only
    /// known on average, so single differences are below zero at times.
    clock: i128,
}

impl Traced {
    /// It has stopped.
    pub(super) fn stopped(&mut self, now: Instant, overhead: Overhead) {
        let cost = if self.pending.is_some() {
            overhead.inside
        } else {
            overhead.outside
        };
        let ran = now.saturating_duration_since(self.resumed);
        self.clock += ran.as_nanos() as i128 - cost.as_nanos() as i128;
    }
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Threads {
    threads: HashMap<u32, Traced>,
    /// The clocks of threads that are known to begin, and have not stopped yet.
    born: HashMap<u32, i128>,
    /// A vector to be used again.
    spare: Vec<Frame>,
}

impl Threads {
    /// One that has stopped, and whether it is new.
    pub(super) fn get(&mut self, id: u32, now: Instant) -> (&mut Traced, bool) {
        let mut is_new = false;
        let born = &mut self.born;
        let thread = self.threads.entry(id).or_insert_with(|| {
            is_new = true;
            Traced {
                thread: Thread {
                    process: process_of(id).unwrap_or(id),
                    id,
                },
                pending: None,
                resumed: now,
                clock: born.remove(&id).unwrap_or(0),
            }
        });
        (thread, is_new)
    }

    /// The process of a thread.
    pub(super) fn process(&self, id: u32) -> u32 {
        self.threads
            .get(&id)
            .map_or(id, |traced| traced.thread.process)
    }

    /// A thread is about to run on.
    pub(super) fn resumed(&mut self, id: u32) {
        if let Some(traced) = self.threads.get_mut(&id) {
            traced.resumed = Instant::now();
        }
    }

    /// A thread has begun a call.
    pub(super) fn enter(&mut self, id: u32, pending: Pending) {
        if let Some(traced) = self.threads.get_mut(&id) {
            traced.pending = Some((pending, traced.clock));
        }
    }

    /// A thread's call has returned: which, when it began and what it took.
    pub(super) fn leave(&mut self, id: u32) -> Option<(Thread, Duration, Duration, Pending)> {
        let traced = self.threads.get_mut(&id)?;
        let (pending, began) = traced.pending.take()?;
        let took = traced.clock - began;
        Some((traced.thread, duration(began), duration(took), pending))
    }

    /// A thread has started another, whose clock goes on from its own.
    pub(super) fn inherit(&mut self, id: u32, child: u32) {
        let Some(clock) = self.threads.get(&id).map(|traced| traced.clock) else {
            return;
        };
        match self.threads.get_mut(&child) {
            Some(child) => child.clock += clock,
            None => {
                self.born.insert(child, clock);
            }
        }
    }

    /// A thread has got the number of another of its process, which is no more and is
    /// given back. Calls that it is in are still told by its own number.
    pub(super) fn moved(&mut self, former: u32, id: u32) -> Option<Thread> {
        let moved = self.threads.remove(&former)?;
        let first = self.threads.insert(id, moved)?;
        Some(first.thread)
    }

    /// A process has become another program, with one thread. Gives what there was.
    pub(super) fn executed(&mut self, process: u32) -> Vec<Thread> {
        let mut ended = Vec::new();
        self.threads.retain(|&id, traced| {
            if traced.thread.process == process {
                ended.push(traced.thread);
            }
            id == process || traced.thread.process != process
        });
        if let Some(traced) = self.threads.get_mut(&process) {
            traced.thread.id = process;
        }
        ended
    }

    /// A thread is no more.
    pub(super) fn remove(&mut self, id: u32) -> Option<Traced> {
        self.threads.remove(&id)
    }

    /// An empty stack.
    pub(super) fn stack(&mut self) -> Vec<Frame> {
        std::mem::take(&mut self.spare)
    }

    /// A stack that is not needed any more.
    pub(super) fn recycle(&mut self, mut stack: Vec<Frame>) {
        stack.clear();
        self.spare = stack;
    }
}

fn duration(nanoseconds: i128) -> Duration {
    Duration::from_nanos(u64::try_from(nanoseconds.max(0)).unwrap_or(u64::MAX))
}

/// The process of a thread, from what the kernel says of it.
fn process_of(id: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("Tgid:"))?;
    line.trim().parse().ok()
}
