//! Batches that change the thread which runs them: no other batch meets it.
#![expect(unsafe_code, reason = "batches made by hand")]

use core::ffi::CStr;

use sysbatch::abi::{
    BuiltIn, DST_OWN_INDEX, ENTRY_REPEAT, Entry, Format, RUN_REQUEST, RUN_SIZE, Run, Width,
};
use sysbatch::{Access, FirstTry, RawRing, RawSubmit, RingOptions, WhenFull};

use crate::common::backend;

/// A ring with one worker, who runs everything.
fn ring() -> RawRing {
    RawRing::new(backend(), RingOptions::default().workers(1)).unwrap()
}

fn entry(nr: i64, args: &[u64]) -> Entry {
    let mut entry = Entry {
        nr: nr as i32,
        dst: DST_OWN_INDEX,
        ..Entry::default()
    };
    entry.args[..args.len()].copy_from_slice(args);
    entry
}

fn built_in(built_in: BuiltIn, args: &[u64]) -> Entry {
    entry(built_in.number().into(), args)
}

fn address<T>(of: &[T]) -> u64 {
    of.as_ptr().expose_provenance() as u64
}

/// Runs a program on a worker; its results.
fn run(ring: &RawRing, program: impl FnOnce(&mut Vec<Entry>)) -> Vec<i64> {
    // Its place in memory is known while it is written.
    let mut entries = Vec::with_capacity(8);
    program(&mut entries);
    let mut results = vec![0_i64; entries.len()];
    let run = Run {
        size: RUN_SIZE as u32,
        format: Format::Native.raw(),
        program: entries.as_mut_ptr().expose_provenance() as u64,
        len: entries.len() as u64,
        results: results.as_mut_ptr().expose_provenance() as u64,
        results_len: results.len() as u64,
        fuel: 100,
        ..Run::default()
    };
    let submission = RawSubmit {
        run,
        owner: Box::new((entries, results)),
        access: Access::Direct,
        first_try: FirstTry::Nobody,
        when_full: WhenFull::Refuse,
    };
    // SAFETY: the owner has the program and its results, and what else the programs of
    // these tests use is static or their own thread's.
    unsafe { ring.submit(submission, 0) }.unwrap();
    let completion = ring.wait(1, 1, None).unwrap().remove(0);
    assert!(completion.outcome == sysbatch::RawOutcome::Ran(Ok(sysbatch::abi::Status::Done)));
    let owner = completion.owner.downcast::<(Vec<Entry>, Vec<i64>)>();
    owner.unwrap().1
}

/// The worker that runs the next batch.
fn worker(ring: &RawRing) -> i64 {
    run(ring, |entries| entries.push(entry(libc::SYS_gettid, &[])))[0]
}

/// Whether the batch after one with this program meets the same worker.
fn stays(program: impl FnOnce(&mut Vec<Entry>)) -> bool {
    let ring = ring();
    let before = worker(&ring);
    assert_eq!(worker(&ring), before, "it is there for more than one");
    run(&ring, program);
    worker(&ring) == before
}

/// The name of the worker that runs the next batch (`PR_GET_NAME`).
fn name(ring: &RawRing) -> String {
    static NAME: [u8; 16] = [0; 16];
    let own = Box::leak(Box::new(NAME));
    let place = own.as_mut_ptr().expose_provenance() as u64;
    let get = [libc::PR_GET_NAME as u64, place];
    run(ring, |entries| entries.push(entry(libc::SYS_prctl, &get)));
    let text = CStr::from_bytes_until_nul(own).unwrap();
    text.to_str().unwrap().to_owned()
}

const SET_NAME: [u64; 2] = [libc::PR_SET_NAME as u64, 0];

/// The arguments that call the thread "changed".
fn changed() -> [u64; 2] {
    [SET_NAME[0], address(c"changed".to_bytes_with_nul())]
}

#[test]
fn what_a_batch_does_to_its_thread_is_met_by_no_other() {
    let ring = ring();
    run(&ring, |entries| {
        entries.push(entry(libc::SYS_prctl, &changed()));
    });
    assert!(name(&ring).starts_with("sysbatch-"));
}

#[test]
fn a_signal_mask_or_a_name_space_of_its_own_ends_with_it() {
    static MASK: [u64; 1] = [1 << 12];
    let block = [libc::SIG_BLOCK as u64, address(&MASK), 0, 8];
    let calls = [
        entry(libc::SYS_rt_sigprocmask, &block),
        entry(libc::SYS_unshare, &[libc::CLONE_FS as u64]),
        entry(libc::SYS_setns, &[u64::MAX, 0]),
        entry(libc::SYS_setresuid, &[u64::MAX, u64::MAX, u64::MAX]),
        entry(libc::SYS_setfsuid, &[u64::MAX]),
        entry(libc::SYS_setpriority, &[0, 0, 0]),
        entry(libc::SYS_sched_setaffinity, &[0, 0, 0]),
        entry(libc::SYS_personality, &[u64::from(u32::MAX)]),
        // Whatever nobody has looked at.
        entry(400, &[]),
    ];
    for call in calls {
        assert!(!stays(|entries| entries.push(call)), "{call:?}");
        // Also where it is not reached.
        let over = |entries: &mut Vec<Entry>| {
            let mut jump = built_in(BuiltIn::Set, &[0]);
            jump.on_zero = 1;
            entries.extend([jump, call]);
        };
        assert!(!stays(over), "{call:?}");
    }
}

#[test]
fn ordinary_calls_keep_their_worker() {
    static BYTES: [u8; 8] = [0; 8];
    let read = entry(libc::SYS_pread64, &[u64::MAX, address(&BYTES), 8, 0]);
    assert!(stays(|entries| entries.extend([
        entry(libc::SYS_getpid, &[]),
        read,
        entry(libc::SYS_close, &[u64::MAX]),
        built_in(BuiltIn::Add, &[1, 2]),
        entry(libc::SYS_ioctl, &[u64::MAX, 0x5401, 0]),
        entry(libc::SYS_kill, &[0, 0]),
    ])));
}

#[test]
fn a_number_that_the_batch_computes_counts_as_any() {
    let prctl = libc::SYS_prctl as u64;
    // The second entry is made one that changes the thread, by each means.
    let second = |entries: &Vec<Entry>| address(entries) + 64;
    let calls = |first| [first, entry(libc::SYS_getpid, &changed())];
    assert!(!stays(|entries| {
        let to = second(entries);
        entries.extend(calls(built_in(
            BuiltIn::Store(Width::Four),
            &[to, 0, prctl],
        )));
    }));
    let ring = ring();
    run(&ring, |entries| {
        let to = second(entries) - 8;
        entries.extend(calls(built_in(
            BuiltIn::Store(Width::Four),
            &[to, 8, prctl],
        )));
    });
    assert!(name(&ring).starts_with("sysbatch-"));
    assert!(!stays(|entries| {
        let from = Box::leak(Box::new([prctl]));
        let mut copy = built_in(BuiltIn::Copy, &[second(entries), address(&*from)]);
        copy.modes = 0;
        entries.extend(calls(copy));
    }));
    assert!(!stays(|entries| {
        let read = [u64::MAX, second(entries), 4];
        entries.extend(calls(entry(libc::SYS_read, &read)));
    }));
    assert!(!stays(|entries| {
        // From before it into it.
        let read = [u64::MAX, address(entries) - 64, 256];
        entries.extend(calls(entry(libc::SYS_read, &read)));
    }));
    // An address that is not known.
    assert!(!stays(|entries| {
        let mut store = built_in(BuiltIn::Store(Width::Four), &[0, 0, 77]);
        let slot = Box::leak(Box::new([0_u64]));
        let slot = slot.as_mut_ptr().expose_provenance() as u64;
        entries.push(built_in(BuiltIn::Set, &[slot]));
        store.modes = sysbatch::abi::Mode::Result.bits(0);
        entries.push(store);
    }));
}

#[test]
fn a_repeated_call_counts_as_any() {
    // A chain of one record, and then its end.
    static RECORDS: [u16; 2] = [2, 0];
    let repeated = |call, first| {
        let mut entry = entry(call, &[first, address(&RECORDS), 0, 0, 0, 1 | 4 << 16]);
        entry.flags = ENTRY_REPEAT;
        entry
    };
    let keeps = repeated(libc::SYS_pread64, u64::MAX);
    assert!(stays(|entries| entries.push(keeps)));
    let changes = repeated(libc::SYS_prctl, libc::PR_SET_NAME as u64);
    assert!(!stays(|entries| entries.push(changes)));
}

#[test]
fn a_batch_in_a_batch_counts_as_any() {
    let inner = [u64::MAX, u64::from(RUN_REQUEST), 0];
    assert!(!stays(
        |entries| entries.push(entry(libc::SYS_ioctl, &inner))
    ));
}

#[test]
fn what_waits_goes_on_when_the_worker_has_ended() {
    let ring = RawRing::new(backend(), RingOptions::default().workers(2)).unwrap();
    let mut results = Vec::new();
    for round in 0..200_u64 {
        let mut entries = vec![entry(libc::SYS_getpid, &[])];
        if round % 2 == 0 {
            entries[0] = entry(libc::SYS_prctl, &changed());
        }
        let mut slots = vec![0_i64];
        let run = Run {
            size: RUN_SIZE as u32,
            format: Format::Native.raw(),
            program: entries.as_mut_ptr().expose_provenance() as u64,
            len: 1,
            results: slots.as_mut_ptr().expose_provenance() as u64,
            results_len: 1,
            fuel: 1,
            ..Run::default()
        };
        let submission = RawSubmit {
            run,
            owner: Box::new((entries, slots)),
            access: Access::Direct,
            first_try: FirstTry::Nobody,
            when_full: WhenFull::Refuse,
        };
        // SAFETY: as in `run`.
        unsafe { ring.submit(submission, round) }.unwrap();
    }
    while results.len() < 200 {
        results.extend(ring.wait(1, usize::MAX, None).unwrap());
    }
}
