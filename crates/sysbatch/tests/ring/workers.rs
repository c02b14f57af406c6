//! The threads that run batches.

use std::fs;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use rustix::fs::{CWD, Mode, OFlags};
use sysbatch::{Batch, RingOptions, Submit};

use crate::gate::Gate;
use crate::ring_with;

/// What `/proc/thread-self/status` says on the worker that runs this.
fn status(submit: impl Fn(Submit) -> sysbatch::Ticket) -> String {
    let mut batch = Batch::new();
    let buffer = batch.buffer(8192);
    let path = "/proc/thread-self/status";
    let file = batch.openat(CWD, path, OFlags::RDONLY, Mode::empty());
    let read = batch.read(&file, buffer);
    let mut completion = submit(Submit::new(batch).inline_first(false))
        .wait()
        .unwrap();
    let results = completion.results().unwrap();
    let len = results.get(&read).unwrap();
    String::from_utf8(results.bytes(buffer)[..len].to_vec()).unwrap()
}

fn field<'a>(status: &'a str, name: &str) -> &'a str {
    status
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        .unwrap()
        .trim()
}

#[test]
fn they_are_named_and_block_signals() {
    let ring = ring_with(RingOptions::default());
    let before = fs::read_to_string("/proc/thread-self/status").unwrap();
    let worker = status(|submit| ring.submit(submit).unwrap());
    assert_eq!(field(&worker, "Name"), "sysbatch-0");
    assert_eq!(field(&worker, "Tgid"), std::process::id().to_string());
    let blocked = u64::from_str_radix(field(&worker, "SigBlk"), 16).unwrap();
    let is_blocked = |signal: i32| blocked & (1 << (signal - 1)) != 0;
    for signal in [
        libc::SIGTERM,
        libc::SIGINT,
        libc::SIGCHLD,
        libc::SIGALRM,
        libc::SIGUSR1,
    ] {
        assert!(is_blocked(signal), "{signal}");
    }
    for signal in [
        libc::SIGSEGV,
        libc::SIGBUS,
        libc::SIGFPE,
        libc::SIGILL,
        libc::SIGTRAP,
        libc::SIGSYS,
        libc::SIGPIPE,
        libc::SIGXFSZ,
        32,
        33,
    ] {
        assert!(!is_blocked(signal), "{signal}");
    }
    // The mask of the thread that submits is as it was.
    let after = fs::read_to_string("/proc/thread-self/status").unwrap();
    assert_eq!(field(&before, "SigBlk"), field(&after, "SigBlk"));
}

/// How many threads of this process are workers with this prefix.
fn count_threads(of: &[String]) -> usize {
    of.iter()
        .filter(|tid| fs::exists(format!("/proc/self/task/{tid}")).unwrap())
        .count()
}

#[test]
fn they_are_bounded_and_end_when_idle() {
    let options = RingOptions::default()
        .workers(3)
        .idle_time(Duration::from_millis(20));
    let ring = ring_with(options);
    let gate = Gate::new();
    // Each says who it is, and waits.
    let tickets: Vec<_> = (0..9)
        .map(|_| {
            let (mut batch, _) = gate.batch_with_read();
            let thread = who_runs(&mut batch);
            let ticket = ring.submit(Submit::new(batch).inline_first(false));
            (ticket.unwrap(), thread)
        })
        .collect();
    gate.open(9);
    let mut threads: Vec<String> = tickets
        .into_iter()
        .map(|(ticket, thread)| {
            let mut completion = ticket.wait().unwrap();
            let results = completion.results().unwrap();
            results.get(&thread).unwrap().to_string()
        })
        .collect();
    threads.sort_unstable();
    threads.dedup();
    assert!((1..=3).contains(&threads.len()), "{threads:?}");
    while count_threads(&threads) > 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    // There are new ones when they are needed.
    assert!(status(|submit| ring.submit(submit).unwrap()).contains("sysbatch-"));
}

/// Adds a call that returns the number of the thread that runs the batch.
#[expect(unsafe_code, reason = "gettid is not among the calls of the builder")]
fn who_runs(batch: &mut Batch<'static>) -> sysbatch::Handle<i64> {
    // SAFETY: it has no arguments and no effect.
    unsafe { batch.syscall(libc::SYS_gettid as u32, [0_u64.into(); 6]) }
}

#[test]
fn batches_that_wait_for_each_other_run_at_once() {
    // Each reads what the one before it writes: in any other order but all at
    // the same time the first would wait for ever.
    const LEN: usize = 20;
    let ring = ring_with(RingOptions::default().workers(LEN));
    let (mut reader, writer) = rustix::pipe::pipe().unwrap();
    let mut chain: Vec<Batch<'static>> = Vec::new();
    for _ in 0..LEN {
        let (next_reader, next_writer) = rustix::pipe::pipe().unwrap();
        let mut batch = Batch::new();
        let buffer = batch.buffer(1);
        let from = batch.keep(core::mem::replace(&mut reader, next_reader));
        let to = batch.keep(next_writer);
        batch.read(from, buffer);
        batch.write(to, buffer);
        chain.push(batch);
    }
    let tickets: Vec<_> = chain
        .into_iter()
        .rev()
        .map(|batch| ring.submit(Submit::new(batch).inline_first(false)).unwrap())
        .collect();
    let last: Arc<OwnedFd> = Arc::new(reader);
    rustix::io::write(&writer, b"x").unwrap();
    let mut byte = [0];
    assert_eq!(rustix::io::read(&last, &mut byte), Ok(1));
    assert_eq!(byte, *b"x");
    for ticket in tickets {
        assert!(ticket.wait().is_ok());
    }
}

#[test]
fn one_that_is_idle_is_not_counted_on_twice() {
    let quick = || {
        let mut batch = Batch::new();
        batch.getpid();
        Submit::new(batch).inline_first(false)
    };
    for _ in 0..100 {
        let ring = ring_with(RingOptions::default().workers(2));
        // Afterwards there is one worker, which is idle.
        assert!(ring.submit(quick()).unwrap().wait().is_ok());
        let gate = Gate::new();
        let waits = ring.submit(Submit::new(gate.batch()).inline_first(false));
        let waits = waits.unwrap();
        // Were it to wait for the same worker, this would never end.
        assert!(ring.submit(quick()).unwrap().wait().is_ok());
        gate.open(1);
        assert!(waits.wait().is_ok());
    }
}
