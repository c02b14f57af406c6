//! What the world answers, decided ahead.

use sysbatch_engine::{Call, Outcome};

/// Outcomes of system calls and answers to "is something pending?", each
/// handed out in order and from the start again when they run out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    outcomes: Vec<Outcome>,
    pending: Vec<bool>,
    asked: usize,
    made: Vec<Call>,
}

impl Default for Script {
    /// Every call returns zero, nothing is ever pending.
    fn default() -> Self {
        Self::new(vec![Outcome::Returned(0)], vec![false])
    }
}

impl Script {
    /// # Panics
    /// If either list is empty.
    #[must_use]
    pub fn new(outcomes: Vec<Outcome>, pending: Vec<bool>) -> Self {
        assert!(!outcomes.is_empty() && !pending.is_empty());
        Self {
            outcomes,
            pending,
            asked: 0,
            made: Vec::new(),
        }
    }

    /// Calls return these values in turn.
    #[must_use]
    pub fn returning(values: &[i64]) -> Self {
        let outcomes = values.iter().copied().map(Outcome::Returned).collect();
        Self::new(outcomes, vec![false])
    }

    /// The outcome of the next call, which is put on record.
    pub fn call(&mut self, call: &Call) -> Outcome {
        let outcome = self.outcomes[self.made.len() % self.outcomes.len()];
        self.made.push(*call);
        outcome
    }

    /// What [`pending`](Self::pending) will answer.
    #[must_use]
    pub fn would_be_pending(&self) -> bool {
        self.pending[self.asked % self.pending.len()]
    }

    /// Whether something is pending now.
    pub fn pending(&mut self) -> bool {
        let answer = self.pending[self.asked % self.pending.len()];
        self.asked += 1;
        answer
    }

    /// The calls made so far, those with an outcome other than a return
    /// included.
    #[must_use]
    pub fn made(&self) -> &[Call] {
        &self.made
    }

    /// How often it was asked whether something is pending.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.asked
    }
}
