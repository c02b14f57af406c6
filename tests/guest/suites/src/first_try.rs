//! The first try: what is cached is done as by the calls alone, and what would wait
//! has not happened.

mod files;
mod signals;
mod waits;

use sysbatch::abi::{Entry, FLAG_FIRST_TRY, PuntReason, SCRATCH_SIZE, Status};

use crate::harness::{Case, Host};
use crate::lab::{Batch, Lab, UNWRITTEN, address_of_mut, to_u64};

pub(crate) fn cases() -> Vec<Case> {
    [files::cases(), signals::cases(), waits::cases()].concat()
}

/// Bytes that a first try may overwrite.
#[derive(Debug, Default)]
struct Scratch([u64; SCRATCH_SIZE / 8]);

/// Enters a batch once, as a first try.
fn enter(lab: &mut Lab, batch: &mut Batch) -> Result<Status, rustix::io::Errno> {
    let mut scratch = Scratch::default();
    batch.run.flags |= FLAG_FIRST_TRY;
    batch.run.scratch = address_of_mut(&mut scratch.0);
    let entered = lab.enter(batch);
    batch.run.flags &= !FLAG_FIRST_TRY;
    batch.run.scratch = 0;
    entered
}

/// Checks that all entries are run by one first try.
#[track_caller]
fn assert_runs(lab: &mut Lab, entries: impl Into<Vec<Entry>>) -> Vec<i64> {
    let mut batch = Batch::new(entries);
    let entered = enter(lab, &mut batch);
    let (pc, reason) = (batch.run.pc, batch.run.reason);
    assert_eq!(
        entered,
        Ok(Status::Done),
        "at {pc}, reason {reason}: {:?}",
        batch.results
    );
    batch.results
}

/// Checks that all entries are run by one first try, with the results that they have
/// when each call is made alone.
#[track_caller]
fn assert_runs_as_alone(lab: &mut Lab, entries: impl Into<Vec<Entry>>) -> Vec<i64> {
    let entries = entries.into();
    let mut alone = Batch::new(entries.clone());
    let mut user = Lab::on(Host::User, &lab.options);
    assert_eq!(user.run(&mut alone), Ok(Status::Done));
    let results = assert_runs(lab, entries);
    assert_eq!(results, alone.results);
    results
}

/// Checks that a first try stops before the last entry, which would wait.
#[track_caller]
fn assert_would_wait(lab: &mut Lab, entries: impl Into<Vec<Entry>>) {
    let mut batch = Batch::new(entries);
    let last = batch.entries.len() - 1;
    assert_eq!(
        enter(lab, &mut batch),
        Ok(Status::Punt),
        "{:?}",
        batch.results
    );
    assert_eq!(batch.run.reason, PuntReason::WouldWait.raw());
    assert_eq!(batch.run.pc, to_u64(last));
    assert_eq!(batch.run.resume, 0);
    assert_eq!(batch.results[last], UNWRITTEN);
}
