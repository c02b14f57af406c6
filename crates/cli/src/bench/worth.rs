//! From how many calls on a batch pays on this machine, in words.

use std::fmt;

use serde::Serialize;

use super::measure::Measured;
use super::parts::Parts;
use super::workload::Kind;

/// From how many calls on a batch costs less than its calls alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Pays {
    /// From so many on.
    From(u64),
    /// Never: each entry costs as much as its call alone, or more.
    Never,
}

impl Pays {
    /// With a fixed cost of `fixed` and one of `entry` for each entry, where a
    /// call alone costs `alone`; each entry makes `calls` of them.
    fn of(fixed: f64, entry: f64, alone: f64, calls: u64) -> Self {
        let saved = alone - entry;
        // Also when one of them is not a number.
        if !(saved > 0.0 && fixed.is_finite()) {
            return Self::Never;
        }
        // The first number at which the batch costs less, not as much.
        let entries = (fixed / saved).max(0.0).floor() + 1.0;
        // Beyond 2⁵³ nobody will count; the conversion stops at the largest.
        Self::From((entries as u64).saturating_mul(calls))
    }
}

impl fmt::Display for Pays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::From(1) => f.write_str("from the first call on"),
            Self::From(calls) => write!(f, "from {calls} calls on"),
            Self::Never => f.write_str("never"),
        }
    }
}

/// What a batch is worth on this machine.
#[derive(Debug, Serialize)]
pub(super) struct Worth {
    parts: Parts,
    /// From the parts, and so not measured.
    estimated: Pays,
    /// For each workload, where the kernel runs batches.
    measured: Vec<WorkloadWorth>,
}

/// What a batch of a workload is worth, measured.
#[derive(Debug, Serialize)]
struct WorkloadWorth {
    workload: &'static str,
    pays: Pays,
}

impl Worth {
    pub(super) fn new(parts: Parts, measured: &[Measured]) -> Self {
        // The kernel's own work for a call is the same in both, and falls out.
        let fixed = parts.ioctl + parts.enter;
        Self {
            parts,
            estimated: Pays::of(fixed, parts.step, parts.crossing, 1),
            measured: measured.iter().filter_map(WorkloadWorth::new).collect(),
        }
    }

    /// In words; `unit` is that of the figures.
    pub(super) fn words(&self, unit: &str) -> Vec<String> {
        let Parts {
            crossing,
            ioctl,
            enter,
            step,
        } = self.parts;
        let mut words = vec![
            format!(
                "measured: a crossing, which is a system call that does nothing, {crossing:.1} {unit}"
            ),
            format!("measured: an ioctl that does nothing, {ioctl:.1} {unit}"),
            format!(
                "measured: the interpreter without calls, {enter:.1} {unit} and {step:.1} {unit} for each step"
            ),
        ];
        if self.measured.is_empty() {
            words.push(match self.estimated {
                Pays::From(_) => format!(
                    "estimated from the sum of these, as the kernel runs no batches here: with the module a \
                     batch of n calls costs {:.1} + {step:.1}·n {unit} beside what its calls do, where \
                     n crossings cost {crossing:.1}·n",
                    ioctl + enter
                ),
                Pays::Never => format!(
                    "estimated from these: a step ({step:.1} {unit}) costs as much as the crossing \
                     that it saves ({crossing:.1} {unit}), or more"
                ),
            });
            words.push(format!(
                "on this machine a batch {} (estimated; what the kernel adds to a step, its dispatch of \
                 the call and guarded access to memory, is not in it)",
                match self.estimated {
                    Pays::Never => "would never pay".to_owned(),
                    pays => format!("would pay {pays}"),
                }
            ));
        }
        for WorkloadWorth { workload, pays } in &self.measured {
            words.push(match pays {
                Pays::Never => format!("measured: a batch of {workload} never pays here"),
                pays => format!("measured: a batch of {workload} pays {pays}"),
            });
        }
        let trivial = Kind::Getppid.name();
        let trivial = self.measured.iter().find(|worth| worth.workload == trivial);
        if let Some(WorkloadWorth { pays, .. }) = trivial {
            words.push(match pays {
                Pays::Never => {
                    "on this machine a batch of trivial calls never pays (measured)".to_owned()
                }
                pays => format!("on this machine a batch pays {pays} (measured)"),
            });
        }
        words
    }
}

impl WorkloadWorth {
    /// That of one that makes calls, and was measured in the kernel.
    fn new(measured: &Measured) -> Option<Self> {
        let alone = measured.alone.filter(|_| measured.kind != Kind::Jump)?;
        let mut batches = measured.batches.iter();
        let batches = batches.find(|batches| {
            (batches.backend, batches.format)
                == (sysbatch::Kind::Kernel, sysbatch::abi::Format::Native)
        })?;
        let line = batches.fit.line;
        Some(Self {
            workload: measured.kind.name(),
            pays: Pays::of(line.a, line.b, alone, measured.entries as u64),
        })
    }
}

#[cfg(test)]
mod tests {
    use sysbatch::abi::Format;

    use super::*;
    use crate::bench::fit::{Fit, Line};
    use crate::bench::measure::InBatches;

    #[test]
    fn a_batch_pays_from_where_it_costs_less() {
        for (fixed, entry, alone, calls, pays) in [
            // 3 · 10 are 30, as much as 3 · 110 − 300 would be; 4 are less.
            (300.0, 10.0, 110.0, 1, Pays::From(4)),
            (299.0, 10.0, 110.0, 1, Pays::From(3)),
            (50.0, 10.0, 110.0, 1, Pays::From(1)),
            // A fit's fixed cost can come out below zero.
            (-5.0, 10.0, 110.0, 1, Pays::From(1)),
            (300.0, 10.0, 110.0, 3, Pays::From(12)),
            (300.0, 110.0, 110.0, 1, Pays::Never),
            (300.0, 120.0, 110.0, 1, Pays::Never),
            (0.0, 120.0, 110.0, 1, Pays::Never),
            (f64::NAN, 10.0, 110.0, 1, Pays::Never),
            (300.0, f64::NAN, 110.0, 1, Pays::Never),
            (f64::INFINITY, 10.0, 110.0, 1, Pays::Never),
            (1e300, 10.0, 110.0, 3, Pays::From(u64::MAX)),
        ] {
            assert_eq!(
                Pays::of(fixed, entry, alone, calls),
                pays,
                "{fixed} {entry} {alone}"
            );
        }
    }

    #[test]
    fn the_number_in_words_is_the_first_that_costs_less() {
        for fixed in 0..200 {
            let (fixed, entry, alone) = (f64::from(fixed), 7.0, 18.0);
            let Pays::From(first) = Pays::of(fixed, entry, alone, 1) else {
                panic!("{fixed} never pays");
            };
            let is_less = |n: u64| fixed + entry * (n as f64) < alone * n as f64;
            assert!(is_less(first), "{fixed}");
            assert!(first == 1 || !is_less(first - 1), "{fixed}");
        }
    }

    fn parts(step: f64) -> Parts {
        Parts {
            crossing: 100.0,
            ioctl: 150.0,
            enter: 50.0,
            step,
        }
    }

    fn measured(kind: Kind, alone: f64, a: f64, b: f64) -> Measured {
        let fit = Fit {
            line: Line { a, b },
            a_error: None,
            b_error: None,
        };
        Measured {
            kind,
            entries: if kind == Kind::OpenReadClose { 3 } else { 1 },
            alone: Some(alone),
            batches: vec![InBatches {
                backend: sysbatch::Kind::Kernel,
                format: Format::Native,
                times: Vec::new(),
                fit,
            }],
        }
    }

    #[test]
    fn without_the_module_it_is_an_estimate_and_says_so() {
        let words = Worth::new(parts(10.0), &[]).words("ns");
        assert!(words[3].starts_with("estimated from the sum"), "{words:?}");
        assert!(words[3].contains("200.0 + 10.0·n ns"), "{words:?}");
        let last = words.last().expect("words");
        assert!(
            last.starts_with("on this machine a batch would pay from 3 calls on (estimated;"),
            "{last}"
        );
        let words = Worth::new(parts(101.0), &[]).words("ns");
        assert!(
            words[3].contains("a step (101.0 ns) costs as much"),
            "{words:?}"
        );
        let last = words.last().expect("words");
        assert!(
            last.starts_with("on this machine a batch would never pay (estimated;"),
            "{last}"
        );
    }

    #[test]
    fn with_the_module_it_is_measured() {
        let results = [
            measured(Kind::Getppid, 100.0, 250.0, 20.0),
            measured(Kind::OpenReadClose, 2000.0, 250.0, 1800.0),
            measured(Kind::Statx, 900.0, 250.0, 950.0),
        ];
        let words = Worth::new(parts(10.0), &results).words("ns");
        for line in [
            "measured: a batch of getppid pays from 4 calls on",
            "measured: a batch of open-read-close pays from 6 calls on",
            "measured: a batch of statx never pays here",
        ] {
            assert!(words.iter().any(|word| word == line), "{line}: {words:?}");
        }
        assert_eq!(
            words.last().map(String::as_str),
            Some("on this machine a batch pays from 4 calls on (measured)")
        );
        assert!(
            !words.iter().any(|word| word.contains("estimated")),
            "{words:?}"
        );
        let never = [measured(Kind::Getppid, 100.0, 250.0, 120.0)];
        let words = Worth::new(parts(10.0), &never).words("ns");
        assert_eq!(
            words.last().map(String::as_str),
            Some("on this machine a batch of trivial calls never pays (measured)")
        );
    }
}
