//! Workers in threads of their own.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use super::worker::{Job, Worker};
use super::{Fold, Part};
use crate::listing::BatchError;
use crate::statistics::Statistics;

/// How many reports may wait for each thread, so that threads that are quicker
/// than who takes what they find do not fill memory with it.
const REPORTS: usize = 2;

/// What a thread has to say.
struct Report<T> {
    /// Which thread it is.
    place: usize,
    parts: VecDeque<Part<T>>,
    /// Whether there is more to come, or an error.
    result: Result<More, BatchError>,
    statistics: Statistics,
}

/// Whether a thread has more to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum More {
    Yes,
    No,
}

/// A thread, as who gives it work sees it.
struct Thread {
    /// Takes work; `None` when there will be no more.
    work: Option<Sender<Vec<Job>>>,
    busy: bool,
    statistics: Statistics,
    handle: Option<JoinHandle<()>>,
}

/// The threads.
pub(super) struct Crew<F: Fold> {
    threads: Vec<Thread>,
    /// `None` once nobody listens any more.
    reports: Option<Receiver<Report<F::Found>>>,
}

impl<F: Fold> Crew<F> {
    /// Starts so many threads.
    pub(super) fn new(count: usize, mut worker: impl FnMut() -> Worker<F>) -> Self {
        let (sender, reports) = sync_channel(REPORTS * count);
        let threads = (0..count).map(|place| {
            let (work, orders) = channel();
            let (worker, reports) = (worker(), sender.clone());
            let run = move || serve(place, worker, &orders, &reports);
            let name = format!("sysbatch-walk {place}");
            let handle = std::thread::Builder::new().name(name).spawn(run).ok();
            Thread {
                // A thread that could not be started gets no work.
                work: handle.is_some().then_some(work),
                busy: false,
                statistics: Statistics::default(),
                handle,
            }
        });
        Self {
            threads: threads.collect(),
            reports: Some(reports),
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.threads.len()
    }

    /// Whether none of them could be started, or all have died.
    pub(super) fn is_gone(&self) -> bool {
        self.threads.iter().all(|thread| thread.work.is_none())
    }

    /// Whether any of them has work.
    pub(super) fn is_busy(&self) -> bool {
        self.threads.iter().any(|thread| thread.busy)
    }

    /// One that has no work.
    pub(super) fn idle(&self) -> Option<usize> {
        self.threads
            .iter()
            .position(|thread| !thread.busy && thread.work.is_some())
    }

    /// What their batches took, as far as they have reported.
    pub(super) fn statistics(&self) -> Statistics {
        let mut all = Statistics::default();
        for thread in &self.threads {
            all += thread.statistics;
        }
        all
    }

    /// Gives one of them work.
    ///
    /// # Errors
    /// If it is there no more.
    pub(super) fn give(&mut self, place: usize, jobs: Vec<Job>) -> Result<(), BatchError> {
        let thread = &mut self.threads[place];
        let work = thread.work.as_ref().ok_or(BatchError::Thread)?;
        work.send(jobs).map_err(|_| BatchError::Thread)?;
        thread.busy = true;
        Ok(())
    }

    /// Waits for a report and takes what it has.
    ///
    /// # Errors
    /// If a batch was refused, or a thread has died.
    pub(super) fn receive(
        &mut self,
        ready: &mut VecDeque<Part<F::Found>>,
    ) -> Result<(), BatchError> {
        let reports = self.reports.as_ref().ok_or(BatchError::Thread)?;
        let report = reports.recv().map_err(|_| BatchError::Thread)?;
        let thread = &mut self.threads[report.place];
        thread.statistics = report.statistics;
        ready.extend(report.parts);
        thread.busy = report.result == Ok(More::Yes);
        if report.result.is_err() {
            // It has ended.
            thread.work = None;
        }
        report.result.map(drop)
    }
}

impl<F: Fold> Drop for Crew<F> {
    fn drop(&mut self) {
        // A thread that reports finds that nobody listens, and one that waits
        // that there will be no more.
        self.reports = None;
        for thread in &mut self.threads {
            thread.work = None;
            if let Some(handle) = thread.handle.take() {
                // Its panic has been reported by the panic hook, and by
                // `receive` to who waited for it.
                let _ = handle.join();
            }
        }
    }
}

/// What a thread does.
fn serve<F: Fold>(
    place: usize,
    mut worker: Worker<F>,
    orders: &Receiver<Vec<Job>>,
    reports: &SyncSender<Report<F::Found>>,
) {
    let mut last = LastWord {
        place,
        reports,
        unsaid: true,
    };
    while let Ok(jobs) = orders.recv() {
        worker.begin(jobs);
        while worker.is_busy() {
            let mut parts = VecDeque::new();
            let result = worker.advance(&mut parts);
            let ended = result.is_err();
            let more = if worker.is_busy() {
                More::Yes
            } else {
                More::No
            };
            let report = Report {
                place,
                parts,
                result: result.map(|()| more),
                statistics: worker.statistics(),
            };
            if reports.send(report).is_err() || ended {
                last.unsaid = false;
                return;
            }
        }
    }
    last.unsaid = false;
}

/// Says that its thread has died, if it does before it is done.
struct LastWord<'thread, T> {
    place: usize,
    reports: &'thread SyncSender<Report<T>>,
    unsaid: bool,
}

impl<T> Drop for LastWord<'_, T> {
    fn drop(&mut self) {
        if self.unsaid {
            // Nobody may be listening any more.
            let _ = self.reports.send(Report {
                place: self.place,
                parts: VecDeque::new(),
                result: Err(BatchError::Thread),
                statistics: Statistics::default(),
            });
        }
    }
}
