//! A sequence that may go on.

use std::collections::HashSet;

use syscalls::Sysno;

use super::evidence::{Evidence, Evidences};
use super::place::{Chain, Objects, REACH};
use super::row::CALLERS;
use crate::Frame;

/// A call of a sequence, as far as later ones may depend on it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Earlier {
    /// Where it was made.
    pub(super) site: u64,
    /// Its number.
    pub(super) number: u32,
    /// What it was given.
    pub(super) arguments: [u64; 6],
    /// What it returned.
    pub(super) result: i64,
    /// Whether its result is a number that the program did not know.
    pub(super) told: bool,
    /// The size of the file that it told of.
    pub(super) size: Option<u64>,
}

/// A sequence that may go on.
#[derive(Debug)]
pub(super) struct Open {
    /// When it began, in calls of the thread.
    pub(super) start: u64,
    /// The functions that all of its calls are made in, the outermost first.
    common: Vec<Frame>,
    /// Whether all of its calls were made through the same functions.
    is_one_way: bool,
    /// The most functions of the program's own that one of its calls is made in.
    deepest: usize,
    /// Its calls.
    pub(super) calls: Vec<Earlier>,
    /// The descriptors that it has opened and not closed.
    pub(super) opened: HashSet<u64>,
    /// The descriptors that were open before and are used in it.
    pub(super) used: HashSet<u64>,
    /// Whether it has told the program anything.
    pub(super) told: bool,
    /// The call sites of its calls.
    sites: HashSet<u64>,
    /// How many of its calls were made where another one was made before.
    pub(super) repeated: u64,
    /// How many of these have names that were known before.
    pub(super) listed: u64,
    /// How many of its calls have names that it reads itself.
    pub(super) listing: u64,
    /// How often it has read names from a directory.
    pub(super) read: u64,
    /// By the kind of evidence, of how many of its calls.
    pub(super) evidence: [u64; Evidence::ALL.len()],
}

impl Open {
    /// One that has no call yet, to begin with one that is made there.
    pub(super) fn new(start: u64, chain: &Chain) -> Self {
        Self {
            start,
            common: chain.frames.clone(),
            is_one_way: true,
            deepest: chain.own,
            calls: Vec::new(),
            opened: HashSet::new(),
            used: HashSet::new(),
            told: false,
            sites: HashSet::new(),
            repeated: 0,
            listed: 0,
            listing: 0,
            read: 0,
            evidence: [0; Evidence::ALL.len()],
        }
    }

    /// How many functions would be common if a call were made there, too; `None` if it is
    /// too far away.
    pub(super) fn reach(&self, chain: &Chain, objects: &Objects) -> Option<usize> {
        let common = chain.common(&self.common);
        if common == 0 {
            // Without stacks, nothing is known of places.
            return (self.common.is_empty() && chain.frames.is_empty()).then_some(0);
        }
        let (shared, left) = self.common.split_at(common);
        // What the C library calls at the end of a program is not where its loops are.
        let is_system = |frame: &Frame| objects.is_system(frame.object);
        if shared.last().is_some_and(is_system) && !left.iter().all(is_system) {
            return None;
        }
        (self.deepest.max(chain.own) - objects.own(shared) <= REACH).then_some(common)
    }

    /// Adds a call.
    pub(super) fn push(
        &mut self,
        earlier: Earlier,
        chain: &Chain,
        common: usize,
        evidence: Evidences,
    ) {
        self.is_one_way &= common == self.common.len() && common == chain.frames.len();
        self.common.truncate(common);
        self.deepest = self.deepest.max(chain.own);
        if !self.sites.insert(earlier.site) {
            self.repeated += 1;
            self.listed += u64::from(evidence.iter().any(Evidence::is_of_names));
        }
        self.listing += u64::from(evidence.contains(Evidence::Listing));
        for evidence in evidence.iter() {
            self.evidence[evidence as usize] += 1;
        }
        let is_read = earlier.number == Sysno::getdents64 as u32 && earlier.result > 0;
        self.read += u64::from(is_read);
        self.calls.push(earlier);
    }

    /// How many directories a batch of these calls takes the names from itself.
    pub(super) fn directories(&self) -> u64 {
        if self.listing > 0 { self.read } else { 0 }
    }

    /// The function that it is of and those that called it, the innermost first; none if there
    /// are no stacks.
    pub(super) fn place(&self, objects: &Objects) -> Vec<Frame> {
        let own = |frame: &Frame| !objects.is_system(frame.object);
        let wrappers = self.common.iter().rev().position(own);
        // Which function of the C library makes a call is not where the sequence is.
        let skipped = wrappers.filter(|_| self.is_one_way).unwrap_or(0);
        let frames = self.common.iter().rev().skip(skipped);
        frames.take(CALLERS).copied().collect()
    }
}
