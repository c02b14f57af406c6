//! The loop: execute, store, branch, fetch.

use sysbatch_abi::{PuntReason, Resume, Status, is_errno};

use crate::builtin;
use crate::encoding::{Encoding, Next, Operation, Position, Sign, Straight};
use crate::host::{Call, Error, Halt, Host, Made, Turn};

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

/// Why a batch stops: the status, and the error if it is one.
type Stop = (Status, Option<Error>);

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
    let stop = steps(host, encoding, &mut at, Look::Due(resume), cursor);
    let made = cursor.fuel.wrapping_sub(at.fuel);
    if made == 0 && matches!(stop.0, Status::OutOfFuel | Status::Refused | Status::Punt) {
        cursor.resume = resume;
    }
    cursor.steps = cursor.steps.wrapping_add(made);
    cursor.pc = at.pc;
    cursor.fuel = at.fuel;
    stop
}

/// Whether the task has been looked at since the entry at hand was reached.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    /// It has, and nothing waits. A call starts afresh.
    Done,
    /// It has not. A call resumes in this way.
    Due(Resume),
}

/// Makes steps until the batch stops. Of the cursor only `reason`, `value` and
/// `resume` are set.
#[inline(always)]
fn steps<H: Host, E: Encoding>(
    host: &mut H,
    encoding: &E,
    at: &mut Position,
    look: Look,
    cursor: &mut Cursor,
) -> Stop {
    let mut look = look;
    let mut operands = host.operands();
    let turn = if at.fuel == 0 || look != Look::Due(Resume::Fresh) {
        Turn::NotStored
    } else {
        encoding.turn(host, None, at.pc, &mut operands)
    };
    let mut entry = if let Turn::Read(entry) = turn {
        look = Look::Done;
        entry
    } else {
        match fetch(host, encoding, at, &mut operands) {
            Ok(entry) => entry,
            Err(stop) => return stop,
        }
    };
    loop {
        if encoding.is_plain(entry) && look == Look::Done {
            let next = match encoding.straight(host, at, entry, &mut operands) {
                Straight::Entry(other) => {
                    entry = other;
                    None
                }
                Straight::Halted(halt) => return halted(halt, cursor),
                Straight::Stored => Some(go_on(host, encoding, at, &mut operands)),
                Straight::NotStored(made) => {
                    let ran = at.pc.wrapping_sub(1);
                    Some(store_and_go_on(
                        host,
                        encoding,
                        made,
                        ran,
                        at,
                        cursor,
                        &mut operands,
                    ))
                }
            };
            match next {
                None => {}
                Some(Err(stop)) => return stop,
                Some(Ok(next)) => {
                    entry = next;
                    look = Look::Due(Resume::Fresh);
                    continue;
                }
            }
        }
        let decoded = match encoding.decode(host, at.pc, entry, &mut operands) {
            Ok(decoded) => decoded,
            Err(error) => return refused(error),
        };
        let (result, is_call) = match decoded.operation {
            Operation::Call(number) => {
                let call = |resume| Call {
                    number,
                    args: operands,
                    resume,
                };
                let outcome = match look {
                    Look::Done if !decoded.loaded => host.call_now(number, &operands),
                    Look::Done | Look::Due(Resume::Fresh) if host.is_clear() => {
                        host.call_now(number, &operands)
                    }
                    Look::Done => host.call(&call(Resume::Fresh)),
                    Look::Due(resume) => host.call(&call(resume)),
                };
                match outcome.result() {
                    Ok(result) => (result, true),
                    Err(halt) => return halted(halt, cursor),
                }
            }
            Operation::BuiltIn(number) => match builtin::execute(host, number, &operands) {
                Ok(result) => (result.cast_signed(), false),
                Err(error) => return refused(error),
            },
            Operation::Pseudo(pseudo) => (builtin::execute_pseudo(host, pseudo, &operands), true),
            Operation::Answer(result) => (result, true),
        };
        at.fuel = at.fuel.wrapping_sub(1);
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
        let ran = at.pc;
        match encoding.next(ran, entry, sign) {
            Next::At(next) => at.pc = next,
            Next::Exit => {
                return match encoding.store(host, made.slot, made.result) {
                    Ok(()) => (Status::Exit, None),
                    Err(fault) => unstored(fault.into(), result, cursor),
                };
            }
        }
        let turn = if at.fuel == 0 {
            Turn::NotStored
        } else {
            encoding.turn(host, Some(made), at.pc, &mut operands)
        };
        let next = match turn {
            Turn::Read(next) => {
                entry = next;
                look = Look::Done;
                continue;
            }
            Turn::Stored => go_on(host, encoding, at, &mut operands),
            Turn::NotStored => {
                store_and_go_on(host, encoding, made, ran, at, cursor, &mut operands)
            }
        };
        entry = match next {
            Ok(entry) => entry,
            Err(stop) => return stop,
        };
        look = Look::Due(Resume::Fresh);
    }
}

/// The long way from the entry that `ran` to the one at the position: its
/// result is stored first.
#[inline(always)]
fn store_and_go_on<H: Host, E: Encoding>(
    host: &mut H,
    encoding: &E,
    made: Made,
    ran: u64,
    at: &mut Position,
    cursor: &mut Cursor,
    operands: &mut H::Operands,
) -> Result<E::Entry, Stop> {
    if let Err(fault) = encoding.store(host, made.slot, made.result) {
        at.pc = ran;
        return Err(unstored(fault.into(), made.result, cursor));
    }
    go_on(host, encoding, at, operands)
}

/// The long way to the entry at the position, once the result before it is
/// stored.
#[inline(always)]
fn go_on<H: Host, E: Encoding>(
    host: &mut H,
    encoding: &E,
    at: &mut Position,
    operands: &mut H::Operands,
) -> Result<E::Entry, Stop> {
    // Nothing is asked when the batch is over anyway: the way back to the
    // caller sees to signals.
    if !encoding.is_end(at.pc) && host.pending() {
        return Err((Status::Interrupted, None));
    }
    fetch(host, encoding, at, operands)
}

/// Reads the entry at the position, if the batch is not over there.
#[inline(always)]
fn fetch<H: Host, E: Encoding>(
    host: &mut H,
    encoding: &E,
    at: &Position,
    operands: &mut H::Operands,
) -> Result<E::Entry, Stop> {
    if encoding.is_end(at.pc) {
        return Err((Status::Done, None));
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
