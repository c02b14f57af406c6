//! asys: single calls that run asynchronously, as fibrils did.
//!
//! Submissions and completions belong to the thread that submits, as they did
//! in the original.
#![expect(unsafe_code, reason = "functions of C that make system calls")]

use core::cell::RefCell;
use core::ffi::{c_int, c_long, c_ulong};
use core::ptr;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::io::Errno;
use sysbatch::abi::{Format, Width};
use sysbatch::{Backend, Direct, Memory as _};

use super::event::Sequence;
use super::pool;
use super::process::Process;
use super::program::{backend, header};
use crate::errno;
use crate::memory::Probed;

/// `struct asys_input`: a call to be made.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Input {
    /// Its number.
    pub syscall_nr: c_int,
    /// Comes back with its completion.
    pub cookie: c_ulong,
    /// How many arguments there are, 6 at most.
    pub nr_args: c_ulong,
    /// The arguments.
    pub args: *mut c_ulong,
}

const INPUT_SIZE: u64 = size_of::<Input>() as u64;
const _: () = assert!(INPUT_SIZE == 32);

/// `struct asys_completion`: a call that has returned.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Completion {
    /// What it returned, errors as negated errnos.
    pub return_code: c_long,
    /// The cookie it was submitted with.
    pub cookie: c_ulong,
}

/// How many calls of a thread may run, or have completed and not been awaited.
const OUT_MAX: usize = 65536;

/// The calls of a thread.
#[derive(Debug, Default)]
struct Calls {
    state: Mutex<State>,
    completed: Sequence,
}

#[derive(Debug, Default)]
struct State {
    completions: VecDeque<Completion>,
    running: usize,
}

impl Calls {
    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn complete(&self, completion: Completion) {
        self.with(|state| {
            state.running -= 1;
            state.completions.push_back(completion);
        });
        self.completed.advance();
    }
}

thread_local! {
    static CALLS: RefCell<Option<(&'static Process, Arc<Calls>)>> = const { RefCell::new(None) };
}

/// The calls of this thread. Those that were made before `fork(2)` are the
/// parent's.
fn calls() -> Arc<Calls> {
    let process = Process::current();
    CALLS.with_borrow_mut(|slot| match slot {
        Some((owner, calls)) if ptr::eq(*owner, process) => Arc::clone(calls),
        _ => {
            let calls = Arc::new(Calls::default());
            // What a parent's threads had locked is not touched.
            if let Some(old) = slot.replace((process, Arc::clone(&calls))) {
                core::mem::forget(old);
            }
            calls
        }
    })
}

/// A call with its arguments, as `struct supersyscall_args` has it.
#[repr(C)]
struct Call {
    number: u64,
    args: [u64; 6],
}

/// Makes each of `n` calls on a thread of its own and returns how many were
/// taken, all unless one is wrong or there is no room.
///
/// Arguments are read at once; what they point to has to stay until the call
/// has completed. A call that works on its caller's frame completes with
/// `-ENOSYS`. If none is taken it fails: `EFAULT` for what cannot be read,
/// `EINVAL` for more than 6 arguments, `EAGAIN` if too many calls are out.
///
/// # Safety
/// The calls must be sound to make until they have completed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sysbatch_compat_asys_submit(input: *mut Input, n: c_ulong) -> c_long {
    errno::report(|| {
        let backend = backend()?;
        let calls = calls();
        let first = input.expose_provenance() as u64;
        for index in 0..n {
            let taken = index
                .checked_mul(INPUT_SIZE)
                .and_then(|offset| first.checked_add(offset))
                .ok_or(Errno::FAULT)
                .and_then(read)
                .and_then(|(call, cookie)| submit(backend, &calls, call, cookie));
            match taken {
                Ok(()) => {}
                Err(errno) if index == 0 => return Err(errno),
                Err(_) => return Ok(index as c_long),
            }
        }
        Ok(n as c_long)
    })
}

/// Reads a call and its cookie.
fn read(address: u64) -> Result<(Call, c_ulong), Errno> {
    // SAFETY: it is used for reading.
    let mut memory = unsafe { Probed::new(0..0) };
    let [number, cookie, count, args]: [u64; 4] =
        memory.load_words(address).map_err(|_| Errno::FAULT)?;
    let mut call = Call {
        // The other half is padding.
        number: u64::from(number as u32),
        args: [0; 6],
    };
    let count = usize::try_from(count).map_err(|_| Errno::INVAL)?;
    let wanted = call.args.get_mut(..count).ok_or(Errno::INVAL)?;
    for (arg, offset) in wanted.iter_mut().zip((0..).step_by(8)) {
        let address = args.checked_add(offset).ok_or(Errno::FAULT)?;
        *arg = memory
            .load(address, Width::Eight)
            .map_err(|_| Errno::FAULT)?;
    }
    Ok((call, cookie))
}

/// Has a call made.
fn submit(
    backend: &'static Backend,
    calls: &Arc<Calls>,
    call: Call,
    cookie: c_ulong,
) -> Result<(), Errno> {
    calls.with(|state| {
        if state.running + state.completions.len() >= OUT_MAX {
            return Err(Errno::AGAIN);
        }
        state.running += 1;
        Ok(())
    })?;
    let completing = Arc::clone(calls);
    let spawned = pool::spawn(Box::new(move || {
        let return_code = make(backend, &call);
        completing.complete(Completion {
            return_code,
            cookie,
        });
    }));
    if spawned.is_err() {
        calls.with(|state| state.running -= 1);
    }
    spawned
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
/// # Safety
/// `out` must be memory that may be written, or none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sysbatch_compat_asys_await_completion(out: *mut Completion) -> c_long {
    errno::report(|| {
        let calls = calls();
        let completion = loop {
            let seen = calls.completed.seen();
            let (first, running) =
                calls.with(|state| (state.completions.pop_front(), state.running));
            match first {
                Some(completion) => break completion,
                None if running == 0 => return Err(Errno::CHILD),
                None => calls.completed.wait(seen)?,
            }
        };
        let address = out.expose_provenance() as u64;
        // SAFETY: the caller's promise.
        let mut memory = unsafe { Probed::new(0..0) };
        let code = completion.return_code.cast_unsigned();
        let cookie = address.checked_add(8).ok_or(sysbatch_engine::Fault);
        let stored = memory
            .store(address, Width::Eight, code)
            .and_then(|()| memory.store(cookie?, Width::Eight, completion.cookie));
        if stored.is_err() {
            calls.with(|state| state.completions.push_front(completion));
            return Err(Errno::FAULT);
        }
        Ok(1)
    })
}
