//! First tries of many batches.
#![expect(unsafe_code, reason = "batches run as their submitters vouched for")]

use rustix::io::Errno;
use sysbatch_abi::Status;

use super::first_try::Watch;
use super::job::{Done, Job};
use super::options::FirstTry;
use super::shared::Shared;
use super::submission::RawOutcome;
use crate::Kind;

/// Makes the first tries that this thread is to make of jobs that count as running,
/// and ends those that are over. Gives the others, with their places among all.
pub(super) fn first_tries(
    shared: &Shared,
    mut jobs: Vec<Box<Job>>,
    who: FirstTry,
) -> Vec<(usize, Box<Job>)> {
    let results = try_all(shared, &mut jobs, who);
    let mut over = Vec::with_capacity(jobs.len());
    let mut left = Vec::new();
    for (index, (job, result)) in jobs.into_iter().zip(results).enumerate() {
        match result {
            Some(result) => over.push(Done {
                job,
                outcome: RawOutcome::Ran(result),
            }),
            None => left.push((index, job)),
        }
    }
    shared.deliver_all(over);
    left
}

/// What each came to, if it is over.
fn try_all(
    shared: &Shared,
    jobs: &mut [Box<Job>],
    who: FirstTry,
) -> Vec<Option<Result<Status, Errno>>> {
    let backend = &shared.backend;
    let mut results = vec![None; jobs.len()];
    let mut watch = Watch::new();
    let mine = jobs.iter_mut().zip(&mut results);
    let mut mine: Vec<_> = mine.filter(|(job, _)| job.first_try == who).collect();
    if mine.len() < 2 || backend.kind() == Kind::User {
        for (job, result) in mine {
            *result = job.try_first(backend, &mut watch);
        }
        return results;
    }
    let begun = mine.iter_mut().map(|(job, _)| job.begin_try());
    let (begun, mut runs): (Vec<_>, Vec<_>) = begun.unzip();
    // SAFETY: a job is made by `RawRing::submit` and the like alone, whose callers vouch
    // for the batches until they have completed.
    let tried = unsafe { backend.enter_first_tries(&mut runs) };
    for (((job, result), begun), tried) in mine.into_iter().zip(begun).zip(tried) {
        *result = job.tried(&begun, tried, backend, &mut watch);
    }
    results
}
