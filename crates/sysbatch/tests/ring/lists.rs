//! Many batches submitted at once.

use std::time::Duration;

use rustix::fs::{CWD, Mode, OFlags};
use sysbatch::{
    Backend, Batch, CallErrorKind, Completion, FirstTry, Handle, Kind, RefusedReason, Ring,
    RingOptions, Shutdown, Submit, WhenFull,
};

use crate::common::backend;
use crate::first_try::at_last;
use crate::gate::Gate;
use crate::{ring, ring_with};

fn pid() -> Batch<'static> {
    let mut batch = Batch::new();
    batch.getpid();
    batch
}

/// Opens, reads and closes a file that is there.
fn reading() -> (Batch<'static>, Handle<usize>) {
    let mut batch = Batch::new();
    let buffer = batch.buffer(16);
    let file = batch.openat(CWD, "/proc/self/exe", OFlags::RDONLY, Mode::empty());
    let read = batch.read(&file, buffer);
    batch.close(file);
    (batch, read)
}

fn values(completions: &[Completion]) -> Vec<u64> {
    completions.iter().map(Completion::user_value).collect()
}

const EACH: [FirstTry; 3] = [FirstTry::Submitter, FirstTry::Worker, FirstTry::Nobody];

#[test]
fn each_has_its_own_results() {
    for who in EACH {
        let ring = ring();
        let (batches, reads): (Vec<_>, Vec<_>) = (0..100).map(|_| reading()).unzip();
        let submits = batches
            .into_iter()
            .map(|batch| Submit::new(batch).first_try(who));
        let tickets = ring.submit_all(submits).into_iter();
        for (ticket, read) in tickets.zip(reads) {
            let mut completion = ticket.unwrap().wait().unwrap();
            let results = completion.results().unwrap();
            results.check().unwrap();
            assert_eq!(results.get(&read), Ok(16));
        }
        assert_eq!(ring.out(), 0);
    }
}

#[test]
fn what_does_not_wait_completes_at_once_and_in_order() {
    let ring = ring();
    let posted = ring.post_all((0..500).map(|value| (pid(), value)));
    let posted: Vec<_> = posted.into_iter().collect::<Result<_, _>>().unwrap();
    assert!(posted.is_sorted());
    let completions = ring.wait(500, None).unwrap();
    assert_eq!(values(&completions), (0..500).collect::<Vec<_>>());
}

#[test]
fn one_that_waits_holds_up_no_other() {
    for who in EACH {
        let ring = ring_with(RingOptions::default().workers(8));
        let gate = Gate::new();
        let batches = (0..20).map(|value| {
            let batch = if value % 5 == 2 { gate.batch() } else { pid() };
            (Submit::new(batch).first_try(who), value)
        });
        for posted in ring.post_all(batches) {
            posted.unwrap();
        }
        let mut quick = Vec::new();
        while quick.len() < 16 {
            quick.extend(values(&ring.wait(1, None).unwrap()));
        }
        assert!(quick.iter().all(|value| value % 5 != 2), "{quick:?}");
        gate.open(4);
        let mut slow = Vec::new();
        while slow.len() < 4 {
            slow.extend(values(&ring.wait(1, None).unwrap()));
        }
        slow.sort_unstable();
        assert_eq!(slow, [2, 7, 12, 17]);
    }
}

#[test]
fn one_worker_does_all_that_does_not_wait() {
    // While it makes first tries, nobody else is needed: with a limit of one, and
    // one that waits in front of all.
    let ring = ring_with(RingOptions::default().workers(1));
    let gate = Gate::new();
    let batches = (0..200).map(|value| {
        let batch = if value == 0 { gate.batch() } else { pid() };
        (Submit::new(batch).first_try(FirstTry::Worker), value)
    });
    for posted in ring.post_all(batches) {
        posted.unwrap();
    }
    // Those whose first tries were made with that of the first are over, though the
    // only worker waits with it.
    let over = ring.wait(1, None).unwrap();
    assert!(!over.is_empty());
    assert!(over.iter().all(|completion| completion.user_value() > 0));
    gate.open(1);
    let rest = ring.wait(200 - over.len(), None).unwrap();
    assert_eq!(over.len() + rest.len(), 200);
}

#[test]
fn what_there_is_no_room_for_comes_back() {
    let ring = ring_with(RingOptions::default().capacity(3));
    let put = ring.post_all((0..5).map(|value| (pid(), value)));
    let mut refused = Vec::new();
    for (value, put) in (0..).zip(put) {
        match put {
            Ok(_) => assert!(value < 3),
            Err(error) => {
                assert_eq!(*error.reason(), RefusedReason::Full { capacity: 3 });
                refused.push((error.into_batch(), value));
            }
        }
    }
    assert_eq!(values(&ring.wait(3, None).unwrap()), [0, 1, 2]);
    for put in ring.post_all(refused) {
        put.unwrap();
    }
    assert_eq!(values(&ring.wait(2, None).unwrap()), [3, 4]);
    // Those of tickets leave their places when they complete.
    let submits = (0..50).map(|_| Submit::new(pid()).when_full(WhenFull::Wait));
    for ticket in ring.submit_all(submits) {
        assert!(ticket.unwrap().wait().is_ok());
    }
}

#[test]
fn one_that_was_built_wrong_is_given_back_among_the_others() {
    let ring = ring();
    let mut wrong = Batch::new();
    let label = wrong.label();
    wrong.jump(label);
    let put = ring.submit_all([pid(), wrong, pid()]);
    let reasons: Vec<_> = put
        .iter()
        .map(|put| put.as_ref().err().map(|error| error.reason().clone()))
        .collect();
    assert!(
        matches!(reasons[..], [None, Some(RefusedReason::Build(_)), None]),
        "{reasons:?}"
    );
    for ticket in put.into_iter().flatten() {
        assert!(ticket.wait().is_ok());
    }
}

#[test]
fn an_empty_list_is_nothing() {
    let ring = ring();
    assert!(ring.submit_all([] as [Batch<'static>; 0]).is_empty());
    ring.shut_down(Shutdown::Drain);
    for put in ring.submit_all([pid(), pid()]) {
        assert_eq!(*put.unwrap_err().reason(), RefusedReason::ShutDown);
    }
}

#[test]
fn errors_of_calls_stay_with_their_batches() {
    let ring = ring();
    let mut missing = Batch::new();
    let file = missing.openat(CWD, "/nowhere/at/all", OFlags::RDONLY, Mode::empty());
    let put = ring.submit_all([pid(), missing, pid()]);
    let mut completions: Vec<_> = put
        .into_iter()
        .map(|put| put.unwrap().wait().unwrap())
        .collect();
    assert!(completions[0].results().unwrap().check().is_ok());
    let results = completions[1].results().unwrap();
    let error = results.fd(&file).unwrap_err();
    assert_eq!(error.kind(), CallErrorKind::Errno(rustix::io::Errno::NOENT));
    drop(results);
    assert!(completions[2].results().unwrap().check().is_ok());
}

#[test]
fn first_tries_of_a_list_are_few_crossings() {
    let backend = std::sync::Arc::new(backend());
    if backend.kind() != Kind::Kernel {
        return;
    }
    let ring = Ring::new(std::sync::Arc::clone(&backend)).unwrap();
    let before = backend.crossings();
    for put in ring.post_all((0..200).map(|value| (pid(), value))) {
        put.unwrap();
    }
    assert_eq!(ring.wait(200, None).unwrap().len(), 200);
    let crossings = backend.crossings() - before;
    assert!(crossings <= 2, "{crossings} for 200 batches");
}

/// Without the module, who watches the calls of this thread is asked once for all that
/// a list has, not for each batch.
#[test]
fn of_a_list_it_is_asked_once_who_watches() {
    const MANY: u64 = 100;
    let backend = std::sync::Arc::new(Backend::user());
    let ring = Ring::new(std::sync::Arc::clone(&backend)).unwrap();
    let crossings = |count: u64| {
        let before = backend.crossings();
        let (batches, _): (Vec<_>, Vec<_>) = (0..count).map(|_| reading()).unzip();
        for ticket in ring.submit_all(batches) {
            ticket
                .unwrap()
                .wait()
                .unwrap()
                .results()
                .unwrap()
                .check()
                .unwrap();
        }
        backend.crossings() - before
    };
    // Who renames or mounts something elsewhere has a look repeated by a worker.
    let is_asked_once = || {
        let alone = crossings(1);
        crossings(MANY) == 1 + MANY * (alone - 1)
    };
    assert!(at_last(is_asked_once));
}

/// All places are taken by what never ends: what it holds is bounded, it can be
/// cancelled where it has not begun, and the ring ends when what runs does.
#[test]
fn ten_thousand_that_never_complete() {
    const MANY: usize = 10_000;
    let ring = ring_with(RingOptions::default().capacity(MANY).workers(4));
    let gate = Gate::new();
    let submits = (0..MANY).map(|_| Submit::new(gate.batch()));
    let mut tickets: Vec<_> = ring
        .submit_all(submits)
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert_eq!(ring.out(), MANY);
    let error = ring.submit(gate.batch()).unwrap_err();
    assert_eq!(*error.reason(), RefusedReason::Full { capacity: MANY });
    let threads = std::fs::read_dir("/proc/self/task").unwrap().count();
    assert!(threads < 1000, "{threads}: no thread for each");
    // One out of two: those that have a worker run on.
    let mut cancelled = 0;
    for ticket in tickets.iter().step_by(2) {
        cancelled += usize::from(ticket.cancel());
    }
    assert!(
        (MANY / 2 - 4..=MANY / 2).contains(&cancelled),
        "{cancelled}"
    );
    assert_eq!(ring.out(), MANY - cancelled);
    // There is room again.
    let more = ring.submit(pid()).unwrap();
    assert!(more.wait().is_ok());
    assert!(tickets[1].wait_for(Duration::ZERO).is_err());
    // Tickets may go before their batches.
    tickets.truncate(MANY / 2);
    // What runs gets its byte, and the rest is cancelled.
    std::thread::scope(|scope| {
        scope.spawn(|| ring.shut_down(Shutdown::Cancel));
        while ring.out() > 4 {
            std::thread::yield_now();
        }
        gate.open(4);
    });
    assert_eq!(ring.out(), 0);
    let mut ran = 0;
    for ticket in tickets {
        ran += usize::from(!ticket.wait().unwrap().is_cancelled());
    }
    assert!(ran <= 4, "{ran}");
}
