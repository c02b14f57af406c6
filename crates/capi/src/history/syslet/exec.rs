//! Running syslets.
#![expect(unsafe_code, reason = "functions of C that run batches")]

use core::ffi::{c_long, c_ulong};
use core::ptr;

use rustix::io::Errno;
use sysbatch::Backend;
use sysbatch::abi::{Format, Run, SYSLET_NO_COMPLETE, Status};

use super::head::Head;
use super::place::Place;
use super::user::{AsyncHeadUser, Atom, User};
use crate::cancellation::uncancelled;
use crate::errno;
use crate::history::changing::run_watched;
use crate::history::job::Job;
use crate::history::pool::WithoutThread;
use crate::history::process::Process;
use crate::history::program::{backend, header};
use crate::signals::Blocked;

/// Runs the syslet that begins with `atom`. Returns its last atom if it is
/// over, null if it goes on elsewhere and its last atom will be posted to the
/// ring of `head`, or −1 with `errno`.
///
/// On this thread it runs as long as its calls are known not to wait. The
/// first atom's `SYSLET_ASYNC` sends it elsewhere at once, its `SYSLET_SYNC`
/// keeps all of it here; on a later atom `SYSLET_SYNC` keeps that one here. So does a
/// call that changes the thread that makes it. It can be called in a signal's handler.
///
/// Fails with `EFAULT` if an atom, its arguments, the head or the ring cannot
/// be read, or a result cannot be stored; `EINVAL` for unknown flags, or a ring
/// that is misaligned or has no place; `EAGAIN` if completions wait for a place
/// in the ring, or no thread can be made and nothing of the syslet has run;
/// `ELOOP` if it is longer than its budget.
///
/// # Safety
/// The calls must be sound to make, until the syslet is over; atoms, head and
/// ring must be memory for that, or none.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sysbatch_compat_async_exec(
    atom: *mut Atom,
    head: *mut AsyncHeadUser,
) -> *mut Atom {
    let work = || {
        let backend = backend()?;
        let process = Process::current()?;
        let address = head.expose_provenance() as u64;
        let mut user = User::new();
        let first = atom.expose_provenance() as u64;
        let place = Place::of(backend, &mut user, first)?;
        user.ring(address)?;
        // There is none before something of it has gone elsewhere, or been asked for.
        let known = process.heads.find(address);
        if let Some(head) = known {
            head.make_room(&mut user)?;
        }
        let mut run = header(Format::Syslet, 0, 0, 0);
        run.pc = first;
        run.fuel = known.map_or(u64::MAX, Head::fuel);
        // SAFETY: the caller's promise.
        let ended = match unsafe { run_at(place, backend, &mut run, &mut user) } {
            Some(ended) => ended,
            None => match go_elsewhere(process, address, run) {
                Ok(()) => return Ok(0),
                Err(errno) if run.steps == 0 => return Err(errno),
                // Some of it has happened, so there is no way but on.
                // SAFETY: the caller's promise.
                Err(_) => unsafe { user.run(backend, &mut run) },
            },
        };
        match ended? {
            Status::OutOfFuel => Err(Errno::LOOP),
            _ => Ok(run.pc.cast_signed()),
        }
    };
    let last = uncancelled(|| errno::report(work));
    ptr::with_exposed_provenance_mut(last.cast_unsigned() as usize)
}

/// Runs what of a syslet is to run on this thread; `None` if there is more. The header
/// then says where that begins.
///
/// # Safety
/// As for [`Backend::run`].
unsafe fn run_at(
    place: Place,
    backend: &Backend,
    run: &mut Run,
    user: &mut User,
) -> Option<Result<Status, Errno>> {
    match place {
        // SAFETY: the caller's promise.
        Place::Here => Some(unsafe { user.run(backend, run) }),
        Place::Elsewhere => None,
        // SAFETY: the caller's promise.
        Place::UntilItWaits => unsafe { run_here(backend, run, user) },
        Place::Unknown => {
            // SAFETY: the caller's promise.
            let ended = unsafe { user.first_try(backend, run) };
            if ended.is_some() {
                return ended;
            }
            if run.steps != 0 {
                // SAFETY: the caller's promise.
                return unsafe { go_on_here(backend, run, user) };
            }
            match Place::asked_for(user, run.pc) {
                // SAFETY: the caller's promise.
                Ok(Place::UntilItWaits) => unsafe { go_on_here(backend, run, user) },
                // SAFETY: the caller's promise.
                Ok(place) => unsafe { run_at(place, backend, run, user) },
                Err(errno) => Some(Err(errno)),
            }
        }
    }
}

/// Runs atoms on this thread until one would wait; `None` if one would. The
/// header then says which.
///
/// # Safety
/// As for [`Backend::run`].
unsafe fn run_here(
    backend: &Backend,
    run: &mut Run,
    user: &mut User,
) -> Option<Result<Status, Errno>> {
    // SAFETY: the caller's promise.
    let ended = unsafe { user.first_try(backend, run) };
    if ended.is_some() {
        return ended;
    }
    // SAFETY: the caller's promise.
    unsafe { go_on_here(backend, run, user) }
}

/// The same after a first try that has not come to the end.
///
/// # Safety
/// As for [`Backend::run`].
unsafe fn go_on_here(
    backend: &Backend,
    run: &mut Run,
    user: &mut User,
) -> Option<Result<Status, Errno>> {
    loop {
        // Out of fuel it did not wait, it is only long.
        if run.status != Status::OutOfFuel.raw() {
            match user.stays_here(run.pc) {
                Ok(false) => return None,
                Err(errno) => return Some(Err(errno)),
                Ok(true) => {}
            }
            let rest = run.fuel - 1;
            run.fuel = 1;
            // SAFETY: the caller's promise.
            let ended = unsafe { user.run(backend, run) };
            run.fuel += rest;
            match ended {
                Ok(Status::OutOfFuel) if run.fuel > 0 => {}
                ended => return Some(ended),
            }
        }
        // SAFETY: the caller's promise.
        let ended = unsafe { user.first_try(backend, run) };
        if ended.is_some() {
            return ended;
        }
    }
}

/// Has the rest of a syslet run on another thread.
fn go_elsewhere(process: &'static Process, address: u64, run: Run) -> Result<(), Errno> {
    let head = process.heads.of(address)?;
    let without = if run.steps == 0 {
        WithoutThread::Refuse
    } else {
        // What has begun must go on, and in a handler not on the thread that it
        // interrupts.
        WithoutThread::Wait
    };
    let blocked = Blocked::all();
    head.start(&blocked)?;
    let submitted = process
        .pool
        .submit(&blocked, Job::Syslet { head, run }, without);
    if submitted.is_err() {
        head.unstart(&blocked);
    }
    submitted
}

/// Runs the rest of a syslet on a thread of the library's and completes it; whether the
/// thread may be another than it was.
pub(in crate::history) fn finish(head: &Head, mut run: Run) -> bool {
    let mut user = User::new();
    // SAFETY: whoever started the syslet vouched for it until it is over.
    let elsewhere = unsafe { run_watched(&mut run) };
    let ended = elsewhere.ended;
    let wrong = match ended {
        Ok(Status::OutOfFuel) => Some(Errno::LOOP),
        Ok(_) => None,
        Err(errno) => Some(errno),
    };
    let posts = match wrong {
        Some(errno) => {
            // The atom says so itself, where it can be reached.
            let result = -i64::from(errno.raw_os_error());
            let _: Result<(), Errno> = user.set_result(run.pc, result);
            true
        }
        None => !matches!(user.flags(run.pc), Ok(flags) if flags & SYSLET_NO_COMPLETE != 0),
    };
    head.complete(&mut user, posts.then_some(run.pc));
    elsewhere.changed
}

/// Adds `inc` to the word at `uptr` and returns the new word; fails with
/// `EFAULT`. As an atom its number is `__NR_umem_add`. It is not atomic.
///
/// # Safety
/// The word must be memory that may be read and written, or none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sysbatch_compat_umem_add(uptr: *mut c_ulong, inc: c_ulong) -> c_long {
    errno::report(|| {
        let address = uptr.expose_provenance() as u64;
        let mut user = User::new();
        let word = user.load(address)?.wrapping_add(inc);
        user.store(address, word)?;
        Ok(word.cast_signed())
    })
}
