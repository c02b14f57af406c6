//! Running a batch in one go.
#![expect(unsafe_code, reason = "a batch does what its text says")]

use std::fmt::Write as _;

use anyhow::Context as _;
use sysbatch::Checked;

use super::output::Output;
use super::verdict::Verdict;
use super::{NO_MEMORY, Session, json, text};

/// Runs the batch and prints the result slots as they are at its end.
pub(super) fn run(session: &Session, output: &mut Output) -> anyhow::Result<Verdict> {
    // SAFETY: what the batch does to this process is what the one who wrote
    // and runs it asks for; nothing of this process but the image is handed to
    // it, and a bad address in it is an error, not a fault.
    let mut memory = unsafe { Checked::new() }.context(NO_MEMORY)?;
    let mut run = session.image.run();
    run.fuel = session.fuel;
    // SAFETY: as above.
    let status = unsafe { session.backend.run(&mut run, &mut memory) };
    output.print(&if session.json {
        json::line(&records(session))?
    } else {
        slots(session)
    })?;
    Ok(Verdict::new(run, status))
}

/// One line for each result slot: number, value, names.
fn slots(session: &Session) -> String {
    let mut text = String::new();
    for (slot, value) in session.image.results().into_iter().enumerate() {
        let _ = write!(text, "%{slot} = {}", text::plain(session, value));
        let names = &session.program.slots;
        for symbol in names.iter().filter(|symbol| symbol.index == slot as u64) {
            let _ = write!(text, "  {}", symbol.name);
        }
        text.push('\n');
    }
    text
}

/// The same for `--json`.
fn records(session: &Session) -> json::Slots<'_> {
    let values = session.image.results().into_iter().enumerate();
    let slots = values.map(|(slot, value)| json::Slot {
        slot,
        value,
        names: session
            .program
            .slots
            .iter()
            .filter(|symbol| symbol.index == slot as u64)
            .map(|symbol| symbol.name.as_str())
            .collect(),
    });
    json::Slots {
        slots: slots.collect(),
    }
}
