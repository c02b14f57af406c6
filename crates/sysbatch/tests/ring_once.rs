//! Each submission completes exactly once: 100,000 batches from 8 threads, with
//! cancelling, waiting for room and forking at random.
#![expect(unsafe_code, reason = "words that batches add to; children's copies")]

mod common;

use core::hash::{BuildHasher as _, Hasher as _};
use core::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::hash::RandomState;
use std::os::fd::OwnedFd;
use std::ptr;
use std::sync::Arc;
use std::thread;

use common::{backend, in_child};
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use sysbatch::abi::BuiltIn;
use sysbatch::{
    Batch, Completion, RefusedReason, Ring, RingOptions, Shutdown, Submit, Ticket, WaitError,
    WhenFull,
};

const THREADS: usize = 8;
const EACH: usize = 12_500;
const ALL: usize = THREADS * EACH;
/// Every how many submissions a thread forks.
const FORKS: usize = 1_250;
/// How many tickets a thread has at most.
const TICKETS: usize = 32;

/// Numbers that look random (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % bound
    }

    fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }
}

/// What is kept of each submission.
struct Record {
    ring: Ring,
    /// How often each batch has run: it adds to its word itself.
    runs: Vec<AtomicUsize>,
    /// How often each has completed.
    completions: Vec<AtomicU8>,
    /// How many have completed as cancelled, and how many cancellations said
    /// that they succeeded.
    cancelled: AtomicUsize,
    cancellations: AtomicUsize,
    /// Every second batch adds one here, by a system call.
    sum: Arc<OwnedFd>,
    forks: AtomicUsize,
}

impl Record {
    fn batch(&self, number: usize, random: &mut Random) -> Batch<'static> {
        let mut batch = Batch::new();
        let word = self.runs[number].as_ptr().expose_provenance();
        let args = [word.into(), 1_u64.into(), 0_u64.into()];
        // SAFETY: the word lives until all batches have completed, and only
        // this one adds to it; it is looked at after that.
        unsafe { batch.built_in(BuiltIn::UserMemoryAdd, args) };
        if number.is_multiple_of(2) {
            let sum = batch.keep(Arc::clone(&self.sum));
            batch.write(sum, ONE);
        }
        if random.one_in(2) {
            batch.getpid();
        }
        batch
    }

    fn complete(&self, number: usize, mut completion: Completion) {
        let before = self.completions[number].fetch_add(1, Ordering::Relaxed);
        assert_eq!(before, 0, "batch {number} completes a second time");
        let runs = self.runs[number].load(Ordering::Relaxed);
        if completion.is_cancelled() {
            assert_eq!(runs, 0, "batch {number} was cancelled, and has run");
            self.cancelled.fetch_add(1, Ordering::Relaxed);
        } else {
            assert_eq!(runs, 1, "batch {number} has run");
            assert!(completion.results().is_ok());
        }
    }

    /// What a thread does: submit, wait, cancel, fork.
    fn submit_all(&self, thread: usize, seed: u64) {
        let mut random = Random(seed.wrapping_add(thread as u64) | 1);
        let mut tickets: Vec<(usize, Ticket)> = Vec::new();
        for number in thread * EACH..(thread + 1) * EACH {
            let batch = self.batch(number, &mut random);
            let inline = random.one_in(2);
            let mut submit = Submit::new(batch).inline_first(inline);
            if random.one_in(2) {
                submit = submit.when_full(WhenFull::Wait);
            }
            let cancels = random.one_in(4);
            if random.one_in(2) {
                let posted = retry(submit, |submit| self.ring.post(submit, number as u64));
                if cancels && self.ring.cancel(posted) {
                    self.cancellations.fetch_add(1, Ordering::Relaxed);
                }
            } else {
                let ticket = retry(submit, |submit| self.ring.submit(submit));
                tickets.push((number, ticket));
                let which = random.below(tickets.len());
                if cancels && tickets[which].1.cancel() {
                    self.cancellations.fetch_add(1, Ordering::Relaxed);
                }
            }
            if number % FORKS == FORKS / 2 {
                self.fork(&tickets);
            }
            if tickets.len() > TICKETS {
                let (number, ticket) = tickets.swap_remove(random.below(TICKETS));
                self.complete(number, ticket.wait().unwrap());
            }
        }
        for (number, ticket) in tickets {
            self.complete(number, ticket.wait().unwrap());
        }
    }

    /// Takes what completes on the ring, until there is nothing and the
    /// submitting threads are through.
    fn take_all(&self, through: &AtomicUsize) {
        loop {
            let last = through.load(Ordering::Acquire) == THREADS;
            match self.ring.wait(usize::from(last), None) {
                Ok(completions) => {
                    for completion in completions {
                        self.complete(completion.user_value() as usize, completion);
                    }
                }
                Err(WaitError::NothingOut) => return,
                Err(error) => panic!("{error}"),
            }
            let event = self.ring.event().unwrap();
            let mut polled = [PollFd::new(&event, PollFlags::IN)];
            let time = Timespec {
                tv_sec: 0,
                tv_nsec: 10_000_000,
            };
            let time = if last { Timespec::default() } else { time };
            poll(&mut polled, Some(&time)).unwrap();
        }
    }

    /// Forks a child that tries to use the ring, and drops it.
    fn fork(&self, tickets: &[(usize, Ticket)]) {
        self.forks.fetch_add(1, Ordering::Relaxed);
        in_child(|| {
            let mut batch = Batch::new();
            batch.getpid();
            let submit = Submit::new(batch).when_full(WhenFull::Wait);
            let error = self.ring.submit(submit).unwrap_err();
            assert_eq!(*error.reason(), RefusedReason::Forked);
            assert_eq!(self.ring.wait(1, None).unwrap_err(), WaitError::Forked);
            for (_, ticket) in tickets {
                assert!(!ticket.cancel());
                // SAFETY: the child ends without a look at the original.
                let ticket = unsafe { ptr::read(ticket) };
                assert_eq!(ticket.wait().unwrap_err(), WaitError::Forked);
            }
            self.ring.shut_down(Shutdown::Cancel);
            // SAFETY: as above.
            drop(unsafe { ptr::read(&raw const self.ring) });
        });
    }
}

/// Counts a thread that is through.
struct Through<'a>(&'a AtomicUsize);

impl Drop for Through<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Release);
    }
}

/// What is added by a `write` to an `eventfd`.
const ONE: &[u8; 8] = &1_u64.to_ne_bytes();

/// Submits, again and again while the ring is full.
fn retry<T>(mut submit: Submit, put: impl Fn(Submit) -> Result<T, sysbatch::SubmitError>) -> T {
    loop {
        let error = match put(submit) {
            Ok(done) => return done,
            Err(error) => error,
        };
        assert!(
            matches!(error.reason(), RefusedReason::Full { .. }),
            "{error}"
        );
        thread::yield_now();
        submit = Submit::new(error.into_batch());
    }
}

#[test]
fn each_submission_completes_exactly_once() {
    let seed = RandomState::new().build_hasher().finish();
    println!("seed {seed:#x}");
    let options = RingOptions::default().capacity(256).workers(8);
    let record = Record {
        ring: Ring::with_options(backend(), options).unwrap(),
        runs: (0..ALL).map(|_| AtomicUsize::new(0)).collect(),
        completions: (0..ALL).map(|_| AtomicU8::new(0)).collect(),
        cancelled: AtomicUsize::new(0),
        cancellations: AtomicUsize::new(0),
        sum: Arc::new(eventfd(0, EventfdFlags::CLOEXEC).unwrap()),
        forks: AtomicUsize::new(0),
    };
    let through = AtomicUsize::new(0);
    thread::scope(|scope| {
        scope.spawn(|| record.take_all(&through));
        for thread in 0..THREADS {
            let (record, through) = (&record, &through);
            scope.spawn(move || {
                // Also if it panics: the other thread is not to wait for it.
                let _through = Through(through);
                record.submit_all(thread, seed);
            });
        }
    });
    record.ring.shut_down(Shutdown::Drain);
    assert_eq!(record.ring.out(), 0);

    let once = |count: &AtomicU8| count.load(Ordering::Relaxed) == 1;
    assert!(record.completions.iter().all(once));
    let cancelled = record.cancelled.into_inner();
    assert_eq!(cancelled, record.cancellations.into_inner());
    let runs: Vec<usize> = record
        .runs
        .into_iter()
        .map(AtomicUsize::into_inner)
        .collect();
    assert_eq!(runs.iter().sum::<usize>(), ALL - cancelled);
    // The system calls say the same as the words.
    let mut sum = [0; 8];
    rustix::io::read(&*record.sum, &mut sum).unwrap();
    let written: usize = runs.iter().step_by(2).sum();
    assert_eq!(u64::from_ne_bytes(sum), written as u64);
    let forks = record.forks.into_inner();
    println!("{ALL} batches: {cancelled} cancelled, {forks} forks");
    assert!(cancelled > 0 && cancelled < ALL / 2);
    assert_eq!(forks, ALL / FORKS);
}
