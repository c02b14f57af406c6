//! What was found, with names and with what it is worth: for people and for programs.
//!
//! The names in JSON and what they mean are in `docs/advise.md`.

mod form;
mod located;
mod table;
mod words;
mod worth;

use std::time::Duration;

use serde::Serialize;

pub use form::Form;
use located::{Located, located};
pub use worth::{DIRECTORY, LITTLE, Verdict, WORTH, Worth};

use crate::sequence::{self, Calls, Cut, Evidence, Found};
use crate::signature::Name;
use crate::{Costs, Place, Symbols};

/// What a report is made of besides what was found.
#[derive(Debug, Clone)]
pub struct Conditions {
    /// The command that was run, with its arguments.
    pub command: Vec<String>,
    /// What batches cost here.
    pub costs: Costs,
    /// How long the program was at work, without the tracer and without waiting.
    pub ran: Duration,
    /// Calls that were not looked at, as those of 32 bits are.
    pub foreign: u64,
}

/// What the calls of a program could be as batches.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The version of this format.
    pub format: u32,
    /// The command that was run, with its arguments.
    pub command: Vec<String>,
    /// What this is computed from.
    pub costs: Costs,
    /// How long the program was at work, without the tracer and without waiting, in
    /// nanoseconds.
    pub ran_ns: f64,
    /// Calls that were not looked at, and are in none of the other numbers.
    pub foreign: u64,
    /// The system calls that it made.
    pub calls: u64,
    /// Those of them that were in no sequence with another.
    pub alone: u64,
    /// Sequences that a batch would not make faster, and those of the C library: their calls.
    pub left: u64,
    /// All the rows together, except those of the C library; the crossings are those of all
    /// the calls of the program.
    #[serde(flatten)]
    pub worth: Worth,
    /// Whether the program is worth it.
    pub verdict: Verdict,
    /// The verdict in a sentence.
    pub summary: String,
    /// The sequences by the function that they are in, those first that save most.
    pub rows: Vec<Row>,
}

/// The sequences of a function.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// The name of the function.
    pub function: Option<String>,
    /// The source file.
    pub file: Option<String>,
    /// The line in it of one of the calls.
    pub line: Option<u32>,
    /// The program or library that it is of.
    pub object: Option<String>,
    /// The address in it where the function begins, as its headers have it.
    pub address: Option<u64>,
    /// Whether it is of the C library or the loader, which the program cannot change.
    pub in_c_library: bool,
    /// The calls, in their order.
    pub calls: Vec<Made>,
    /// How many sequences there are.
    pub sequences: u64,
    /// What they are worth as batches.
    #[serde(flatten)]
    pub worth: Worth,
    /// Whether they alone are worth it.
    pub verdict: Verdict,
    /// What the batch would look like.
    pub form: Form,
    /// What makes such a batch.
    pub with: &'static str,
    /// Whether all of the evidence shows what it is for, or some makes it likely.
    pub confidence: Confidence,
    /// What shows that the arguments were known, the most frequent first.
    pub evidence: Vec<Counted>,
    /// What ended the sequences, the most frequent first.
    pub ended: Vec<Counted>,
}

/// A system call of some sequences.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Made {
    /// Its name.
    pub name: String,
    /// How often it was made in all of them.
    pub count: u64,
}

/// How sure it is that the calls could be in batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// The trace shows it, but for at most one in 20 calls.
    Shown,
    /// The trace makes it likely.
    Likely,
}

/// If more than one call in so many has evidence that makes it likely only, all of it is.
const LIKELY: u64 = 20;

/// A reason, and how often it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// Its name.
    pub kind: &'static str,
    /// How many calls or sequences there are of it.
    pub count: u64,
    /// It in words.
    #[serde(skip)]
    pub(crate) words: &'static str,
}

impl Report {
    /// What was found, with names and with what it is worth.
    #[must_use]
    pub fn new(found: &Found, conditions: Conditions, symbols: &mut dyn Symbols) -> Self {
        let Conditions {
            command,
            costs,
            ran,
            foreign,
        } = conditions;
        let ran_ns = ran.as_nanos() as f64;
        let rows = located(&found.rows, symbols).into_iter();
        let mut rows: Vec<_> = rows
            .map(|(place, row)| Row::new(&place, &row, &costs, ran_ns))
            .filter(|row| row.worth.saved_ns > 0.0)
            .collect();
        rows.sort_by(|one, other| {
            let by_worth = other.worth.saved_ns.total_cmp(&one.worth.saved_ns);
            let place = |row: &Row| (row.object.clone(), row.address);
            by_worth.then_with(|| place(one).cmp(&place(other)))
        });
        let own = rows.iter().filter(|row| !row.in_c_library);
        let mut worth = own.fold(Worth::default(), |sum, row| sum.plus(row.worth));
        let left = found.calls - found.alone - worth.crossings_now;
        worth.crossings_after += found.calls - worth.crossings_now;
        worth.crossings_now = found.calls;
        let mut report = Self {
            format: 1,
            command,
            costs,
            ran_ns,
            foreign,
            calls: found.calls,
            alone: found.alone,
            left,
            worth,
            verdict: Verdict::of(worth.share),
            summary: String::new(),
            rows,
        };
        report.summary = report.in_a_sentence();
        report
    }

    /// The verdict in a sentence.
    fn in_a_sentence(&self) -> String {
        let Self { worth, calls, .. } = self;
        let (saved, ran) = (words::time(worth.saved_ns), words::time(self.ran_ns));
        let share = words::per_cent(worth.share);
        let verdict = self.verdict.words();
        let estimated = if self.costs.measured {
            ""
        } else {
            " (estimated, as the module is not there to measure with)"
        };
        if self.calls == 0 {
            return format!("{verdict}: it makes no system calls");
        }
        let crossings = self.costs.crossing * *calls as f64;
        if Verdict::of(worth::share(crossings, self.ran_ns)) == Verdict::NotWorthIt {
            let all = words::per_cent(worth::share(crossings, self.ran_ns));
            return format!(
                "{verdict}: the crossings of all its {calls} calls take {all} of its {ran}{estimated}"
            );
        }
        if worth.saved_ns == 0.0 {
            return format!(
                "{verdict}: of its {calls} calls none are in sequences that batches would make \
                 faster{estimated}"
            );
        }
        format!(
            "{verdict}: batches would save {saved} of {ran}, {share}, with {} in place of \
             {calls}{estimated}",
            words::count(worth.crossings_after, "crossing")
        )
    }
}

impl Row {
    /// That of what was found in a function.
    fn new(place: &Located, row: &sequence::Row, costs: &Costs, ran_ns: f64) -> Self {
        let Place {
            function,
            file,
            line,
        } = place.place.clone();
        let worth = Worth::new(&row.lengths, costs, ran_ns);
        let numbers = in_order(row);
        let form = Form::of(row);
        let likely = Evidence::ALL.into_iter();
        let likely = likely.filter(|evidence| evidence.is_likely_only());
        let likely: u64 = likely.map(|evidence| row.evidence[evidence as usize]).sum();
        let made = numbers.iter().map(|number| Made {
            name: Name(*number).to_string(),
            count: row.calls[number].count,
        });
        Self {
            function,
            file,
            line,
            object: place.object.clone(),
            address: place.address,
            in_c_library: row.is_system,
            calls: made.collect(),
            sequences: row.lengths.values().map(|length| length.sequences).sum(),
            worth,
            verdict: Verdict::of(worth.share),
            form,
            with: form.with(row),
            confidence: if likely * LIKELY > worth.crossings_now {
                Confidence::Likely
            } else {
                Confidence::Shown
            },
            evidence: counted(
                Evidence::ALL.iter().zip(row.evidence),
                words::evidence_name,
                words::evidence,
            ),
            ended: counted(Cut::ALL.iter().zip(row.cuts), words::cut_name, words::cut),
        }
    }
}

/// The numbers of the calls of a row, in the order in which they are made on average.
fn in_order(row: &sequence::Row) -> Vec<u32> {
    let place = |calls: &Calls| calls.places as f64 / calls.sequences.max(1) as f64;
    let mut numbers: Vec<_> = row.calls.iter().collect();
    numbers.sort_by(|(one, calls), (other, others)| {
        let by_place = place(calls).total_cmp(&place(others));
        by_place.then_with(|| one.cmp(other))
    });
    numbers.into_iter().map(|(number, _)| *number).collect()
}

/// Those that there are, the most frequent first.
fn counted<'a, T: Copy + 'a>(
    all: impl Iterator<Item = (&'a T, u64)>,
    name: fn(T) -> &'static str,
    words: fn(T) -> &'static str,
) -> Vec<Counted> {
    let mut counted: Vec<_> = all
        .filter(|(_, count)| *count > 0)
        .map(|(&kind, count)| Counted {
            kind: name(kind),
            count,
            words: words(kind),
        })
        .collect();
    counted.sort_by_key(|counted| std::cmp::Reverse(counted.count));
    counted
}

#[cfg(test)]
mod tests;
