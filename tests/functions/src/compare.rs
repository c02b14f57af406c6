//! Comparing what functions did both ways.

use std::fmt;
use std::ops::AddAssign;

use anyhow::{Result, ensure};

use crate::program::{How, Program, Run, Way};
use crate::situation::Situation;
use crate::trace::Piece;

/// What was compared.
#[derive(Clone, Copy, Debug, Default)]
pub struct Totals {
    /// Functions, each in its situation.
    pub runs: u64,
    /// System calls of theirs that a tracer has seen.
    pub calls: u64,
    /// Those that it has interfered with.
    pub injected: u64,
    /// Batches that were run instead.
    pub batches: u64,
    /// What these took.
    pub crossings: u64,
    /// How often a tracer has seen the kernel's device entered.
    pub entries: u64,
    /// Signals that came meanwhile.
    pub signals: u64,
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.runs += other.runs;
        self.calls += other.calls;
        self.injected += other.injected;
        self.batches += other.batches;
        self.crossings += other.crossings;
        self.entries += other.entries;
        self.signals += other.signals;
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            runs,
            calls,
            injected,
            batches,
            crossings,
            entries,
            signals,
        } = self;
        write!(
            f,
            "{runs} runs both ways: {batches} batches in {crossings} crossings, {signals} signals"
        )?;
        if *calls > 0 {
            write!(f, "; {calls} calls seen, {injected} disturbed")?;
        }
        if *entries > 0 {
            write!(f, ", and the device entered {entries} times")?;
        }
        Ok(())
    }
}

/// Runs these functions of a program both ways.
///
/// # Errors
/// When one of them does not do the same, or batches are not run where they have to be.
pub fn compare(program: &Program, functions: &[String], how: &How<'_>) -> Result<Totals> {
    let [plain, combined] = [Way::Plain, Way::Combined].map(|way| program.run(way, how));
    let (plain, combined) = (plain?, combined?);
    let functions = &functions[..how.functions];
    let runs = functions.len() * how.situations.len();
    for run in [&plain, &combined] {
        is_whole(run, runs, how)?;
    }
    ensure!(
        plain.counts.batches == 0 && plain.counts.crossings == 0,
        "functions have batches as they are written: {:?}",
        plain.counts
    );
    let text = |at: usize| &functions[at / how.situations.len()];
    for (at, (line, other)) in plain.lines.iter().zip(&combined.lines).enumerate() {
        let situation = how.situations[at % how.situations.len()];
        ensure!(
            line == other || !is_certain(text(at), situation),
            "not the same results of this function:\n{}\nplain:    {line}\ncombined: {other}{}",
            text(at),
            both_calls(at, [&plain, &combined])
        );
    }
    let mut totals = Totals {
        runs: runs as u64,
        batches: combined.counts.batches,
        crossings: combined.counts.crossings,
        signals: combined.counts.signals,
        ..Totals::default()
    };

    for (at, (piece, other)) in pieces(&plain).zip(pieces(&combined)).enumerate() {
        ensure!(
            piece.calls == other.calls && piece.entries == 0,
            "not the same calls of this function:\n{}\nas in {}{}",
            text(at),
            plain.lines[at],
            both_calls(at, [&plain, &combined])
        );
        let injected = piece
            .calls
            .iter()
            .filter(|call| call.contains("(INJECTED)"));
        totals.calls += piece.calls.len() as u64;
        totals.injected += injected.count() as u64;
        totals.entries += other.entries;
    }
    Ok(totals)
}

/// Whether a function comes to the same each time. A signal cuts `getdents64` short
/// (`filldir64()` in the kernel's `fs/readdir.c`), and whether what a function then makes
/// itself is in the rest of the list depends on when it came.
fn is_certain(function: &str, situation: Situation) -> bool {
    situation != Situation::Signals || !function.contains("RawDir")
}

/// What a tracer has seen, if there was one.
fn pieces(run: &Run) -> impl Iterator<Item = &Piece> {
    run.trace.iter().flatten()
}

/// Fails if it is not a run of so many functions in situations, or not one by this backend.
fn is_whole(run: &Run, runs: usize, how: &How<'_>) -> Result<()> {
    let found = run.lines.len();
    ensure!(found == runs, "{found} runs of functions, not {runs}");
    if let Some(trace) = &run.trace {
        let found = trace.len();
        ensure!(found == runs, "{found} runs are in the trace, not {runs}");
    }
    ensure!(
        run.counts.kernel == (how.backend == "kernel"),
        "batches were to be run by `{}` and were not, to the end",
        how.backend
    );
    Ok(())
}

/// What calls were made, if somebody looked on.
fn both_calls(at: usize, runs: [&Run; 2]) -> String {
    let pieces = runs.iter().filter_map(|run| run.trace.as_ref()?.get(at));
    let text: Vec<String> = pieces.map(|piece| piece.calls.join("\n  ")).collect();
    match &text[..] {
        [plain, combined] => format!("\nplain:\n  {plain}\ncombined:\n  {combined}"),
        _ => String::new(),
    }
}
