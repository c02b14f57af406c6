//! What tracing costs a program, so that it can be left out of its times.
#![expect(
    unsafe_code,
    reason = "a child that makes system calls and nothing else"
)]

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use super::start::agreement;
use super::{Error, follow, ptrace};
use crate::call::{Call, Observer, Thread};

/// How many calls are traced, to know what it costs.
const CALLS: u32 = 2000;

/// What it costs a program that it is stopped before and after each of its calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Overhead {
    /// The time from when the program may go on to when the tracer knows that it has
    /// stopped again, less what the program did in between: before a call.
    pub outside: Duration,
    /// The same, in a call.
    pub inside: Duration,
    /// The processor time that a stop costs the program itself.
    pub processor: Duration,
    /// What a call that does nothing takes without being traced: no call takes less.
    pub call: Duration,
}

impl Overhead {
    /// Measures it: a child that only makes a call which does nothing is traced. Takes a
    /// few hundredths of a second.
    ///
    /// # Errors
    /// When nothing can be traced.
    pub fn measure(depth: usize) -> Result<Self, Error> {
        let (mut waits, lets) = agreement().map_err(Error::Start)?;
        // It is never executed: the child ends before.
        let mut command = Command::new("/proc/self/exe");
        let child = move || {
            waits.wait()?;
            for _ in 0..CALLS {
                do_nothing();
            }
            // SAFETY: ends the process at once, as is right after a fork.
            unsafe { libc::_exit(0) }
        };
        // SAFETY: it makes system calls and nothing else, which may be done after a fork.
        unsafe { command.pre_exec(child) };
        thread::scope(|scope| {
            let starter = scope.spawn(move || {
                let child = command.spawn();
                drop(command);
                child
            });
            let mut times = Times::default();
            let observed = lets.trace(ptrace::interrupt).and_then(|child| match child {
                Some(child) => follow(child, depth, Self::default(), &mut times).map(Some),
                None => Ok(None),
            });
            let started = starter.join();
            let Some(trace) = observed? else {
                let error = started.ok().and_then(Result::err);
                return Err(Error::Start(
                    error.unwrap_or_else(|| io::ErrorKind::Other.into()),
                ));
            };
            let alone = alone();
            let stops = 2 * u32::try_from(trace.calls).unwrap_or(u32::MAX);
            Ok(Self {
                outside: median(times.outside),
                inside: median(times.inside).saturating_sub(alone),
                processor: trace.processor.saturating_sub(alone * CALLS) / stops.max(1),
                call: alone,
            })
        })
    }
}

/// The times of a thread in and between its calls, with what tracing takes.
#[derive(Default)]
struct Times {
    outside: Vec<Duration>,
    inside: Vec<Duration>,
    returned: Option<Duration>,
}

impl Observer for Times {
    fn called(&mut self, call: &Call<'_>) {
        self.inside.push(call.took);
        if let Some(returned) = self.returned {
            self.outside.push(call.began.saturating_sub(returned));
        }
        self.returned = Some(call.began + call.took);
    }

    fn ended(&mut self, _: Thread) {}
}

/// What a call costs without a tracer.
fn alone() -> Duration {
    let sample = |_| {
        let began = Instant::now();
        for _ in 0..CALLS {
            do_nothing();
        }
        began.elapsed()
    };
    median((0..9).map(sample).collect()) / CALLS
}

fn do_nothing() {
    // SAFETY: it only gives a number.
    unsafe { libc::syscall(libc::SYS_getppid) };
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
