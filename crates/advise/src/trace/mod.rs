//! Running a program and being told of each of its system calls.
//!
//! ```text
//!  start, follow
//!    ├─ start ── the command, stopped until it is traced
//!    ├─ ptrace ── stops of threads, and what they are doing
//!    ├─ threads ── those that there are, with the calls they are in
//!    ├─ memory ── texts and directory entries
//!    └─ overhead ── what tracing costs, measured
//! ```

pub(crate) mod memory;
mod overhead;
pub(crate) mod ptrace;
mod start;
mod threads;

use std::fs;
use std::io;
use std::marker::PhantomData;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

pub use overhead::Overhead;

use crate::call::{Call, Observer, Text, Thread, WRITTEN};
use crate::signature::{self, Argument};
use crate::stack::Stacks;
use ptrace::{Info, Waited};
use threads::{Pending, Threads, Traced};

/// Why a program could not be traced.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It can't be started.
    #[error(transparent)]
    Start(io::Error),
    /// The kernel does not let it be traced.
    #[error("the kernel does not let it be traced by ptrace(2): {0}")]
    NotAllowed(io::Error),
    /// What happened to it can't be told.
    #[error("can't wait for what is traced: {0}")]
    Lost(io::Error),
}

/// What a trace comes to, besides its calls.
#[derive(Debug)]
pub struct Trace {
    /// How the command ended.
    pub status: ExitStatus,
    /// How many calls there were.
    pub calls: u64,
    /// How many calls were not looked at: those of programs for another architecture,
    /// such as 32-bit ones.
    pub foreign: u64,
    /// How many processes there were.
    pub processes: u64,
    /// The time from when the command was executed to its end, with what the tracer took.
    pub elapsed: Duration,
    /// The processor time of the command and of the children that it waited for, without
    /// the part that being traced cost it, which is estimated.
    pub processor: Duration,
    /// What is known of the files that its code is from.
    pub stacks: Stacks,
}

/// A command that has been executed and is stopped before its first instruction. Only the
/// thread that started it can follow it.
#[derive(Debug)]
pub struct Started {
    process: u32,
    /// Not to be sent.
    thread: PhantomData<*const ()>,
}

/// Starts a command, to be followed by the calling thread, which must have no other
/// children.
///
/// # Errors
/// When it can't be started or traced.
pub fn start(command: Command) -> Result<Started, Error> {
    Ok(Started {
        process: start::start(command)?,
        thread: PhantomData,
    })
}

impl Started {
    /// Lets it run to its end, and every process that it starts, and tells an observer of
    /// each of their system calls. `depth` is how many functions of each stack are told,
    /// and `overhead` what is left out of the times.
    ///
    /// # Errors
    /// When what happened to it can't be told.
    pub fn follow(
        self,
        depth: usize,
        overhead: Overhead,
        observer: &mut dyn Observer,
    ) -> Result<Trace, Error> {
        follow(self.process, depth, overhead, observer)
    }
}

/// Follows a process that is traced, and all that it starts, to their end.
fn follow(
    command: u32,
    depth: usize,
    overhead: Overhead,
    observer: &mut dyn Observer,
) -> Result<Trace, Error> {
    let mut tracer = Tracer {
        command,
        overhead,
        threads: Threads::default(),
        observer,
        stops: 0,
        objects: 0,
        trace: Trace {
            status: ExitStatus::default(),
            calls: 0,
            foreign: 0,
            processes: 0,
            elapsed: Duration::ZERO,
            processor: Duration::ZERO,
            stacks: Stacks::new(depth),
        },
    };
    let began = Instant::now();
    loop {
        match ptrace::wait() {
            Ok(waited) => tracer.waited(&waited, began),
            Err(error) if error.raw_os_error() == Some(libc::ECHILD) => break,
            Err(error) => return Err(Error::Lost(error)),
        }
    }
    Ok(tracer.trace)
}

struct Tracer<'observer> {
    command: u32,
    overhead: Overhead,
    threads: Threads,
    observer: &'observer mut dyn Observer,
    stops: u32,
    /// Of how many files the observer was told.
    objects: usize,
    trace: Trace,
}

impl Tracer<'_> {
    /// A thread has stopped or ended.
    fn waited(&mut self, waited: &Waited, began: Instant) {
        let now = Instant::now();
        let id = waited.thread;
        let Some(signal) = waited.status.stopped_signal() else {
            if id == self.command {
                self.trace.status = waited.status;
                self.trace.elapsed = began.elapsed();
                let tracing = self.overhead.processor * self.stops;
                let calls = self.overhead.call * (self.stops / 2);
                let least = calls.max(waited.processor / LEAST_PART);
                self.trace.processor = waited.processor.saturating_sub(tracing).max(least);
            }
            self.ended(id);
            return;
        };
        self.stops += 1;
        let event = waited.status.into_raw() >> 16;
        if event == libc::PTRACE_EVENT_EXEC {
            self.moved(id);
        }
        let (thread, is_new) = self.threads.get(id, now);
        thread.stopped(now, self.overhead);
        if is_new && thread.thread.process == id {
            self.trace.processes += 1;
        }
        let mut deliver = 0;
        match (signal, event) {
            (ptrace::SYSTEM_CALL, _) => self.at_call(id),
            (_, libc::PTRACE_EVENT_FORK | libc::PTRACE_EVENT_VFORK | libc::PTRACE_EVENT_CLONE) => {
                self.started(id);
            }
            (_, libc::PTRACE_EVENT_EXEC) => self.executed(id),
            (libc::SIGSTOP | libc::SIGTSTP | libc::SIGTTIN | libc::SIGTTOU, PTRACE_EVENT_STOP) => {
                self.threads.resumed(id);
                // Of a thread that was killed it is told later.
                let _ = ptrace::listen(id);
                return;
            }
            (_, 0) => deliver = signal,
            _ => {}
        }
        self.threads.resumed(id);
        // Of a thread that was killed it is told later.
        let _ = ptrace::resume(id, deliver);
    }

    /// A thread has stopped before or after a call.
    fn at_call(&mut self, id: u32) {
        match ptrace::info(id) {
            Ok(Info::Entry { number, arguments }) => self.enter(id, number, arguments),
            Ok(Info::Foreign) => self.trace.foreign += 1,
            Ok(Info::Exit { result }) => self.leave(id, result),
            Ok(Info::Other) | Err(_) => {}
        }
    }

    fn enter(&mut self, id: u32, number: u32, arguments: [u64; 6]) {
        let mut stack = self.threads.stack();
        let process = self.threads.process(id);
        if let Ok(Some(registers)) = ptrace::registers(id) {
            self.trace.stacks.take(process, id, registers, &mut stack);
        }
        let is_constant = |address| self.trace.stacks.is_constant(process, address);
        let pending = Pending {
            number,
            arguments,
            texts: texts(id, number, &arguments),
            constant: constant(number, &arguments, is_constant),
            stack,
        };
        self.threads.enter(id, pending);
    }

    fn leave(&mut self, id: u32, result: i64) {
        let Some((thread, began, took, pending)) = self.threads.leave(id) else {
            return;
        };
        self.trace.calls += 1;
        let written = written(id, &pending, result);
        for (object, path) in self.trace.stacks.paths(self.objects) {
            self.observer.object(object, path);
            self.objects = object.0 as usize + 1;
        }
        self.trace
            .stacks
            .called(thread.process, pending.number, &pending.arguments, result);
        self.observer.called(&Call {
            thread,
            number: pending.number,
            arguments: pending.arguments,
            result,
            began,
            took,
            texts: &pending.texts,
            written: &written,
            constant: pending.constant,
            stack: &pending.stack,
        });
        self.threads.recycle(pending.stack);
    }

    /// A thread has started another, or a process.
    fn started(&mut self, id: u32) {
        let Ok(child) = ptrace::message(id) else {
            return;
        };
        if let Ok(child) = u32::try_from(child) {
            self.threads.inherit(id, child);
            self.trace.stacks.inherit(self.threads.process(id), child);
        }
    }

    /// The thread that executes another program gets the number of its process.
    fn moved(&mut self, id: u32) {
        let former = ptrace::message(id).ok();
        let former = former.and_then(|former| u32::try_from(former).ok());
        if let Some(former) = former.filter(|&former| former != id)
            && let Some(first) = self.threads.moved(former, id)
        {
            self.observer.ended(first);
        }
    }

    /// A process has become another program, and has one thread.
    fn executed(&mut self, id: u32) {
        self.leave(id, 0);
        for thread in self.threads.executed(id) {
            self.observer.ended(thread);
        }
        self.trace.stacks.ended(id);
        let thread = Thread { process: id, id };
        self.observer.started(thread, &arguments(id));
    }

    fn ended(&mut self, id: u32) {
        if let Some(Traced { thread, .. }) = self.threads.remove(id) {
            self.observer.ended(thread);
            if thread.process == id {
                self.trace.stacks.ended(id);
            }
        }
    }
}

/// At least one part in so many of a traced program's processor time is taken for its own.
/// What a stop costs is known on average only, and the time of a short program would be
/// told far too short.
const LEAST_PART: u32 = 5;

/// Not among the constants of the library: what it is to be stopped as a group.
const PTRACE_EVENT_STOP: i32 = 128;

/// What the arguments of a call point to, where they are texts.
fn texts(id: u32, number: u32, arguments: &[u64; 6]) -> Vec<Text> {
    let Some(signature) = signature::of(number) else {
        return Vec::new();
    };
    let kinds = signature.arguments.iter().zip(arguments).enumerate();
    kinds
        .filter(|(_, (kind, address))| **kind == Argument::Text && **address != 0)
        .filter_map(|(argument, (_, &address))| {
            let bytes = memory::text(id, address)?;
            Some(Text { argument, bytes })
        })
        .collect()
}

/// Which arguments of a call point to memory that stays as it is.
fn constant(number: u32, arguments: &[u64; 6], is_constant: impl Fn(u64) -> bool) -> [bool; 6] {
    let mut constant = [false; 6];
    let kinds = signature::of(number).map_or(&[][..], |signature| signature.arguments);
    for ((constant, kind), &address) in constant.iter_mut().zip(kinds).zip(arguments) {
        *constant = matches!(kind, Argument::Text | Argument::Read) && is_constant(address);
    }
    constant
}

/// What a call wrote, as far as it is looked at.
fn written(id: u32, pending: &Pending, result: i64) -> Vec<u8> {
    let Ok(result) = usize::try_from(result) else {
        return Vec::new();
    };
    let Some(signature) = signature::of(pending.number) else {
        return Vec::new();
    };
    let is_entries = i64::from(pending.number) == libc::SYS_getdents64;
    let kinds = signature.arguments.iter().zip(&pending.arguments);
    let written = kinds.filter_map(|(kind, &address)| match *kind {
        Argument::Written(size) if size <= WRITTEN => Some((address, size as usize)),
        Argument::WrittenByResult if is_entries => Some((address, result)),
        _ => None,
    });
    let Some((address, size)) = written.into_iter().next() else {
        return Vec::new();
    };
    let mut bytes = vec![0; size];
    let read = memory::read(id, address, &mut bytes);
    bytes.truncate(read);
    bytes
}

/// The arguments that a program was given.
fn arguments(id: u32) -> Vec<Vec<u8>> {
    let text = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
    let text = text.strip_suffix(b"\0").unwrap_or(&text);
    text.split(|&byte| byte == 0).map(<[u8]>::to_vec).collect()
}
