//! Running a batch one step at a time, and telling of each.
#![expect(unsafe_code, reason = "a batch does what its text says")]

use anyhow::Context as _;
use sysbatch::Checked;
use sysbatch_abi::{DST_OWN_INDEX, Entry, Run, Status};

use super::output::Output;
use super::text::Shown;
use super::verdict::Verdict;
use super::{NO_MEMORY, Session, json, text};

/// Runs the batch with one unit of fuel at a time.
pub(super) fn run(session: &Session, output: &mut Output) -> anyhow::Result<Verdict> {
    // SAFETY: what the batch does to this process is what the one who wrote
    // and runs it asks for; nothing of this process but the image is handed to
    // it, and a bad address in it is an error, not a fault.
    let mut memory = unsafe { Checked::new() }.context(NO_MEMORY)?;
    let mut run = session.image.run();
    let mut fuel = session.fuel;
    loop {
        let mut shown = None;
        if output.is_on() && fuel > 0 {
            shown = show(session, &run, &mut memory);
        }
        if let Some((shown, _)) = &shown
            && !session.json
        {
            output.print(&shown.before())?;
        }
        let (pc, steps) = (run.pc, run.steps);
        run.fuel = fuel.min(1);
        // SAFETY: as above.
        let status = unsafe { session.backend.run(&mut run, &mut memory) };
        fuel -= run.steps.wrapping_sub(steps);
        if let Some((shown, slot)) = &shown {
            let result = result(session, &run, steps, *slot);
            output.print(&if session.json {
                json::line(&shown.record(session, pc, result))?
            } else {
                shown.after(&session.image, result)
            })?;
        }
        if status != Ok(Status::OutOfFuel) || fuel == 0 {
            run.fuel = fuel;
            return Ok(Verdict::new(run, status));
        }
    }
}

/// The text of the entry that comes next, and its result slot.
fn show(session: &Session, run: &Run, memory: &mut Checked) -> Option<(Shown, u64)> {
    let entry = session.image.entry(run.pc)?;
    let Entry { dst, .. } = entry;
    let slot = if dst == DST_OWN_INDEX {
        run.pc
    } else {
        dst.into()
    };
    Some((text::entry(session, run.pc, &entry, memory), slot))
}

/// The result of the step that was made, if one was.
fn result(session: &Session, run: &Run, steps_before: u64, slot: u64) -> Option<i64> {
    if run.steps == steps_before {
        return None;
    }
    if run.status == Status::Unstored.raw() {
        return Some(run.value);
    }
    session.image.result(slot)
}
