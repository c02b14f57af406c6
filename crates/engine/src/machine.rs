//! The loop: execute, store, branch, fetch.

mod repeated;

use sysbatch_abi::{PuntReason, Resume, Status, is_errno};

use crate::builtin;
use crate::call::{Call, Halt, Outcome};
use crate::encoding::{Encoding, Next, Operation, Position, Sign, Straight};
use crate::host::{Error, Host};
use crate::turn::{Made, Turn};

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

impl Cursor {
    /// The word of a run header that holds both.
    #[must_use]
    #[inline(always)]
    pub fn resume_and_reason(&self) -> u64 {
        let reason = self.reason.map_or(0, PuntReason::raw);
        u64::from(self.resume.raw()) | u64::from(reason) << 32
    }
}

/// Why a batch stops: the status, and the error if it is one.
pub type Stop = (Status, Option<Error>);

/// Runs a program from the cursor until it stops.
///
/// Whatever happens, the cursor tells how far the program got; entering again
/// with it goes on. The status comes with an error if it is
/// [`Status::Refused`] or [`Status::Unstored`].
#[inline(always)]
pub fn run<H: Host, E: Encoding>(host: &mut H, encoding: &E, cursor: &mut Cursor) -> Stop {
    let resume = cursor.resume;
    cursor.resume = Resume::Fresh;
    cursor.reason = None;
    let mut at = Position {
        pc: cursor.pc,
        fuel: cursor.fuel,
    };
    host.entered(at.fuel);
    let mut stop = steps(host, encoding, &mut at, resume, false, cursor);
    if E::REPEATS && matches!(stop.1, Some(Error::Invalid)) {
        let begin = if at.fuel == cursor.fuel {
            resume
        } else {
            Resume::Fresh
        };
        // Of copies, so that the originals may stay in registers.
        let (copy, mut there, mut then) = (*encoding, at, *cursor);
        stop = repeated::go_on(host, &copy, &mut there, begin, &mut then);
        (at, *cursor) = (there, then);
    }
    let made = cursor.fuel.wrapping_sub(at.fuel);
    if made == 0 && matches!(stop.0, Status::OutOfFuel | Status::Refused | Status::Punt) {
        cursor.resume = resume;
    }
    cursor.steps = cursor.steps.wrapping_add(made);
    cursor.pc = at.pc;
    cursor.fuel = at.fuel;
    stop
}

/// The way to the entry at the position.
enum Way<E> {
    /// It has been gone: this is the entry, and the task was looked at after
    /// it had been read.
    Gone(E),
    /// It is still to be gone, the long one.
    Long(Unstored),
}

/// The result of the step before, if it is still to be stored, and the program
/// counter of that step.
type Unstored = Option<(Made, u64)>;

/// Makes steps until the batch stops, which a repeated entry does as if it broke a
/// rule. `asks` says whether it is to be asked what waits before the first entry. Of
/// the cursor only `reason`, `value` and `resume` are set.
#[inline(always)]
fn steps<H: Host, E: Encoding>(
    host: &mut H,
    encoding: &E,
    at: &mut Position,
    resume: Resume,
    asks: bool,
    cursor: &mut Cursor,
) -> Stop {
    let mut operands = host.operands();
    let mut look = Look::Due(resume);
    let mut way = Way::Long(None);
    if at.fuel != 0
        && resume == Resume::Fresh
        && !asks
        && let Turn::Read(entry) = encoding.turn(host, None, at.pc, &mut operands)
    {
        way = Way::Gone(entry);
    }
    // Nothing is asked before the first entry: else a batch under a storm of
    // signals would never get on.
    let mut asks = asks;
    loop {
        if let Way::Long(made) = way {
            let entry = match long_way(host, encoding, made, asks, at, cursor, &mut operands) {
                Ok(entry) => entry,
                Err(stop) => return stop,
            };
            way = match step(host, encoding, entry, look, at, cursor, &mut operands) {
                Ok(way) => way,
                Err(stop) => return stop,
            };
        }
        if let Way::Gone(entry) = way {
            way = match short_ways(host, encoding, entry, at, cursor, &mut operands) {
                Ok(made) => Way::Long(made),
                Err(stop) => return stop,
            };
        }
        look = Look::Due(Resume::Fresh);
        asks = true;
    }
}

/// Goes on from an entry that was read by a turn, as far as short ways lead.
#[inline(always)]
fn short_ways<H: Host, E: Encoding>(
    host: &mut H,
    encoding: &E,
    entry: E::Entry,
    at: &mut Position,
    cursor: &mut Cursor,
    operands: &mut H::Operands,
) -> Result<Unstored, Stop> {
    let mut entry = entry;
    loop {
        if encoding.is_plain(entry) {
            match encoding.straight(host, at, entry, operands) {
                Straight::Entry(other) => entry = other,
                Straight::Halted(halt) => return Err(halted(halt, cursor)),
                Straight::Stored => return Ok(None),
                Straight::NotStored(made) => return Ok(Some((made, at.pc.wrapping_sub(1)))),
            }
        }
        match step(host, encoding, entry, Look::Done, at, cursor, operands)? {
            Way::Gone(next) => entry = next,
            Way::Long(made) => return Ok(made),
        }
    }
}

/// Whether the task has been looked at since the entry at hand was reached.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    /// It has, and nothing waits. A call starts afresh.
    Done,
    /// It has not. A call resumes in this way.
    Due(Resume),
}

/// Runs the entry at the position, and goes to the next if there is a short way
/// to it.
#[inline(always)]
fn step<H: Host, E: Encoding>(
    host: &mut H,
    encoding: &E,
    entry: E::Entry,
    look: Look,
    at: &mut Position,
    cursor: &mut Cursor,
    operands: &mut H::Operands,
) -> Result<Way<E::Entry>, Stop> {
    let ran = at.pc;
    let decoded = encoding
        .decode(host, ran, entry, operands)
        .map_err(refused)?;
    let (result, is_call) = match decoded.operation {
        Operation::Call(number) => {
            let outcome = call(host, number, operands, look, decoded.loaded, at.fuel);
            let result = outcome.result().map_err(|halt| halted(halt, cursor))?;
            (result, true)
        }
        Operation::BuiltIn(number) => {
            let result = builtin::execute(host, number, operands).map_err(refused)?;
            (result.cast_signed(), false)
        }
        Operation::Pseudo(pseudo) => (builtin::execute_pseudo(host, pseudo, operands), true),
        Operation::Answer(result) => (result, true),
    };
    let made = Made {
        slot: decoded.slot,
        result,
    };
    let sign = || {
        if is_call {
            sign_of_call(result)
        } else {
            sign_of_value(result)
        }
    };
    let next = encoding.next(ran, entry, sign);
    at.fuel = at.fuel.wrapping_sub(1);
    let Next::At(next) = next else {
        return Err(leave(host, encoding, made, cursor));
    };
    at.pc = next;
    if at.fuel == 0 {
        return Ok(Way::Long(Some((made, ran))));
    }
    Ok(match encoding.turn(host, Some(made), next, operands) {
        Turn::Read(entry) => Way::Gone(entry),
        Turn::Stored => Way::Long(None),
        Turn::NotStored => Way::Long(Some((made, ran))),
    })
}

/// Makes a system call with so much fuel left; `loaded` says whether memory was
/// read for it since the task was looked at.
#[inline(always)]
fn call<H: Host>(
    host: &mut H,
    number: u32,
    operands: &H::Operands,
    look: Look,
    loaded: bool,
    fuel: u64,
) -> Outcome {
    let call = |resume| Call {
        number,
        args: *operands,
        resume,
    };
    match look {
        Look::Done if !loaded => host.call_now(number, operands),
        Look::Done | Look::Due(Resume::Fresh) if host.is_clear() => host.call_now(number, operands),
        Look::Done => host.call_at(&call(Resume::Fresh), fuel),
        Look::Due(resume) => host.call_at(&call(resume), fuel),
    }
}

/// Ends the batch after a step that led out of the program.
#[inline(always)]
fn leave<H: Host, E: Encoding>(
    host: &mut H,
    encoding: &E,
    made: Made,
    cursor: &mut Cursor,
) -> Stop {
    match encoding.store(host, made.slot, made.result) {
        Ok(()) => (Status::Exit, None),
        Err(fault) => unstored(fault.into(), made.result, cursor),
    }
}

/// The long way to the entry at the position, which says what the short ones
/// have to do.
#[inline(always)]
fn long_way<H: Host, E: Encoding>(
    host: &mut H,
    encoding: &E,
    made: Unstored,
    asks: bool,
    at: &mut Position,
    cursor: &mut Cursor,
    operands: &mut H::Operands,
) -> Result<E::Entry, Stop> {
    if let Some((made, ran)) = made
        && let Err(fault) = encoding.store(host, made.slot, made.result)
    {
        at.pc = ran;
        return Err(unstored(fault.into(), made.result, cursor));
    }
    if encoding.is_end(at.pc) {
        return Err((Status::Done, None));
    }
    // Nothing is asked when the batch is over anyway: the way back to the
    // caller sees to signals.
    if asks && host.pending() {
        return Err((Status::Interrupted, None));
    }
    if at.fuel == 0 {
        return Err((Status::OutOfFuel, None));
    }
    encoding.read(host, at.pc, operands).map_err(refused)
}

/// Stops at an entry of which nothing has happened, for it is wrong.
#[cold]
fn refused(error: Error) -> Stop {
    (Status::Refused, Some(error))
}

/// Stops at an entry whose call was not made, or not to its end.
#[cold]
fn halted(halt: Halt, cursor: &mut Cursor) -> Stop {
    match halt {
        Halt::Punt(reason) => {
            cursor.reason = Some(reason);
            (Status::Punt, None)
        }
        Halt::Interrupted(resume) => {
            cursor.resume = resume;
            (Status::Interrupted, None)
        }
        Halt::Trapped => (Status::Trapped, None),
    }
}

/// Stops at an entry that has run, and whose result could not be stored.
#[cold]
fn unstored(error: Error, result: i64, cursor: &mut Cursor) -> Stop {
    cursor.value = result;
    (Status::Unstored, Some(error))
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
