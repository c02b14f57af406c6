//! Batches made by hand.
#![expect(unsafe_code, reason = "batches made by hand")]

use std::any::Any;

use rustix::io::Errno;
use sysbatch::abi::{
    BuiltIn, DST_OWN_INDEX, Entry, Format, RUN_SIZE, Run, SYSLET_ASYNC, SYSLET_NO_COMPLETE, Status,
};
use sysbatch::{
    Access, FirstTry, RawCompletion, RawOutcome, RawRing, RawSubmit, RefusedReason, RingOptions,
    Shutdown, WhenFull,
};

use syscalls::Sysno;

use crate::common::backend;

/// Entries and results, the owner of a batch.
struct Program {
    entries: Vec<Entry>,
    results: Vec<i64>,
}

impl Program {
    fn adds(a: u64, b: u64) -> Self {
        let mut entry = Entry {
            nr: BuiltIn::Add.number(),
            dst: DST_OWN_INDEX,
            ..Entry::default()
        };
        entry.args[..2].copy_from_slice(&[a, b]);
        Self {
            entries: vec![entry],
            results: vec![0],
        }
    }

    fn submit(mut self, access: Access) -> RawSubmit {
        let run = Run {
            size: RUN_SIZE as u32,
            format: Format::Native.raw(),
            program: self.entries.as_ptr().expose_provenance() as u64,
            len: self.entries.len() as u64,
            results: self.results.as_mut_ptr().expose_provenance() as u64,
            results_len: self.results.len() as u64,
            fuel: 10,
            ..Run::default()
        };
        RawSubmit {
            run,
            owner: Box::new(self),
            access,
            first_try: FirstTry::Submitter,
            when_full: WhenFull::Refuse,
        }
    }
}

fn results(completion: RawCompletion) -> Vec<i64> {
    let owner: Box<dyn Any> = completion.owner;
    owner.downcast::<Program>().unwrap().results
}

fn ring() -> RawRing {
    RawRing::new(backend(), RingOptions::default().capacity(4)).unwrap()
}

#[test]
fn the_owner_comes_back() {
    let ring = ring();
    for first_try in [FirstTry::Nobody, FirstTry::Worker, FirstTry::Submitter] {
        for access in [Access::Direct, Access::Checked] {
            let submission = RawSubmit {
                first_try,
                ..Program::adds(40, 2).submit(access)
            };
            // SAFETY: the owner owns all that the batch touches.
            unsafe { ring.submit(submission, 5) }.unwrap();
            let mut completions = ring.wait(1, 1, None).unwrap();
            let completion = completions.pop().unwrap();
            assert_eq!(completion.user_value, 5);
            assert_eq!(completion.outcome, RawOutcome::Ran(Ok(Status::Done)));
            assert_eq!(completion.run.steps, 1);
            assert_eq!(results(completion), [42]);
        }
    }
}

#[test]
fn no_more_are_taken_than_asked_for() {
    let ring = ring();
    for value in 0..4 {
        let submission = Program::adds(value, 0).submit(Access::Direct);
        // SAFETY: the owner owns all that the batch touches.
        unsafe { ring.submit(submission, value) }.unwrap();
    }
    assert!(ring.wait(0, 0, None).unwrap().is_empty());
    assert_eq!(ring.wait(3, 1, None).unwrap().len(), 1);
    let rest = ring.wait(1, 9, None).unwrap();
    let values: Vec<u64> = rest
        .iter()
        .map(|completion| completion.user_value)
        .collect();
    assert_eq!(values, [1, 2, 3]);
}

#[test]
fn a_wrong_batch_completes_with_its_error() {
    let ring = ring();
    let submit = |change: fn(&mut RawSubmit), first_try| {
        let mut submission = Program::adds(1, 2).submit(Access::Checked);
        submission.first_try = first_try;
        change(&mut submission);
        // SAFETY: the owner owns all that the batch may touch; bad addresses
        // are answered.
        unsafe { ring.submit(submission, 0) }.unwrap();
        ring.wait(1, 1, None).unwrap().pop().unwrap()
    };
    for who in [FirstTry::Nobody, FirstTry::Worker, FirstTry::Submitter] {
        let completion = submit(|wrong| wrong.run.program = 8, who);
        assert_eq!(completion.outcome, RawOutcome::Ran(Err(Errno::FAULT)));
        assert_eq!(completion.run.status, Status::Refused.raw());
        let completion = submit(|wrong| wrong.run.results = 16, who);
        assert_eq!(completion.outcome, RawOutcome::Ran(Err(Errno::FAULT)));
        assert_eq!(completion.run.status, Status::Unstored.raw());
        assert_eq!(completion.run.value, 3);
        let completion = submit(|wrong| wrong.run.format = 99, who);
        assert_eq!(completion.outcome, RawOutcome::Ran(Err(Errno::INVAL)));
        assert_eq!(completion.run.status, Status::None.raw());
        let completion = submit(|wrong| wrong.run.size = 8, who);
        assert_eq!(completion.outcome, RawOutcome::Ran(Err(Errno::INVAL)));
    }
}

#[test]
fn what_is_refused_comes_back_whole() {
    let ring = ring();
    ring.shut_down(Shutdown::Drain);
    let submission = Program::adds(1, 2).submit(Access::Checked);
    let run = submission.run;
    // SAFETY: the owner owns all that the batch touches.
    let error = unsafe { ring.submit(submission, 0) }.unwrap_err();
    assert_eq!(error.reason, RefusedReason::ShutDown);
    assert_eq!(error.to_string(), "the ring is shut down");
    assert_eq!(error.submission.run, run);
    assert_eq!(error.submission.access, Access::Checked);
    assert!((error.submission.owner as Box<dyn Any>).is::<Program>());
}

/// Panics when it is dropped.
struct Panics;

impl Drop for Panics {
    fn drop(&mut self) {
        panic!("this owner is expected to panic");
    }
}

#[test]
fn an_owner_that_panics_harms_nobody_else() {
    let ring = ring();
    let mut submission = Program::adds(1, 2).submit(Access::Direct);
    let program = core::mem::replace(&mut submission.owner, Box::new(Panics));
    // SAFETY: the program outlives the batch: it is waited for.
    unsafe { ring.submit(submission, 0) }.unwrap();
    let completion = ring.wait(1, 1, None).unwrap().pop().unwrap();
    let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(completion)));
    assert!(dropped.is_err());
    drop(program);
    let submission = Program::adds(1, 2).submit(Access::Direct);
    // SAFETY: the owner owns all that the batch touches.
    unsafe { ring.submit(submission, 0) }.unwrap();
    assert_eq!(results(ring.wait(1, 1, None).unwrap().pop().unwrap()), [3]);
}

/// A syslet of one `gettid`, with these flags.
struct Syslet {
    atom: [u64; 11],
    thread: i64,
}

impl Syslet {
    fn submit(flags: u64) -> RawSubmit {
        let mut syslet = Box::new(Self {
            atom: [0; 11],
            thread: 0,
        });
        syslet.atom[..2].copy_from_slice(&[flags, Sysno::gettid as u64]);
        syslet.atom[2] = (&raw mut syslet.thread).expose_provenance() as u64;
        let run = Run {
            size: RUN_SIZE as u32,
            format: Format::Syslet.raw(),
            pc: syslet.atom.as_ptr().expose_provenance() as u64,
            fuel: 10,
            ..Run::default()
        };
        RawSubmit {
            run,
            owner: syslet,
            access: Access::Direct,
            first_try: FirstTry::Submitter,
            when_full: WhenFull::Refuse,
        }
    }
}

#[test]
fn a_syslet_that_is_to_run_elsewhere_is_not_tried() {
    let ring = ring();
    let this = i64::from(rustix::thread::gettid().as_raw_nonzero().get());
    for (flags, is_here) in [(SYSLET_ASYNC, false), (SYSLET_NO_COMPLETE, true)] {
        // SAFETY: the owner owns all that the syslet touches.
        unsafe { ring.submit(Syslet::submit(flags), 0) }.unwrap();
        let completion = ring.wait(1, 1, None).unwrap().pop().unwrap();
        assert_eq!(completion.outcome, RawOutcome::Ran(Ok(Status::Exit)));
        let owner: Box<dyn Any> = completion.owner;
        let thread = owner.downcast::<Syslet>().unwrap().thread;
        assert!(thread > 0);
        assert_eq!(thread == this, is_here, "{flags}");
    }
}
