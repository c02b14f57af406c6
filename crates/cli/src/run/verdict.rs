//! How a run ended, in words and as an exit status.

use std::path::Path;
use std::process::ExitCode;

use rustix::io::Errno;
use sysbatch_abi::{Run, Status};

use super::output::Output;
use super::{Session, json};

/// The exit status of a batch that ran out of fuel.
const OUT_OF_FUEL: u8 = 3;

/// How a run ended.
#[derive(Debug)]
pub(super) struct Verdict {
    run: Run,
    ended: Result<Status, Errno>,
}

impl Verdict {
    pub(super) fn new(run: Run, ended: Result<Status, Errno>) -> Self {
        Self { run, ended }
    }

    /// Prints the last line, and an error if there was one: the exit status.
    pub(super) fn report(
        &self,
        session: &Session,
        file: &Path,
        output: &mut Output,
    ) -> anyhow::Result<ExitCode> {
        output.print(&self.last_line(session)?)?;
        match self.ended {
            Ok(Status::Done | Status::Exit) => Ok(ExitCode::SUCCESS),
            Ok(Status::OutOfFuel) => {
                eprintln!(
                    "sysbatch: {}: out of fuel after {}; more is given with `fuel` in the \
                     program or --fuel",
                    self.place(session, file),
                    count(self.run.steps, "step", "steps"),
                );
                Ok(ExitCode::from(OUT_OF_FUEL))
            }
            Ok(status) => anyhow::bail!("the batch stopped with status {status:?}"),
            Err(error) => {
                let place = self.place(session, file);
                eprintln!("sysbatch: {place}: {}", self.explain(error));
                Ok(ExitCode::FAILURE)
            }
        }
    }

    fn last_line(&self, session: &Session) -> anyhow::Result<String> {
        let (status, backend) = (self.status_name(), session.backend.kind().name());
        let (steps, crossings) = (self.run.steps, session.backend.crossings());
        if session.json {
            return json::line(&json::End {
                status,
                steps,
                crossings,
                backend,
                entry: self.run.pc,
            });
        }
        Ok(format!(
            "status {status}, {}, {}, backend {backend}\n",
            count(steps, "step", "steps"),
            count(crossings, "crossing", "crossings"),
        ))
    }

    fn status_name(&self) -> &'static str {
        match Status::from_raw(self.run.status) {
            Some(Status::Done) => "DONE",
            Some(Status::Exit) => "EXIT",
            Some(Status::OutOfFuel) => "OUT_OF_FUEL",
            Some(Status::Refused) => "REFUSED",
            Some(Status::Unstored) => "UNSTORED",
            Some(Status::Punt) => "PUNT",
            Some(Status::Interrupted) => "INTERRUPTED",
            Some(Status::Trapped) => "TRAPPED",
            Some(Status::None) | None => "NONE",
        }
    }

    /// The entry the run stopped at: file, line and index.
    fn place(&self, session: &Session, file: &Path) -> String {
        let pc = self.run.pc;
        let origin = usize::try_from(pc)
            .ok()
            .and_then(|index| session.program.origins.get(index));
        match origin {
            Some(origin) => format!("{}:{}: entry {pc}", file.display(), origin.line),
            None => format!("{}: entry {pc}", file.display()),
        }
    }

    /// What is wrong with the batch, and what to look at.
    fn explain(&self, error: Errno) -> String {
        let (what, advice) = match (Status::from_raw(self.run.status), error) {
            (Some(Status::Refused), Errno::FAULT) => (
                "was refused",
                "a memory operand, the memory a built-in works on, or a record that a call is \
                 repeated for cannot be reached",
            ),
            (Some(Status::Refused), Errno::INVAL) => (
                "was refused",
                "a field of the entry breaks a rule: a slot beyond the last, a jump out of the \
                 program, an unknown built-in, a built-in that is repeated, an operand that \
                 cannot advance, or a reserved bit",
            ),
            (Some(Status::Unstored), _) => (
                "ran, but its result could not be stored",
                "the result slots, or the operands that advance with each record, cannot be \
                 written",
            ),
            (Some(Status::None) | None, Errno::INVAL) => (
                "cannot be run",
                "the run header is refused: does the program start beyond its end?",
            ),
            _ => ("cannot be run", "the batch as a whole is refused"),
        };
        format!("{what}: {error} ({advice})")
    }
}

/// A number and what is counted.
fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
