//! Running syslets.
#![expect(unsafe_code, reason = "functions of C that run batches")]

use core::ffi::{c_long, c_ulong};
use core::ptr;
use std::sync::Arc;

use rustix::io::Errno;
use sysbatch::Backend;
use sysbatch::abi::{Format, Run, SYSLET_ASYNC, SYSLET_NO_COMPLETE, SYSLET_SYNC, Status};

use super::head::Head;
use super::user::{AsyncHeadUser, Atom, User};
use crate::errno;
use crate::history::pool;
use crate::history::program::{backend, header};

/// Runs the syslet that begins with `atom`. Returns its last atom if it is
/// over, null if it goes on elsewhere and its last atom will be posted to the
/// ring of `head`, or −1 with `errno`.
///
/// On this thread it runs as long as its calls are known not to wait. The
/// first atom's `SYSLET_ASYNC` sends it elsewhere at once, its `SYSLET_SYNC`
/// keeps all of it here; on a later atom `SYSLET_SYNC` keeps that one here.
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
pub unsafe extern "C" fn sysbatch_compat_async_exec(
    atom: *mut Atom,
    head: *mut AsyncHeadUser,
) -> *mut Atom {
    let last = errno::report(|| {
        let backend = backend()?;
        let address = head.expose_provenance() as u64;
        let mut user = User::new();
        let flags = user.flags(atom.expose_provenance() as u64)?;
        user.ring(address)?;
        let head = Head::of(address)?;
        head.make_room(&mut user)?;
        let mut run = header(Format::Syslet, 0, 0, 0);
        run.pc = atom.expose_provenance() as u64;
        run.fuel = head.fuel();
        let here = if flags & SYSLET_SYNC != 0 {
            // SAFETY: the caller's promise.
            Some(unsafe { user.run(backend, &mut run) })
        } else if flags & SYSLET_ASYNC != 0 {
            None
        } else {
            // SAFETY: the caller's promise.
            unsafe { run_here(backend, &mut run, &mut user) }
        };
        let ended = match here {
            Some(ended) => ended,
            None => match go_elsewhere(backend, &head, run) {
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
    });
    ptr::with_exposed_provenance_mut(last.cast_unsigned() as usize)
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
    loop {
        // SAFETY: the caller's promise.
        if let Some(ended) = unsafe { user.first_try(backend, run) } {
            return Some(ended);
        }
        if run.status == Status::OutOfFuel.raw() {
            // It did not wait, it is only long.
            continue;
        }
        match user.flags(run.pc) {
            Ok(flags) if flags & SYSLET_SYNC == 0 => return None,
            Err(errno) => return Some(Err(errno)),
            Ok(_) => {}
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
}

/// Has the rest of a syslet run on another thread.
fn go_elsewhere(backend: &'static Backend, head: &Arc<Head>, run: Run) -> Result<(), Errno> {
    head.start();
    let completing = Arc::clone(head);
    let spawned = pool::spawn(Box::new(move || finish(backend, &completing, run)));
    if spawned.is_err() {
        head.unstart();
    }
    spawned
}

/// Runs the rest of a syslet and completes it.
fn finish(backend: &Backend, head: &Head, mut run: Run) {
    let mut user = User::new();
    // SAFETY: whoever started the syslet vouched for it until it is over.
    let ended = unsafe { user.run(backend, &mut run) };
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
