//! asys: single calls that run asynchronously, as fibrils did.
//!
//! Submissions and completions belong to the thread that submits, as they did
//! in the original.
#![expect(unsafe_code, reason = "functions of C that make system calls")]

mod callers;
mod calls;
mod input;
mod own;

use core::ffi::{c_long, c_ulong};
use core::ptr;

use rustix::io::Errno;
use sysbatch::abi::{FLAG_CONTINUE_ON_FAILURE, Format, Run, Status, Width, never_waits};
use sysbatch::{Backend, Direct, Memory as _};
use syscalls::Sysno;

use super::changing::changes_its_thread;
use super::job::Job;
use super::pool::WithoutThread;
use super::process::Process;
use super::program::{backend, header};
use crate::cancellation::uncancelled;
use crate::errno;
use crate::memory::{Probed, Window};
use crate::signals::Blocked;

pub(super) use callers::Callers;

use callers::{Caller, of_this_thread};
use calls::Completion;
use input::{Call, INPUT_SIZE, Input};

/// How many calls are read and made as one batch. They lie on the stack, which may be a
/// small one of a signal's handler.
const CHUNK: usize = 32;

/// A call that would wait, and is made by another thread.
#[derive(Debug)]
pub(super) struct Waiting {
    caller: &'static Caller,
    call: Call,
    cookie: c_ulong,
}

impl Waiting {
    /// Makes it.
    pub(super) fn make(self) {
        let return_code = match backend() {
            Ok(backend) => make(backend, &self.call),
            Err(errno) => -i64::from(errno.raw_os_error()),
        };
        self.caller.calls.complete_elsewhere(Completion {
            return_code,
            cookie: self.cookie,
        });
    }
}

/// Makes `n` calls, one after the other, those that would wait on other threads, and
/// returns how many were taken, all unless one is wrong or there is no room.
///
/// Arguments are read at once, of up to 32 calls before the first of them is made; what
/// they point to has to stay until the call has completed. Calls that do not wait, and
/// those that change the thread that makes them, are made by this thread, and have
/// completed in this order when it returns. A call that works on its caller's frame
/// completes with `-ENOSYS`. If none is taken it fails: `EFAULT` for what cannot be read,
/// `EINVAL` for more than 6 arguments, `EAGAIN` if too many calls are out, or a thread is
/// needed and none can be had.
///
/// It can be called in a signal's handler, and is no point of cancellation.
///
/// # Safety
/// The calls must be sound to make until they have completed.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sysbatch_compat_asys_submit(
    input: *mut Input,
    n: c_ulong,
) -> c_long {
    let work = || {
        let backend = backend()?;
        let process = Process::current()?;
        let caller = of_this_thread(process)?;
        let first = input.expose_provenance() as u64;
        let mut taken = 0;
        if n == 1 && submit_at_once(caller, first)? {
            return Ok(1);
        }
        while taken < n {
            let wanted = usize::try_from(n - taken).unwrap_or(CHUNK).min(CHUNK);
            let room = caller.calls.take_room(wanted);
            let list = (backend, process, caller);
            let (count, ended) = if wanted == 1 {
                // SAFETY: the caller's promise.
                unsafe { submit::<1>(list, first, taken, (room, wanted)) }
            } else {
                // SAFETY: as above.
                unsafe { submit::<CHUNK>(list, first, taken, (room, wanted)) }
            };
            caller.calls.give_room(room - count);
            taken += count as c_ulong;
            match ended {
                Ok(()) => {}
                Err(errno) if taken == 0 => return Err(errno),
                Err(_) => break,
            }
        }
        Ok(taken as c_long)
    };
    uncancelled(|| errno::report(work))
}

/// Makes a single call that never waits as it is; whether it was one.
///
/// # Errors
/// As for [`Call::read`].
#[inline]
fn submit_at_once(caller: &Caller, address: u64) -> Result<bool, Errno> {
    let (call, cookie) = Call::read(&mut Window::new(), address)?;
    let number = call.number as u32;
    let (Some(sysno), true) = (Sysno::new(number as usize), never_waits(number, &call.args)) else {
        return Ok(false);
    };
    if caller.calls.take_room(1) == 0 {
        return Err(Errno::AGAIN);
    }
    let [a, b, c, d, e, f] = call.args.map(|arg| arg as usize);
    // SAFETY: whoever submits the call vouches for it; it comes back here.
    let return_code = match unsafe { syscalls::syscall6(sysno, a, b, c, d, e, f) } {
        Ok(value) => value as c_long,
        Err(errno) => -c_long::from(errno.into_raw()),
    };
    caller.calls.complete(Completion {
        return_code,
        cookie,
    });
    Ok(true)
}

/// Takes up to `room` of the calls from number `taken` on; says how many, and why not
/// as many as were wanted.
///
/// # Safety
/// As for the function of C.
#[inline]
unsafe fn submit<const N: usize>(
    (backend, process, caller): (&'static Backend, &'static Process, &'static Caller),
    first: u64,
    taken: u64,
    (room, wanted): (usize, usize),
) -> (usize, Result<(), Errno>) {
    let mut list = List {
        calls: [Call::NONE; N],
        cookies: [0; N],
    };
    let mut ended = if room < wanted {
        Err(Errno::AGAIN)
    } else {
        Ok(())
    };
    let mut count = 0;
    let mut window = Window::new();
    while count < room {
        let input = (taken + count as u64)
            .checked_mul(INPUT_SIZE)
            .and_then(|offset| first.checked_add(offset))
            .ok_or(Errno::FAULT);
        match input.and_then(|address| Call::read(&mut window, address)) {
            Ok((call, cookie)) => {
                list.calls[count] = call;
                list.cookies[count] = cookie;
            }
            Err(errno) => {
                ended = Err(errno);
                break;
            }
        }
        count += 1;
    }
    // SAFETY: the caller's promise.
    match unsafe { list.make(backend, process, caller, count) } {
        made if made == count => (count, ended),
        made => (made, Err(Errno::AGAIN)),
    }
}

/// Calls that are made as one batch.
struct List<const N: usize> {
    calls: [Call; N],
    cookies: [c_ulong; N],
}

impl<const N: usize> List<N> {
    /// Makes the first `count` calls, as far as they do not wait, and hands the others
    /// over; how many were taken.
    ///
    /// # Safety
    /// As for the function of C.
    #[inline]
    unsafe fn make(
        &self,
        backend: &'static Backend,
        process: &'static Process,
        caller: &'static Caller,
        count: usize,
    ) -> usize {
        let mut results = [0_i64; N];
        let program = self.calls.as_ptr().expose_provenance() as u64;
        let slots = results.as_mut_ptr().expose_provenance() as u64;
        let mut run = header(Format::Supersyscall, program, count as u64, slots);
        run.flags = FLAG_CONTINUE_ON_FAILURE;
        // SAFETY: program and results are this function's own; the caller vouches for
        // the calls.
        let mut memory = unsafe { Direct::new() };
        let mut told = 0;
        while told < count {
            // SAFETY: as above.
            let ended = unsafe { backend.first_try(&mut run, &mut memory) };
            let at = usize::try_from(run.pc).unwrap_or(count).min(count);
            while told < at {
                // It was written through its address.
                // SAFETY: a local, valid for reads.
                let return_code = unsafe { (&raw const results[told]).read_volatile() };
                self.complete(caller, told, return_code);
                told += 1;
            }
            if told == count || ended.is_none() && run.status == Status::OutOfFuel.raw() {
                continue;
            }
            let call = self.calls[told];
            let is_taken = match ended {
                // What became of the batch becomes of this call, and is no error of the
                // others.
                Some(Err(errno)) => {
                    self.complete(caller, told, -i64::from(errno.raw_os_error()));
                    true
                }
                Some(Ok(_)) | None if changes_its_thread(call.number) => {
                    self.complete(caller, told, make(backend, &call));
                    true
                }
                Some(Ok(_)) | None => hand_over(process, caller, call, self.cookies[told]),
            };
            if !is_taken {
                break;
            }
            told += 1;
            run = Run {
                pc: told as u64,
                fuel: (count - told) as u64,
                ..run
            };
        }
        told
    }

    fn complete(&self, caller: &Caller, index: usize, return_code: i64) {
        caller.calls.complete(Completion {
            return_code,
            cookie: self.cookies[index],
        });
    }
}

/// Has a call made on another thread; whether it will be.
#[cold]
fn hand_over(
    process: &'static Process,
    caller: &'static Caller,
    call: Call,
    cookie: c_ulong,
) -> bool {
    let blocked = Blocked::all();
    caller.calls.go_elsewhere();
    let job = Job::Call(Waiting {
        caller,
        call,
        cookie,
    });
    let handed_over = process.pool.submit(&blocked, job, WithoutThread::Refuse);
    if handed_over.is_err() {
        caller.calls.stay();
    }
    handed_over.is_ok()
}

/// Makes a call, as a batch of one.
fn make(backend: &Backend, call: &Call) -> i64 {
    let mut result = 0_i64;
    let program = ptr::from_ref(call).expose_provenance() as u64;
    let results = (&raw mut result).expose_provenance() as u64;
    let mut run = header(Format::Supersyscall, program, 1, results);
    // SAFETY: program and result are this function's own; whoever submitted the
    // call vouched for it.
    let mut memory = unsafe { Direct::new() };
    // SAFETY: as above.
    match unsafe { backend.run(&mut run, &mut memory) } {
        // It was written through its address.
        // SAFETY: a local, valid for reads.
        Ok(_) => unsafe { (&raw const result).read_volatile() },
        Err(errno) => -i64::from(errno.raw_os_error()),
    }
}

/// Waits until one of this thread's calls has completed and puts what became
/// of it into `*out`: the one that completed first, of those that have not
/// been awaited.
///
/// Returns 1. Fails with `EINTR` if a signal handler without `SA_RESTART` has
/// run, `ECHILD` if no call is out, `EFAULT` if `out` cannot be written; the
/// completion then stays.
///
/// In a signal's handler it may wait for what the code that was interrupted would do.
///
/// # Safety
/// `out` must be memory that may be written, or none.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sysbatch_compat_asys_await_completion(
    out: *mut Completion,
) -> c_long {
    let work = || {
        let process = Process::current()?;
        let calls = &of_this_thread(process)?.calls;
        let awaited = loop {
            let seen = calls.completed.seen();
            let runs = calls.is_any_elsewhere();
            if let Some(awaited) = calls.await_first() {
                break awaited;
            }
            if !runs {
                return Err(Errno::CHILD);
            }
            process.pool.see_to_work();
            calls.completed.wait(seen)?;
        };
        if !tell(out, awaited.completion) {
            calls.put_back(&awaited);
            return Err(Errno::FAULT);
        }
        calls.forget(&awaited);
        Ok(1)
    };
    uncancelled(|| errno::report(work))
}

/// Writes what became of a call; whether it could be written.
#[inline]
fn tell(out: *mut Completion, completion: Completion) -> bool {
    let address = out.expose_provenance() as u64;
    if Window::new().writes(address, size_of::<Completion>() as u64) {
        // SAFETY: it is memory that can be written, and the caller's promise.
        unsafe { out.write_unaligned(completion) };
        return true;
    }
    // SAFETY: the caller's promise.
    let mut memory = unsafe { Probed::new(0..0) };
    let code = completion.return_code.cast_unsigned();
    let cookie = address.checked_add(8).ok_or(sysbatch_engine::Fault);
    memory
        .store(address, Width::Eight, code)
        .and_then(|()| memory.store(cookie?, Width::Eight, completion.cookie))
        .is_ok()
}
