//! The way in: the run header is read, the program run, the header written.

use core::mem::MaybeUninit;

use sysbatch_abi::{
    FLAG_CONTINUE_ON_FAILURE, FLAG_FIRST_TRY, FLAG_STOP_ON_FAILURE, Format, PuntReason, RUN_SIZE,
    Resume, Run, Status, Width,
};

use crate::encoding::{Encoding, Native, Pointers, Supersyscall, SysBatch, Syslet};
use crate::host::{Error, Fault, Host};
use crate::machine::{Cursor, Stop, run};

/// The largest run header that is looked at, in bytes: one page, as for the
/// kernel's own extensible structures (`clone3(2)`, `openat2(2)`).
pub const HEADER_SIZE_MAX: u64 = 4096;

/// The size of the header this version knows, in bytes.
const HEADER_SIZE: u64 = 96;
const _: () = assert!(RUN_SIZE == 96, "the offsets below are those of this header");

/// Runs the batch whose [`Run`] header is at `address`.
///
/// The header is read once, and written once when the batch stops. If it is
/// refused itself nothing is written.
///
/// # Errors
/// - [`Error::Fault`]: the header, the program, the results or an operand
///   cannot be read or written;
/// - [`Error::Invalid`]: a rule of the header or of the entry at `pc` is broken;
/// - [`Error::TooBig`]: the header is larger than this version knows, and
///   what is beyond is not zero.
///
/// The header's `status` then says [`Status::Refused`] or
/// [`Status::Unstored`], or is as it was if the header was refused or could
/// not be written.
pub fn enter<H: Host>(host: &mut H, address: u64) -> Result<Status, Error> {
    match enter_inline(host, address) {
        (_, Some(error)) => Err(error),
        (status, None) => Ok(status),
    }
}

/// [`enter`] as a part of the function that calls it. The status is
/// [`Status::None`] if the header was refused or could not be written.
#[inline(always)]
pub fn enter_inline<H: Host>(host: &mut H, address: u64) -> Stop {
    if !address.is_multiple_of(8) {
        return refused(Error::Invalid);
    }
    let mut place = MaybeUninit::uninit();
    let header = match host.load_header(address, &mut place) {
        Ok(header) => header,
        Err(fault) => return refused(unreadable(host, address, fault)),
    };
    if u64::from(header.size) != HEADER_SIZE
        && let Err(error) = check_size(host, address, HEADER_SIZE, u64::from(header.size))
    {
        return refused(error);
    }
    let Run {
        program,
        len,
        results,
        results_len,
        flags,
        ..
    } = *header;
    match Format::from_raw(header.format) {
        None => refused(Error::Invalid),
        Some(Format::Native) => {
            if !program.is_multiple_of(8) || !results.is_multiple_of(8) {
                return refused(Error::Invalid);
            }
            let native = Native::new(program, len, results, results_len);
            check_and_run(host, address, header, 0, len, &native)
        }
        Some(Format::Supersyscall) => {
            let allowed = FLAG_CONTINUE_ON_FAILURE;
            let continues = flags & allowed != 0;
            let supersyscall = Supersyscall::new(program, len, results, results_len, continues);
            check_and_run(host, address, header, allowed, len, &supersyscall)
        }
        Some(Format::SysBatch) => {
            let batch = SysBatch::new(program, len, results, results_len);
            check_and_run(host, address, header, 0, len, &batch)
        }
        Some(Format::Pointers) => {
            let allowed = FLAG_STOP_ON_FAILURE;
            let stops = flags & allowed != 0;
            let pointers = Pointers::new(program, len, results, results_len, stops);
            check_and_run(host, address, header, allowed, len, &pointers)
        }
        Some(Format::Syslet) => check_and_run(host, address, header, 0, u64::MAX, &Syslet),
    }
}

/// Stops before the first step, with the header as it was.
#[inline(always)]
fn refused(error: Error) -> Stop {
    (Status::None, Some(error))
}

/// Checks what is the same for every format, runs the program and writes the
/// header. `flags` are those the format allows, `last` is the largest program
/// counter it has.
// In the kernel one function with all the rest is what costs least, in user
// space what the compiler makes of it.
#[cfg_attr(target_os = "none", inline(always))]
#[cfg_attr(not(target_os = "none"), inline)]
fn check_and_run<H: Host, E: Encoding>(
    host: &mut H,
    address: u64,
    header: &Run,
    flags: u32,
    last: u64,
    encoding: &E,
) -> Stop {
    if !are_flags_known::<H>(header, flags) || header.pc > last {
        return refused(Error::Invalid);
    }
    let Some(resume) = Resume::from_raw(header.resume) else {
        return refused(Error::Invalid);
    };
    let mut cursor = Cursor {
        pc: header.pc,
        fuel: header.fuel,
        steps: header.steps,
        value: header.value,
        resume,
        reason: None,
    };
    if H::FIRST_TRY {
        host.lend(header.scratch);
    }
    let stop = if H::WAITS_FOR_NOTHING && cursor.steps == 0 && encoding.says_where(host, cursor.pc)
    {
        cursor.reason = Some(PuntReason::WouldWait);
        (Status::Punt, None)
    } else {
        run(host, encoding, &mut cursor)
    };
    match host.store_header(address, &cursor, stop.0) {
        Ok(()) => stop,
        Err(fault) => refused(fault.into()),
    }
}

/// Whether a header has no flag but these and what goes with the host, and what
/// belongs to them.
#[inline(always)]
fn are_flags_known<H: Host>(header: &Run, flags: u32) -> bool {
    if H::FIRST_TRY {
        header.flags & !flags == FLAG_FIRST_TRY && header.scratch.is_multiple_of(8)
    } else {
        header.flags & !flags == 0 && header.scratch == 0
    }
}

/// Why a header that cannot be read in whole is refused: its size decides, if
/// that can be read.
#[cold]
fn unreadable<H: Host>(host: &mut H, address: u64, fault: Fault) -> Error {
    match host.load(address, Width::Eight) {
        Ok(word) if word & u64::from(u32::MAX) < HEADER_SIZE => Error::Invalid,
        _ => fault.into(),
    }
}

/// Checks the size that a structure says it has, of which this version knows so
/// many bytes.
///
/// What lies beyond must be zero: a newer caller that does not use what it knows is
/// welcome (`openat2(2)`).
///
/// # Errors
/// - [`Error::Invalid`]: it is smaller;
/// - [`Error::TooBig`]: it is larger than [`HEADER_SIZE_MAX`], or not zero there;
/// - [`Error::Fault`]: what lies beyond cannot be read.
#[cold]
pub fn check_size<H: Host>(host: &mut H, address: u64, known: u64, size: u64) -> Result<(), Error> {
    if size < known {
        return Err(Error::Invalid);
    }
    if size > HEADER_SIZE_MAX {
        return Err(Error::TooBig);
    }
    for offset in known..size {
        let address = address.checked_add(offset).ok_or(Fault)?;
        if host.load(address, Width::One)? != 0 {
            return Err(Error::TooBig);
        }
    }
    Ok(())
}
