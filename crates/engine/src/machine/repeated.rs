//! A call that is repeated along a chain of records.
//!
//! Each repetition is a step like any other: the entry is read again, and all
//! that changes is written back before the next one. So a batch can stop
//! between any two of them, and nothing else knows of repetitions. They are a
//! function of their own for the sake of the registers of the common way.

use sysbatch_abi::{Repeat, Resume, Status, Width, is_errno};

use super::{Cursor, Look, Stop, call, halted, leave, refused, sign_of_call, steps, unstored};
use crate::call::Operands as _;
use crate::encoding::{Encoding, Next, Operation, Position};
use crate::host::{Error, Fault, Host};
use crate::turn::{Made, Turn};

/// The index of the argument that says how the call is repeated.
const REPEAT: usize = 5;

/// The results of an entry that made no call.
const END: i64 = 0;
const STOPPED: i64 = 1;

/// Goes on where [`steps`] stopped, if that was at a repeated entry, which it takes
/// for one that breaks a rule: so it need not ask of every entry. That entry's call
/// resumes in the given way.
#[cold]
#[inline(never)]
pub(super) fn go_on<H: Host, E: Encoding>(
    host: &mut H,
    encoding: &E,
    at: &mut Position,
    resume: Resume,
    cursor: &mut Cursor,
) -> Stop {
    let mut resume = resume;
    loop {
        if let Err(stop) = repeated(host, encoding, at, resume, cursor) {
            return stop;
        }
        resume = Resume::Fresh;
        let stop = steps(host, encoding, at, resume, true, cursor);
        if stop != (Status::Refused, Some(Error::Invalid)) {
            return stop;
        }
    }
}

/// Runs the entry at the position, if it is repeated, as often as it comes at
/// once. What comes then is still to be read.
///
/// Nothing has happened of the entry, so that it may be read once more.
#[inline(always)]
fn repeated<H: Host, E: Encoding>(
    host: &mut H,
    encoding: &E,
    at: &mut Position,
    resume: Resume,
    cursor: &mut Cursor,
) -> Result<(), Stop> {
    let ran = at.pc;
    let mut operands = host.operands();
    let operands = &mut operands;
    let mut entry = encoding.read(host, ran, operands).map_err(refused)?;
    if !encoding.is_repeated(entry) {
        return Err(refused(Error::Invalid));
    }
    let mut look = Look::Due(resume);
    let mut known = Known::new(host, encoding, ran, entry, operands).map_err(refused)?;
    loop {
        let repeat = known.repeat;
        operands.set(REPEAT, 0);
        let record = operands.get(repeat.chain.into());
        let value = operands.get(repeat.advance.into());
        let (result, length) = match look_at(host, repeat, record).map_err(refused)? {
            Record::End => (END, None),
            Record::Stopped => (STOPPED, None),
            Record::Length(length) => {
                let result = call(host, known.number, operands, look, true, at.fuel)
                    .result()
                    .map_err(|halt| halted(halt, cursor))?;
                (result, (!is_errno(result)).then_some(length))
            }
        };
        at.fuel = at.fuel.wrapping_sub(1);
        let made = Made {
            slot: known.slot,
            result,
        };
        let Some(length) = length else {
            let next = encoding.next(ran, entry, || sign_of_call(result));
            if let Next::At(next) = next {
                store(host, encoding, made, cursor)?;
                at.pc = next;
                return Ok(());
            }
            return Err(leave(host, encoding, made, cursor));
        };
        let record = record.wrapping_add(length);
        let value = value.wrapping_add_signed(repeat.stride.into());
        known
            .advance(host, record, value)
            .map_err(|fault| unstored(fault.into(), result, cursor))?;
        if at.fuel == 0 {
            return store(host, encoding, made, cursor);
        }
        let next = match encoding.turn(host, Some(made), ran, operands) {
            Turn::Read(next) if encoding.is_repeated(next) => next,
            Turn::Read(_) | Turn::Stored => return Ok(()),
            Turn::NotStored => return store(host, encoding, made, cursor),
        };
        if !encoding.is_the_same(entry, next) || operands.get(REPEAT) != repeat.word() {
            known = Known::new(host, encoding, ran, next, operands).map_err(refused)?;
        }
        entry = next;
        look = Look::Done;
    }
}

/// What an entry says, besides its operands.
struct Known {
    number: u32,
    slot: u64,
    repeat: Repeat,
    /// Where the operands that advance were read from.
    chain: u64,
    advance: u64,
}

impl Known {
    /// Checks the entry at `pc`, and puts its operands together.
    #[inline(always)]
    fn new<H: Host, E: Encoding>(
        host: &mut H,
        encoding: &E,
        pc: u64,
        entry: E::Entry,
        operands: &mut H::Operands,
    ) -> Result<Self, Error> {
        let repeat = encoding.repeat(entry, operands)?;
        let chain = operands.get(repeat.chain.into());
        let advance = operands.get(repeat.advance.into());
        let decoded = encoding.decode_repeated(host, pc, entry, operands)?;
        let Operation::Call(number) = decoded.operation else {
            return Err(Error::Invalid);
        };
        Ok(Self {
            number,
            slot: decoded.slot,
            repeat,
            chain: encoding.origin(pc, entry, repeat.chain, chain)?,
            advance: encoding.origin(pc, entry, repeat.advance, advance)?,
        })
    }

    /// Writes the operands that advance to where they were read from.
    #[inline(always)]
    fn advance<H: Host>(&self, host: &mut H, record: u64, value: u64) -> Result<(), Fault> {
        host.store(self.chain, Width::Eight, record)?;
        if self.repeat.stride != 0 {
            host.store(self.advance, Width::Eight, value)?;
        }
        Ok(())
    }
}

/// Stores the result of a step.
#[inline(always)]
fn store<H: Host, E: Encoding>(
    host: &mut H,
    encoding: &E,
    made: Made,
    cursor: &mut Cursor,
) -> Result<(), Stop> {
    encoding
        .store(host, made.slot, made.result)
        .map_err(|fault| unstored(fault.into(), made.result, cursor))
}

/// What an operand that points into a record finds there.
enum Record {
    /// A record of this length.
    Length(u64),
    /// The end of the chain.
    End,
    /// A record that is not to be passed.
    Stopped,
}

/// Looks at the record that the operand points into.
#[inline(always)]
fn look_at<H: Host>(host: &mut H, repeat: Repeat, record: u64) -> Result<Record, Error> {
    let place = record.wrapping_add_signed(repeat.length.into());
    let length = host.load(place, Width::Two)?;
    if length == 0 {
        return Ok(Record::End);
    }
    if repeat.stop != 0 && host.load(record, Width::One)? == u64::from(repeat.stop) {
        return Ok(Record::Stopped);
    }
    Ok(Record::Length(length))
}
