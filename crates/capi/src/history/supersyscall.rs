//! `supersyscall`: an array of calls, an array of results.
#![expect(unsafe_code, reason = "a function of C that runs a batch")]

use core::ffi::{c_int, c_long, c_uint};

use rustix::io::Errno;
use sysbatch::abi::{FLAG_CONTINUE_ON_FAILURE, Format, Run, Status};

use super::program::{backend, header, slots};
use crate::memory::Probed;
use crate::{errno, touch};

/// `SUPERSYSCALL__continue_on_failure`.
const CONTINUE_ON_FAILURE: c_int = 1;

/// `struct supersyscall_args`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Args {
    /// The number of the call.
    pub call_nr: c_uint,
    /// Its arguments.
    pub args: [c_long; 6],
}

const ARGS_SIZE: u64 = size_of::<Args>() as u64;
const _: () = assert!(ARGS_SIZE == 56);

/// Makes `nargs` calls, and stores the result of each, failed ones included,
/// in `rets`. Returns how many were tried.
///
/// Without `SUPERSYSCALL__continue_on_failure` the first that fails is the
/// last. Arguments that cannot be read, and results that cannot be written,
/// raise `SIGSEGV` at their address; if a handler mends it the batch goes on.
/// A negative `nargs` is none, and other bits of `flags` mean nothing. Fails with
/// `EFAULT` for arguments in memory that is the kernel's, but can be read.
///
/// # Safety
/// The calls must be sound to make, and `rets` must be writable, or be meant
/// to raise the signal.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sysbatch_compat_supersyscall(
    rets: *mut c_long,
    args: *const Args,
    nargs: c_int,
    flags: c_int,
) -> c_long {
    errno::report(|| {
        let len = u64::try_from(nargs).unwrap_or(0);
        let results = rets.expose_provenance() as u64;
        let program = args.expose_provenance() as u64;
        let mut header = header(Format::Supersyscall, program, len, results);
        if flags & CONTINUE_ON_FAILURE != 0 {
            header.flags = FLAG_CONTINUE_ON_FAILURE;
        }
        // SAFETY: the caller's promise.
        unsafe { see_through(&mut header) }
    })
}

/// Runs until it is over, and raises the faults on the way.
///
/// # Safety
/// As for the function of C.
unsafe fn see_through(header: &mut Run) -> Result<c_long, Errno> {
    let backend = backend()?;
    // SAFETY: results are written, or fault, by the caller's wish.
    let mut memory = unsafe { Probed::new(slots(header.results, header.len)) };
    let mut touched = None;
    loop {
        // SAFETY: the caller's promise.
        let ended = unsafe { memory.run(backend, header) };
        let at = header.pc;
        match (ended, Status::from_raw(header.status)) {
            (Ok(Status::Exit), _) => return Ok(at as c_long + 1),
            (Ok(_), _) => return Ok(at as c_long),
            (Err(Errno::FAULT), Some(Status::Refused)) => {
                // What can be read and is refused all the same is no address of
                // the program's own: the vsyscall page, the page at zero.
                if touched.replace(at) == Some(at) {
                    return Err(Errno::FAULT);
                }
                let entry = header.program.wrapping_add(at.wrapping_mul(ARGS_SIZE));
                // SAFETY: the arguments are the caller's, or raise the signal.
                unsafe { touch::read(entry, ARGS_SIZE) };
            }
            (Err(Errno::FAULT), Some(Status::Unstored)) => {
                let slot = header.results.wrapping_add(at.wrapping_mul(8));
                // SAFETY: the results are the caller's, or raise the signal.
                unsafe { touch::write(slot, header.value) };
                if (-4095..0).contains(&header.value) && header.flags == 0 {
                    return Ok(at as c_long + 1);
                }
                header.pc += 1;
            }
            (Err(errno), _) => return Err(errno),
        }
    }
}
