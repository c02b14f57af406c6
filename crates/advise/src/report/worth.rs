//! What batches are worth.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::Costs;
use crate::sequence::Length;

/// Entries that a batch needs for each buffer of names that it reads from a directory, to take
/// it apart and to begin and end a directory, besides the calls: as many as the program of
/// `sysbatch-walk` needs at most.
pub const DIRECTORY: u64 = 30;
/// From this share of a program's time on, in per cent, batches are worth it.
pub const WORTH: f64 = 5.0;
/// From this share of a program's time on, in per cent, they are worth a little.
pub const LITTLE: f64 = 1.0;

/// Whether batches are worth it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// They save [`WORTH`] per cent of the program's time, or more.
    WorthIt,
    /// They save [`LITTLE`] per cent, or more.
    Little,
    /// They save less, nothing, or cost time.
    NotWorthIt,
}

impl Verdict {
    /// That of a share in per cent.
    #[must_use]
    pub fn of(share: f64) -> Self {
        if share >= WORTH {
            Self::WorthIt
        } else if share >= LITTLE {
            Self::Little
        } else {
            Self::NotWorthIt
        }
    }

    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::WorthIt => "worth it",
            Self::Little => "worth little",
            Self::NotWorthIt => "not worth it",
        }
    }
}

/// What batches make of some calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Worth {
    /// Crossings that the calls make now, which is their number.
    pub crossings_now: u64,
    /// Crossings if each sequence that is better as a batch were one.
    pub crossings_after: u64,
    /// The time that this saves, in nanoseconds.
    pub saved_ns: f64,
    /// The same in per cent of the time of the program.
    pub share: f64,
}

impl Worth {
    /// Of sequences by their lengths, where a program takes so many nanoseconds.
    pub(super) fn new(lengths: &BTreeMap<usize, Length>, costs: &Costs, ran_ns: f64) -> Self {
        let mut worth = Self::default();
        for (&calls, length) in lengths {
            let calls = calls as u64;
            let Length {
                sequences,
                directories,
            } = *length;
            worth.crossings_now += calls * sequences;
            let saved = costs.saved(calls, calls) * sequences as f64
                - costs.step * (DIRECTORY * directories) as f64;
            // A batch that costs more than its calls would not be made.
            if saved > 0.0 {
                worth.crossings_after += sequences;
                worth.saved_ns += saved;
            } else {
                worth.crossings_after += calls * sequences;
            }
        }
        worth.share = share(worth.saved_ns, ran_ns);
        worth
    }

    /// The sum of both.
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            crossings_now: self.crossings_now + other.crossings_now,
            crossings_after: self.crossings_after + other.crossings_after,
            saved_ns: self.saved_ns + other.saved_ns,
            share: self.share + other.share,
        }
    }
}

/// A part in per cent; of nothing it is nothing.
pub(super) fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 {
        100.0 * part / whole
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COSTS: Costs = Costs {
        crossing: 100.0,
        batch: 250.0,
        step: 10.0,
        measured: true,
    };

    fn of(lengths: &[(usize, u64, u64)]) -> Worth {
        let all = lengths.iter().map(|&(calls, sequences, directories)| {
            let length = Length {
                sequences,
                directories,
            };
            (calls, length)
        });
        Worth::new(&all.collect(), &COSTS, 1e6)
    }

    #[test]
    fn a_batch_saves_what_its_calls_cross_less_what_it_costs() {
        // 10 · 100 − 250 − 10 · 10, a thousand times, of a millisecond.
        let worth = of(&[(10, 1000, 0)]);
        assert_eq!(worth.saved_ns, 650_000.0);
        assert_eq!(worth.share, 65.0);
        assert_eq!((worth.crossings_now, worth.crossings_after), (10_000, 1000));
    }

    #[test]
    fn sequences_that_are_too_short_stay_as_they_are() {
        let worth = of(&[(2, 1000, 0), (3, 10, 0)]);
        assert_eq!(worth.saved_ns, 200.0);
        assert_eq!((worth.crossings_now, worth.crossings_after), (2030, 2010));
    }

    #[test]
    fn what_takes_names_apart_costs_steps() {
        assert_eq!(of(&[(10, 1, 1)]).saved_ns, 350.0);
        assert_eq!(of(&[(10, 1, 3)]).saved_ns, 0.0);
    }

    #[test]
    fn nothing_is_worth_nothing() {
        assert_eq!(of(&[]), Worth::default());
        assert_eq!(share(1.0, 0.0), 0.0);
    }

    #[test]
    fn the_verdict_is_by_the_share() {
        for (share, verdict) in [
            (5.0, Verdict::WorthIt),
            (4.9, Verdict::Little),
            (1.0, Verdict::Little),
            (0.9, Verdict::NotWorthIt),
            (-3.0, Verdict::NotWorthIt),
            (f64::NAN, Verdict::NotWorthIt),
        ] {
            assert_eq!(Verdict::of(share), verdict, "{share}");
        }
    }
}
