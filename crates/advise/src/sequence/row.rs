//! What was found, by the functions that it was found in.

use std::collections::{BTreeMap, HashMap};

use super::evidence::{Cut, Evidence};
use super::open::Open;
use crate::Frame;

/// So many functions are kept of those that have called one.
pub const CALLERS: usize = 8;

/// A system call of the sequences of a function.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Calls {
    /// How often it was made.
    pub count: u64,
    /// How many sequences it was in.
    pub(crate) sequences: u64,
    /// The sum of its places in these, from 0, where it was first.
    pub(crate) places: u64,
}

/// The sequences of a length.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Length {
    /// How many there are.
    pub sequences: u64,
    /// How many directories they take names from for their own calls.
    pub directories: u64,
}

/// The sequences of a function, called from one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// A call in this function, and those that called it, up to [`CALLERS`], the innermost
    /// first; none if there were no stacks.
    pub frames: Vec<Frame>,
    /// Whether it is of the C library or the loader, and not of the program.
    pub is_system: bool,
    /// By the number of the call.
    pub calls: HashMap<u32, Calls>,
    /// By the number of calls, from 2 up to [`LIMIT`](super::LIMIT).
    pub lengths: BTreeMap<usize, Length>,
    /// How many calls were made where another one of the sequence was made before.
    pub repeated: u64,
    /// How many of these have names that were known before.
    pub listed: u64,
    /// By [`Evidence`], how many calls there are of which it shows something.
    pub evidence: [u64; Evidence::ALL.len()],
    /// By [`Cut`], how many sequences ended by it.
    pub cuts: [u64; Cut::ALL.len()],
}

impl Row {
    /// That of a function, without sequences.
    pub(super) fn new(frames: Vec<Frame>, is_system: bool) -> Self {
        Self {
            frames,
            is_system,
            calls: HashMap::new(),
            lengths: BTreeMap::new(),
            repeated: 0,
            listed: 0,
            evidence: [0; Evidence::ALL.len()],
            cuts: [0; Cut::ALL.len()],
        }
    }

    /// Adds a sequence that has ended.
    pub(super) fn add(&mut self, open: &Open, cut: Cut) {
        let mut places = HashMap::new();
        for (place, call) in open.calls.iter().enumerate() {
            self.calls.entry(call.number).or_default().count += 1;
            places.entry(call.number).or_insert(place as u64);
        }
        for (number, place) in places {
            let calls = self.calls.entry(number).or_default();
            calls.sequences += 1;
            calls.places += place;
        }
        let length = self.lengths.entry(open.calls.len()).or_default();
        length.sequences += 1;
        length.directories += open.directories();
        self.repeated += open.repeated;
        self.listed += open.listed;
        for (sum, evidence) in self.evidence.iter_mut().zip(open.evidence) {
            *sum += evidence;
        }
        self.cuts[cut as usize] += 1;
    }

    /// Adds the sequences of another one.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (number, others) in &other.calls {
            let calls = self.calls.entry(*number).or_default();
            calls.count += others.count;
            calls.sequences += others.sequences;
            calls.places += others.places;
        }
        for (calls, others) in &other.lengths {
            let length = self.lengths.entry(*calls).or_default();
            length.sequences += others.sequences;
            length.directories += others.directories;
        }
        self.repeated += other.repeated;
        self.listed += other.listed;
        for (sum, evidence) in self.evidence.iter_mut().zip(other.evidence) {
            *sum += evidence;
        }
        for (sum, cuts) in self.cuts.iter_mut().zip(other.cuts) {
            *sum += cuts;
        }
    }
}

/// All that was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The calls of the program.
    pub calls: u64,
    /// Those that were in no sequence with another.
    pub alone: u64,
    /// The sequences of two calls and more, in no order.
    pub rows: Vec<Row>,
}
