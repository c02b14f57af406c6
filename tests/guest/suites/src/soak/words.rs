//! Memory that all processes of a soak share.

use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::OnceLock;

use crate::pages::Pages;

/// How many processes there are at most.
pub(super) const SLOTS: usize = 16;
/// How many threads of a process say that they go on.
pub(super) const BEATS: usize = 4;

/// What is counted, and what has to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Program,
    Batch,
    Signal,
    Stop,
    Kill,
    Attach,
    Fork,
    Filter,
    RefusedUnload,
    Load,
}

const EVENTS: [(Event, &str); 10] = [
    (Event::Program, "programs compared"),
    (Event::Batch, "other batches"),
    (Event::Signal, "signals"),
    (Event::Stop, "stops"),
    (Event::Kill, "kills"),
    (Event::Attach, "tracers"),
    (Event::Fork, "forks"),
    (Event::Filter, "filters"),
    (Event::RefusedUnload, "unloads refused"),
    (Event::Load, "loads"),
];

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub(super) enum Phase {
    /// All go on.
    Trouble,
    /// Those that make trouble end.
    Calm,
    /// All end.
    End,
}

/// A process, as the others see it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    /// Its number; zero if there is none.
    pub(super) pid: &'static AtomicU64,
    /// Not zero: somebody has killed it.
    pub(super) killed: &'static AtomicU64,
    /// Counts of what its threads have done.
    pub(super) beats: [&'static AtomicU64; BEATS],
}

/// The memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words {
    pub(super) slots: [Slot; SLOTS],
    phase: &'static AtomicU64,
    counts: [&'static AtomicU64; EVENTS.len()],
}

static WORDS: OnceLock<Words> = OnceLock::new();

impl Words {
    /// The memory of this process and those that it will fork.
    pub(super) fn new() -> &'static Self {
        WORDS.get_or_init(|| {
            let page = Pages::shared(1);
            let mut words = (0..).map(|index| page.atomic(8 * index));
            let mut next = || words.next().expect("there is no end");
            Self {
                slots: std::array::from_fn(|_| Slot {
                    pid: next(),
                    killed: next(),
                    beats: std::array::from_fn(|_| next()),
                }),
                phase: next(),
                counts: std::array::from_fn(|_| next()),
            }
        })
    }

    /// Counts something that has happened.
    pub(super) fn count_one(event: Event) {
        let words = Self::new();
        let place = EVENTS.iter().position(|(other, _)| *other == event);
        words.counts[place.expect("all are listed")].fetch_add(1, SeqCst);
    }

    /// What has not happened yet.
    pub(super) fn missing(&self) -> Option<&'static str> {
        let mut counts = self.counts.iter().zip(EVENTS);
        counts
            .find(|(count, _)| count.load(SeqCst) == 0)
            .map(|(_, (_, name))| name)
    }

    pub(super) fn set_phase(&self, phase: Phase) {
        #[expect(clippy::as_conversions, reason = "the number of a phase")]
        self.phase.store(phase as u64, SeqCst);
    }

    /// Whether it is not later than this.
    pub(super) fn is_at_most(&self, phase: Phase) -> bool {
        #[expect(clippy::as_conversions, reason = "the number of a phase")]
        let phase = phase as u64;
        self.phase.load(SeqCst) <= phase
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (count, (_, name))) in self.counts.iter().zip(EVENTS).enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{} {name}", count.load(SeqCst))?;
        }
        Ok(())
    }
}
