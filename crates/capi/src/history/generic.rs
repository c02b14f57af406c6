//! The generic question's `batch`: pointers to arrays of pointers.
#![expect(unsafe_code, reason = "a function of C that runs a batch")]

use core::ffi::{c_long, c_void};
use std::os::fd::IntoRawFd as _;

use rustix::event::{EventfdFlags, eventfd};
use rustix::io::Errno;
use sysbatch::Backend;
use sysbatch::abi::{FLAG_STOP_ON_FAILURE, Format, Run, Status};

use super::changing::run_watched;
use super::descriptor::Event;
use super::job::Job;
use super::pool::WithoutThread;
use super::process::Process;
use super::program::{backend, header};
use crate::cancellation::uncancelled;
use crate::errno;
use crate::memory::Probed;
use crate::signals::Blocked;

/// `BATCH_ASYNC`: return at once, with a descriptor to watch.
const ASYNC: c_long = 1;
/// `BATCH_STOP_ON_FAILURE`: the first call that fails is the last.
const STOP_ON_FAILURE: c_long = 2;

/// The bit of what is read from the descriptor that says that the batch itself
/// was wrong; the rest is the errno.
const WRONG: u64 = 1 << 63;

/// Makes `ncalls` calls. `args` is an array of pointers, each to an array of
/// words: the number of a call, then pointers to the values of its arguments,
/// up to six or a null one. `returns` is an array of as many results, which
/// may be pointed to by the arguments of later calls.
///
/// Returns how many calls were tried; with `BATCH_ASYNC` at once, and a
/// descriptor that is readable when the batch is over: eight bytes, see
/// `BATCH_RESULT` in the header. Fails with `EINVAL` for unknown flags or a
/// negative `ncalls`, `EFAULT` for memory that cannot be read or written,
/// `EAGAIN`, `EMFILE` or `ENFILE` if there is no thread or descriptor.
///
/// # Safety
/// The calls must be sound to make; with `BATCH_ASYNC` until the descriptor
/// has been readable.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sysbatch_compat_generic_batch(
    returns: *mut c_void,
    args: *mut c_void,
    ncalls: c_long,
    flags: c_long,
) -> c_long {
    let work = || {
        let len = u64::try_from(ncalls).map_err(|_| Errno::INVAL)?;
        if flags & !(ASYNC | STOP_ON_FAILURE) != 0 {
            return Err(Errno::INVAL);
        }
        let results = returns.expose_provenance() as u64;
        let program = args.expose_provenance() as u64;
        let mut header = header(Format::Pointers, program, len, results);
        if flags & STOP_ON_FAILURE != 0 {
            header.flags = FLAG_STOP_ON_FAILURE;
        }
        let backend = backend()?;
        if flags & ASYNC != 0 {
            return start(header);
        }
        // SAFETY: the caller's promise.
        let tried = unsafe { run(backend, &mut header) }?;
        Ok(tried as c_long)
    };
    if flags & ASYNC != 0 {
        uncancelled(|| errno::report(work))
    } else {
        errno::report(work)
    }
}

/// Runs the batch and tells how many calls were tried.
///
/// # Safety
/// As for the function of C.
unsafe fn run(backend: &Backend, header: &mut Run) -> Result<u64, Errno> {
    // SAFETY: the caller's promise.
    let mut memory = unsafe { Probed::new(0..0) };
    // SAFETY: the caller's promise.
    let status = unsafe { memory.run(backend, header) }?;
    Ok(tried(status, header))
}

/// How many calls a batch that is over has tried.
fn tried(status: Status, header: &Run) -> u64 {
    match status {
        Status::Exit => header.pc + 1,
        _ => header.pc,
    }
}

/// Has the batch run on another thread.
fn start(header: Run) -> Result<c_long, Errno> {
    let process = Process::current()?;
    let descriptor = eventfd(0, EventfdFlags::CLOEXEC)?;
    // The caller may close its own at any time, and have another file under
    // that number.
    let event = Event::apart(&descriptor)?;
    let job = Job::Batch { run: header, event };
    process
        .pool
        .submit(&Blocked::all(), job, WithoutThread::Refuse)?;
    Ok(descriptor.into_raw_fd().into())
}

/// Runs a batch on a thread of the library's, and tells its end; whether the thread may
/// be another than it was.
pub(super) fn finish(mut run: Run, event: &Event) -> bool {
    // SAFETY: whoever asked for it promised.
    let elsewhere = unsafe { run_watched(&mut run) };
    let word = match elsewhere.ended {
        Ok(status) => tried(status, &run) + 1,
        Err(errno) => WRONG | u64::from(errno.raw_os_error().unsigned_abs()),
    };
    // An empty counter has room for any word but the largest.
    event.add(word);
    elsewhere.changed
}
