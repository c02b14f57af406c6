//! First tries of many batches.

use rustix::io::Errno;
use sysbatch_abi::Status;

use super::job::Job;
use super::options::FirstTry;
use super::shared::Shared;
use super::submission::RawOutcome;

/// Makes the first tries that this thread is to make of jobs that count as running,
/// and ends those that are over. Gives the others, with their places among all.
pub(super) fn first_tries(shared: &Shared, mut jobs: Vec<Job>, who: FirstTry) -> Vec<(usize, Job)> {
    let results = try_all(shared, &mut jobs, who);
    let mut over = Vec::with_capacity(jobs.len());
    let mut left = Vec::new();
    for (index, (job, result)) in jobs.into_iter().zip(results).enumerate() {
        match result {
            Some(result) => over.push((job, RawOutcome::Ran(result))),
            None => left.push((index, job)),
        }
    }
    shared.deliver_all(over);
    left
}

/// What each came to, if it is over.
fn try_all(shared: &Shared, jobs: &mut [Job], who: FirstTry) -> Vec<Option<Result<Status, Errno>>> {
    let backend = &shared.backend;
    let one = |job: &mut Job| {
        if job.first_try == who {
            job.try_first(backend)
        } else {
            None
        }
    };
    jobs.iter_mut().map(one).collect()
}
