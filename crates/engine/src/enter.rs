//! The way in: the run header is read, the program run, the header written.

use sysbatch_abi::{
    FLAG_CONTINUE_ON_FAILURE, FLAG_STOP_ON_FAILURE, Format, PuntReason, RUN_SIZE, Resume, Run,
    Status, Width,
};

use crate::encoding::{Encoding, Native, Pointers, Supersyscall, SysBatch, Syslet};
use crate::host::{Error, Fault, Host};
use crate::machine::{Cursor, run};

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
    let header = read(host, address)?;
    let Run {
        program,
        len,
        results,
        results_len,
        flags,
        ..
    } = header;
    match Format::from_raw(header.format).ok_or(Error::Invalid)? {
        Format::Native => {
            check_aligned(&header)?;
            let native = Native::new(program, len, results, results_len);
            check_and_run(host, address, &header, 0, len, &native)
        }
        Format::Supersyscall => {
            let allowed = FLAG_CONTINUE_ON_FAILURE;
            let continues = flags & allowed != 0;
            let supersyscall = Supersyscall::new(program, len, results, results_len, continues);
            check_and_run(host, address, &header, allowed, len, &supersyscall)
        }
        Format::SysBatch => {
            let batch = SysBatch::new(program, len, results, results_len);
            check_and_run(host, address, &header, 0, len, &batch)
        }
        Format::Pointers => {
            let pointers = Pointers {
                program,
                len,
                results,
                results_len,
                stop_on_failure: flags & FLAG_STOP_ON_FAILURE != 0,
            };
            check_and_run(host, address, &header, FLAG_STOP_ON_FAILURE, len, &pointers)
        }
        Format::Syslet => check_and_run(host, address, &header, 0, u64::MAX, &Syslet),
    }
}

/// Checks what is the same for every format, runs the program and writes the
/// header. `flags` are those the format allows, `last` is the largest program
/// counter it has.
fn check_and_run<H: Host, E: Encoding>(
    host: &mut H,
    address: u64,
    header: &Run,
    flags: u32,
    last: u64,
    encoding: &E,
) -> Result<Status, Error> {
    if header.flags & !flags != 0 || header.reserved != 0 || header.pc > last {
        return Err(Error::Invalid);
    }
    let mut cursor = Cursor {
        pc: header.pc,
        fuel: header.fuel,
        steps: header.steps,
        value: header.value,
        resume: Resume::from_raw(header.resume).ok_or(Error::Invalid)?,
        reason: None,
    };
    let (status, error) = run(host, encoding, &mut cursor);
    write(host, address, &cursor, status)?;
    match error {
        Some(error) => Err(error),
        None => Ok(status),
    }
}

/// Refuses program and results that are not aligned to words.
fn check_aligned(header: &Run) -> Result<(), Error> {
    if header.program.is_multiple_of(8) && header.results.is_multiple_of(8) {
        Ok(())
    } else {
        Err(Error::Invalid)
    }
}

/// Reads the header, each word once.
fn read<H: Host>(host: &mut H, address: u64) -> Result<Run, Error> {
    if !address.is_multiple_of(8) {
        return Err(Error::Invalid);
    }
    let words = match host.load_words(address) {
        Ok(words) => words,
        Err(fault) => return Err(unreadable(host, address, fault)),
    };
    let [
        size_format,
        flags_status,
        program,
        len,
        results,
        results_len,
        pc,
        fuel,
        steps,
        value,
        resume_reason,
        reserved,
    ] = words;
    let (size, format) = halves(size_format);
    if u64::from(size) != HEADER_SIZE {
        check_size(host, address, u64::from(size))?;
    }
    let (flags, status) = halves(flags_status);
    let (resume, reason) = halves(resume_reason);
    Ok(Run {
        size,
        format,
        flags,
        status,
        program,
        len,
        results,
        results_len,
        pc,
        fuel,
        steps,
        value: value.cast_signed(),
        resume,
        reason,
        reserved,
    })
}

/// The two 32-bit fields that share a little-endian word.
fn halves(word: u64) -> (u32, u32) {
    let [a, b, c, d, e, f, g, h] = word.to_le_bytes();
    (
        u32::from_le_bytes([a, b, c, d]),
        u32::from_le_bytes([e, f, g, h]),
    )
}

/// Why a header that cannot be read in whole is refused: its size decides, if
/// that can be read.
#[cold]
fn unreadable<H: Host>(host: &mut H, address: u64, fault: Fault) -> Error {
    match host.load(address, Width::Eight) {
        Ok(word) if u64::from(halves(word).0) < HEADER_SIZE => Error::Invalid,
        _ => fault.into(),
    }
}

/// What lies beyond the header this version knows must be zero: a newer
/// caller that does not use what it knows is welcome (`openat2(2)`).
#[cold]
fn check_size<H: Host>(host: &mut H, address: u64, size: u64) -> Result<(), Error> {
    if size < HEADER_SIZE {
        return Err(Error::Invalid);
    }
    if size > HEADER_SIZE_MAX {
        return Err(Error::TooBig);
    }
    for offset in HEADER_SIZE..size {
        let address = address.checked_add(offset).ok_or(Fault)?;
        if host.load(address, Width::One)? != 0 {
            return Err(Error::TooBig);
        }
    }
    Ok(())
}

/// Writes what changes in the header.
fn write<H: Host>(
    host: &mut H,
    address: u64,
    cursor: &Cursor,
    status: Status,
) -> Result<(), Fault> {
    let resume = u64::from(cursor.resume.raw());
    let reason = u64::from(cursor.reason.map_or(0, PuntReason::raw));
    let words = [
        cursor.pc,
        cursor.fuel,
        cursor.steps,
        cursor.value.cast_unsigned(),
        resume | reason << 32,
    ];
    // The status last, so that a new one always comes with the rest.
    host.store_header(address, &words, status.raw())
}
