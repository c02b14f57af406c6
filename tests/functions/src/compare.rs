//! Comparing what two runs did.

use anyhow::{Result, ensure};

use crate::program::Run;

/// In how many situations each function is run: see `program.rs.txt`.
const SITUATIONS: usize = 5;

/// Fails with the first function that did something else in one of the runs.
///
/// # Errors
/// When there is one, or a run was not of these functions.
pub fn compare(functions: &[String], plain: &Run, combined: &Run) -> Result<()> {
    let runs = functions.len() * SITUATIONS;
    for (run, lines) in [plain, combined].map(|run| (run, run.lines.len())) {
        ensure!(lines == runs, "{lines} runs of functions, not {runs}");
        let pieces = run.calls.len();
        ensure!(pieces == runs, "{pieces} runs are in the trace, not {runs}");
    }
    ensure!(plain.batches == 0, "functions had batches as written");
    for (at, calls) in plain.calls.iter().enumerate() {
        let text = &functions[at / SITUATIONS];
        let situation = at % SITUATIONS;
        let other = &combined.calls[at];
        ensure!(
            calls == other,
            "not the same calls, in situation {situation}:\n{text}\nplain: {calls:#?}\ncombined: {other:#?}"
        );
        let (line, other) = (&plain.lines[at], &combined.lines[at]);
        ensure!(
            line == other,
            "not the same results, in situation {situation}:\n{text}\nplain: {line}\ncombined: {other}"
        );
    }
    Ok(())
}
