//! What each step came to, and all of them together.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::tally::Tally;
use crate::progress::say;

/// The steps so far.
pub(super) struct Report {
    /// Whether they were asked for by name, and so have to be run.
    named: bool,
    started: Instant,
    steps: Vec<(&'static str, Tally, Duration)>,
}

impl Report {
    /// Before the first of steps that were asked for by name, or of all.
    pub(super) fn start(named: bool) -> Self {
        Self {
            named,
            started: Instant::now(),
            steps: Vec::new(),
        }
    }

    /// Does a step; an error counts as one failure.
    pub(super) fn step(&mut self, name: &'static str, run: impl FnOnce() -> Result<Tally>) {
        say(&format!("== {name}"));
        let began = Instant::now();
        let mut tally = run().unwrap_or_else(|error| Tally::failure(format!("{error:#}")));
        if self.named {
            tally.failures.append(&mut tally.not_run);
        }
        self.steps.push((name, tally, began.elapsed()));
    }

    /// Prints the totals and what failed; true if nothing did.
    pub(super) fn print(self) -> bool {
        let mut total = Tally::default();
        println!();
        for (name, tally, time) in self.steps {
            println!(
                "{name:12} {:5} passed {:3} failed {:7.1} s",
                tally.passed,
                tally.failures.len(),
                time.as_secs_f64()
            );
            let not_run = tally.not_run.iter();
            let not_run = not_run.map(|reason| format!("{name}: {reason}")).collect();
            total.add(Tally { not_run, ..tally });
        }
        for failure in &total.failures {
            println!("\nFAILED {failure}");
        }
        for reason in &total.repeated {
            println!("\nREPEATED, for slowness alone can have stopped it: {reason}");
        }
        for reason in &total.not_run {
            println!("\nNOT RUN {reason}");
        }
        println!("\n{:.0} s", self.started.elapsed().as_secs_f64());
        println!("{} passed, {} failed", total.passed, total.failures.len());
        total.failures.is_empty()
    }
}
