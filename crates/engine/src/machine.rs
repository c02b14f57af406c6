//! The loop: fuel, fetch, execute, store, branch.

use sysbatch_abi::{PuntReason, Resume, Status, is_errno};

use crate::builtin;
use crate::encoding::{Encoding, Next, Operation, Sign};
use crate::host::{Call, Error, Host, Outcome};

/// How far a batch has got: all that changes while it runs, besides memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The entry to run next, or the one that stopped the batch.
    pub pc: u64,
    /// Steps that may still be made.
    pub fuel: u64,
    /// Steps made so far, wrapping.
    pub steps: u64,
    /// The result that could not be stored, with [`Status::Unstored`].
    pub value: i64,
    /// How to enter the entry at `pc`.
    pub resume: Resume,
    /// Why the entry at `pc` was handed back, with [`Status::Punt`].
    pub reason: Option<PuntReason>,
}

/// What one step came to.
enum Step {
    /// On to the entry the cursor now names.
    On,
    /// The batch stops at the entry the cursor names.
    Stop(Status),
}

/// Runs a program from the cursor until it stops.
///
/// Whatever happens, the cursor tells how far the program got; entering again
/// with it goes on. The status comes with an error if it is
/// [`Status::Refused`] or [`Status::Unstored`].
pub fn run<H: Host, E: Encoding>(
    host: &mut H,
    encoding: &E,
    cursor: &mut Cursor,
) -> (Status, Option<Error>) {
    cursor.reason = None;
    // One place for the operands of every step: they are not copied about.
    let mut call = Call::default();
    loop {
        if encoding.is_end(cursor.pc) {
            cursor.resume = Resume::Fresh;
            return (Status::Done, None);
        }
        let Some(fuel) = cursor.fuel.checked_sub(1) else {
            return (Status::OutOfFuel, None);
        };
        match step(host, encoding, cursor, fuel, &mut call) {
            Ok(Step::On) => {}
            Ok(Step::Stop(status)) => return (status, None),
            Err((status, error)) => return (status, Some(error)),
        }
        // Nothing is asked when the batch is over anyway: the way back to the
        // caller sees to signals.
        if !encoding.is_end(cursor.pc) && host.pending() {
            return (Status::Interrupted, None);
        }
    }
}

/// Runs the entry at the cursor; `fuel` is what is left after it.
fn step<H: Host, E: Encoding>(
    host: &mut H,
    encoding: &E,
    cursor: &mut Cursor,
    fuel: u64,
    call: &mut Call,
) -> Result<Step, (Status, Error)> {
    let refuse = |error| (Status::Refused, error);
    let fetched = encoding.fetch(host, cursor.pc, call).map_err(refuse)?;
    let (result, sign) = match fetched.operation {
        Operation::Call => {
            call.resume = cursor.resume;
            match host.call(call) {
                Outcome::Returned(result) => (result, sign_of_call(result)),
                Outcome::Punt(reason) => {
                    cursor.reason = Some(reason);
                    return Ok(Step::Stop(Status::Punt));
                }
                Outcome::Interrupted(resume) => {
                    cursor.resume = resume;
                    return Ok(Step::Stop(Status::Interrupted));
                }
            }
        }
        Operation::BuiltIn(builtin) => {
            let result = builtin::execute(host, builtin, &call.args)
                .map_err(|fault| refuse(fault.into()))?
                .cast_signed();
            (result, sign_of_value(result))
        }
        Operation::Pseudo(pseudo) => {
            let result = builtin::execute_pseudo(host, pseudo, &call.args);
            (result, sign_of_call(result))
        }
        Operation::Answer(result) => (result, sign_of_call(result)),
    };
    cursor.fuel = fuel;
    cursor.steps = cursor.steps.wrapping_add(1);
    cursor.resume = Resume::Fresh;
    if let Err(fault) = encoding.store(host, fetched.tail, result) {
        cursor.value = result;
        return Err((Status::Unstored, fault.into()));
    }
    match encoding.next(fetched.tail, sign) {
        Next::At(pc) => {
            cursor.pc = pc;
            Ok(Step::On)
        }
        Next::Exit => Ok(Step::Stop(Status::Exit)),
    }
}

/// The sign of a system call's result: only an errno is negative.
const fn sign_of_call(result: i64) -> Sign {
    match result {
        0 => Sign::Zero,
        _ if is_errno(result) => Sign::Negative,
        _ => Sign::Positive,
    }
}

/// The sign of a built-in's result.
const fn sign_of_value(result: i64) -> Sign {
    match result {
        i64::MIN..0 => Sign::Negative,
        0 => Sign::Zero,
        1.. => Sign::Positive,
    }
}
