//! `batch` of `linux/batch.h`: an array of calls with forward jumps.
#![expect(unsafe_code, reason = "a function of C that runs a batch")]

use core::ffi::{c_char, c_long, c_short, c_ulong};
use std::env;
use std::io::Write as _;
use std::sync::Once;

use rustix::io::Errno;
use sysbatch::abi::{Format, Run, Status};
use sysbatch::{Backend, Kind, Memory as _};

use super::program::{backend, header, slots};
use crate::memory::Probed;
use crate::{errno, touch};

/// `struct syscall`, `syscall_t`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Syscall {
    /// The number of the call, or `__NR_wdcpy`.
    pub nr: c_short,
    /// Where to go when it fails.
    pub jump_fail: c_short,
    /// Where to go when it returns zero.
    pub jump_zero: c_short,
    /// Where to go when it returns more.
    pub jump_pos: c_short,
    /// How many arguments count.
    pub argc: c_char,
    /// The arguments.
    pub arg: [c_long; 6],
}

const SYSCALL_SIZE: c_long = size_of::<Syscall>() as c_long;
const _: () = assert!(SYSCALL_SIZE == 64);

/// Runs `ncall` calls with forward jumps and returns the index of the call that ended
/// it by a negative jump, else that of the last one of all, executed or left out by a
/// jump past the end; zero if there are none.
///
/// Results that cannot be written raise `SIGSEGV`; a program that cannot be
/// read fails with `EFAULT`. `flags` and `size` mean nothing, as in the original:
/// programs give what they like.
///
/// # Safety
/// The calls must be sound to make, the words that are copied to must be
/// writable or none, and `rets` must be writable, or be meant to raise the
/// signal.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sysbatch_compat_batch(
    rets: *mut c_long,
    calls: *mut Syscall,
    ncall: c_ulong,
    _flags: c_long,
    _size: c_long,
) -> c_long {
    errno::report(|| {
        if ncall == 0 {
            return Ok(0);
        }
        let backend = backend()?;
        say_which(backend);
        let results = rets.expose_provenance() as u64;
        let program = calls.expose_provenance() as u64;
        let mut header = header(Format::SysBatch, program, ncall, results);
        // SAFETY: the caller's promise.
        unsafe { see_through(backend, &mut header) }
    })
}

/// Tells, once, where batches run, if `BATCH_VERBOSE` asks for it.
fn say_which(backend: &Backend) {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        if env::var_os("BATCH_VERBOSE").is_some() {
            let word = match backend.kind() {
                Kind::Kernel => "Real",
                Kind::User => "Emul",
            };
            // One write, whole. A program is not to fail for want of a standard
            // error.
            let line = format!("sys_batch {word}\n");
            drop(std::io::stderr().write_all(line.as_bytes()));
        }
    });
}

/// Runs until it is over, and raises the faults on the way.
///
/// # Safety
/// As for the function of C.
unsafe fn see_through(backend: &Backend, header: &mut Run) -> Result<c_long, Errno> {
    // SAFETY: results are written, or fault, by the caller's wish.
    let mut memory = unsafe { Probed::new(slots(header.results, header.len)) };
    loop {
        // SAFETY: the caller's promise.
        let ended = unsafe { memory.run(backend, header) };
        match (ended, Status::from_raw(header.status)) {
            (Ok(_), _) => return Ok(ended_at(header)),
            (Err(Errno::FAULT), Some(Status::Unstored)) => {
                // SAFETY: the results are the caller's, or raise the signal.
                unsafe { touch::write(slot(header), header.value) };
                match jump(header, header.value)? {
                    Some(next) if next < header.len => header.pc = next,
                    Some(_) => return Ok(last(header)),
                    None => return Ok(header.pc as c_long),
                }
            }
            (Err(errno), _) => return Err(errno),
        }
    }
}

/// What is returned of a batch whose last executed call is at `pc`. If that has taken
/// its own memory away it is taken to have ended the batch.
fn ended_at(header: &Run) -> c_long {
    if header.pc == header.len - 1 {
        return last(header);
    }
    // SAFETY: the result is only read.
    let mut memory = unsafe { Probed::new(0..0) };
    let result = memory.load_words(slot(header)).map_err(|_| Errno::FAULT);
    match result.and_then(|[result]| jump(header, result.cast_signed())) {
        Ok(Some(_)) => last(header),
        Ok(None) | Err(_) => header.pc as c_long,
    }
}

/// The index of the last of all calls, of which there is one.
const fn last(header: &Run) -> c_long {
    header.len.wrapping_sub(1) as c_long
}

/// The address of the result of the call at `pc`.
const fn slot(header: &Run) -> u64 {
    header.results.wrapping_add(header.pc.wrapping_mul(8))
}

/// Where the call at `pc` jumps to with this result, maybe past the end, or `None` if
/// it ends the batch: the engine's rule X6.
fn jump(header: &Run, result: i64) -> Result<Option<u64>, Errno> {
    let address = header
        .program
        .wrapping_add(header.pc.wrapping_mul(SYSCALL_SIZE.cast_unsigned()));
    // SAFETY: the header's memory is read only.
    let mut memory = unsafe { Probed::new(0..0) };
    let [first] = memory.load_words(address).map_err(|_| Errno::FAULT)?;
    let shift = match result {
        -4095..0 => 16,
        0 => 32,
        _ => 48,
    };
    let jump = ((first >> shift) as u16).cast_signed();
    Ok(u64::try_from(jump).ok().map(|jump| header.pc + 1 + jump))
}
