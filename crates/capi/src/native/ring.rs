//! Running batches asynchronously.
#![expect(unsafe_code, reason = "functions of C that run batches")]

use core::ffi::{c_int, c_uint};
use core::time::Duration;
use std::os::fd::AsRawFd as _;
use std::sync::Arc;

use rustix::io::Errno;
use sysbatch::abi::Run;
use sysbatch::{
    Access, EventError, FirstTry, Posted, RawCompletion, RawOutcome, RawRing, RawSubmit,
    RefusedReason, RingError, RingOptions, Shutdown, WaitError, WhenFull,
};

use super::backend::{Handle, handle};
use super::uninterrupted;
use crate::errno;

/// `SYSBATCH_RING_WAIT`.
const WAIT: c_uint = 1;
/// `SYSBATCH_RING_WORKER`.
const WORKER: c_uint = 2;

/// `struct sysbatch_ring`.
#[derive(Debug)]
pub struct RingHandle {
    ring: RawRing,
    access: Access,
}

/// `struct sysbatch_completion`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Completion {
    /// The value it was submitted with.
    pub user: u64,
    /// Its run header, as it was left.
    pub run: Run,
    /// Zero or a negated errno.
    pub error: c_int,
    /// Zero.
    pub reserved: c_int,
}

const _: () = assert!(size_of::<Completion>() == 112);

impl From<RawCompletion> for Completion {
    fn from(completion: RawCompletion) -> Self {
        Self {
            user: completion.user_value,
            run: completion.run,
            error: match completion.outcome {
                RawOutcome::Ran(Ok(_)) => 0,
                RawOutcome::Ran(Err(errno)) => errno::negated(errno),
                RawOutcome::Cancelled => errno::negated(Errno::CANCELED),
            },
            reserved: 0,
        }
    }
}

/// Makes a ring that runs batches asynchronously and puts it into `*ring`.
///
/// At most `capacity` batches may be out: waiting, running, or completed and
/// not taken. They run on at most `workers` threads of this process, which are
/// made when they are needed and end when they are not.
///
/// Returns 0; -EINVAL if `capacity` or `workers` is 0, -EFAULT for null,
/// -ENOMEM, -EMFILE or -ENFILE.
///
/// # Safety
/// `sysbatch` must be null or open, `ring` null or valid for writing.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sysbatch_ring_open(
    ring: *mut *mut RingHandle,
    sysbatch: *mut Handle,
    capacity: c_uint,
    workers: c_uint,
) -> c_int {
    uninterrupted(|| {
        // SAFETY: the caller's promise.
        let made = unsafe { handle(sysbatch) }.and_then(|handle| open(handle, capacity, workers));
        match made {
            Ok(_) if ring.is_null() => errno::negated(Errno::FAULT),
            Ok(made) => {
                // SAFETY: not null; the rest is the caller's promise.
                unsafe { ring.write(Box::into_raw(Box::new(made))) };
                0
            }
            Err(errno) => errno::negated(errno),
        }
    })
}

fn open(handle: &Handle, capacity: c_uint, workers: c_uint) -> Result<RingHandle, Errno> {
    let options = RingOptions::default()
        .capacity(capacity as usize)
        .workers(workers as usize);
    let ring = RawRing::new(Arc::clone(&handle.backend), options).map_err(|error| match error {
        RingError::NoCapacity | RingError::NoWorkers => Errno::INVAL,
        RingError::ForkPage { errno } => errno,
        _ => Errno::NOMEM,
    })?;
    Ok(RingHandle {
        ring,
        access: if handle.checked {
            Access::Checked
        } else {
            Access::Direct
        },
    })
}

/// A reference to what C handed in.
///
/// # Safety
/// `ring` must be null or from `sysbatch_ring_open` and not closed during `'a`.
unsafe fn given<'a>(ring: *const RingHandle) -> Result<&'a RingHandle, Errno> {
    // SAFETY: the caller's promise.
    unsafe { ring.as_ref() }.ok_or(Errno::FAULT)
}

/// Submits a batch, which completes exactly once, with `user` in its
/// completion: it has run, or was cancelled before any of it happened.
///
/// The run header is copied. The program, the results and whatever its calls
/// use must stay until it has completed. A batch must not end the thread that
/// it runs on.
///
/// What is known not to wait is run on this thread first, with
/// SYSBATCH_RING_WORKER in `flags` nothing is. If the ring is full it fails
/// with -EAGAIN, or waits with SYSBATCH_RING_WAIT.
///
/// Returns the number of the submission, to cancel it by; -EINVAL for unknown
/// flags or a misaligned header, -EFAULT for null, -ESHUTDOWN after
/// sysbatch_ring_shut_down, -ESTALE in a child of fork, or why no thread can be
/// made.
///
/// # Safety
/// The batch must be sound to run in this process until it has completed.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sysbatch_ring_submit(
    ring: *mut RingHandle,
    run: *const Run,
    user: u64,
    flags: c_uint,
) -> i64 {
    uninterrupted(|| {
        // SAFETY: the caller's promise.
        let posted = unsafe { submit(ring, run, user, flags) };
        match posted {
            Ok(posted) => posted.number().cast_signed(),
            Err(errno) => errno::negated(errno).into(),
        }
    })
}

/// # Safety
/// As for the function of C.
unsafe fn submit(
    ring: *const RingHandle,
    run: *const Run,
    user: u64,
    flags: c_uint,
) -> Result<Posted, Errno> {
    // SAFETY: the caller's promise.
    let handle = unsafe { given(ring) }?;
    if flags & !(WAIT | WORKER) != 0 || !run.is_aligned() {
        return Err(Errno::INVAL);
    }
    // SAFETY: aligned; the rest is the caller's promise.
    let run = unsafe { run.as_ref() }.ok_or(Errno::FAULT)?;
    let submission = RawSubmit {
        run: *run,
        owner: Box::new(()),
        access: handle.access,
        first_try: if flags & WORKER == 0 {
            FirstTry::Submitter
        } else {
            FirstTry::Nobody
        },
        when_full: if flags & WAIT != 0 {
            WhenFull::Wait
        } else {
            WhenFull::Refuse
        },
    };
    // SAFETY: what the batch uses stays until it has completed: the caller's
    // promise.
    unsafe { handle.ring.submit(submission, user) }.map_err(|error| match error.reason {
        RefusedReason::ShutDown => Errno::SHUTDOWN,
        RefusedReason::Forked => Errno::STALE,
        RefusedReason::Worker { errno } => errno,
        _ => Errno::AGAIN,
    })
}

/// Cancels a submission that has not started, which then completes with
/// -ECANCELED. Returns 1 if that is so, 0 if it has run, runs, will, or never
/// was; -EFAULT for null.
///
/// # Safety
/// `ring` must be null or open.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sysbatch_ring_cancel(
    ring: *mut RingHandle,
    submission: i64,
) -> c_int {
    uninterrupted(|| {
        // SAFETY: the caller's promise.
        match unsafe { given(ring) } {
            Ok(handle) => match u64::try_from(submission) {
                Ok(number) => handle.ring.cancel(Posted::from_number(number)).into(),
                Err(_) => 0,
            },
            Err(errno) => errno::negated(errno),
        }
    })
}

/// Waits until at least `min` batches have completed, or all that are out, and
/// writes up to `max` of them to `completions`, oldest first. With a `min` of 0
/// it does not wait. `milliseconds` bounds the wait; if negative nothing does.
///
/// Returns how many there are; -ETIMEDOUT if the time was up and none was
/// taken, -ECHILD if nothing is out that could complete and `min` is not 0,
/// -EINVAL if `min` is more than `max`, -EFAULT for null, -ESTALE in a child of
/// fork.
///
/// # Safety
/// `ring` must be null or open; `completions` null or valid for `max` of them.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sysbatch_ring_wait(
    ring: *mut RingHandle,
    completions: *mut Completion,
    max: c_uint,
    min: c_uint,
    milliseconds: c_int,
) -> c_int {
    uninterrupted(|| {
        // SAFETY: the caller's promise.
        let taken = match unsafe { given(ring) } {
            Ok(_) if completions.is_null() && max > 0 => Err(Errno::FAULT),
            Ok(_) if min > max || c_int::try_from(max).is_err() => Err(Errno::INVAL),
            Ok(handle) => wait(handle, max, min, milliseconds),
            Err(errno) => Err(errno),
        };
        match taken {
            Ok(taken) => {
                let count = taken.len() as c_int;
                for (index, completion) in taken.into_iter().enumerate() {
                    // SAFETY: there is room for `max`, and no more were taken.
                    let place = unsafe { completions.add(index) };
                    // SAFETY: as above.
                    unsafe { place.write(completion.into()) };
                }
                count
            }
            Err(errno) => errno::negated(errno),
        }
    })
}

fn wait(
    handle: &RingHandle,
    max: c_uint,
    min: c_uint,
    milliseconds: c_int,
) -> Result<Vec<RawCompletion>, Errno> {
    let timeout = u64::try_from(milliseconds).ok().map(Duration::from_millis);
    let taken = handle.ring.wait(min as usize, max as usize, timeout);
    taken.map_err(|error| match error {
        WaitError::TimedOut => Errno::TIMEDOUT,
        WaitError::Forked => Errno::STALE,
        _ => Errno::CHILD,
    })
}

/// A descriptor that is readable while completions wait, for poll and the like.
/// It is made when it is first asked for, with a high number, and stays the ring's:
/// it is not to be read, written or closed. -EFAULT for null, -ESTALE in a child of
/// fork, or why none can be made.
///
/// # Safety
/// `ring` must be null or open.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sysbatch_ring_fd(ring: *mut RingHandle) -> c_int {
    uninterrupted(|| {
        // SAFETY: the caller's promise.
        match unsafe { given(ring) } {
            Ok(handle) => match handle.ring.event() {
                Ok(event) => event.as_raw_fd(),
                Err(EventError::Event { errno }) => errno::negated(errno),
                Err(_) => errno::negated(Errno::STALE),
            },
            Err(errno) => errno::negated(errno),
        }
    })
}

/// Takes no more batches and waits until all that are out have completed; if
/// `cancel` is not 0, those that have not started complete with -ECANCELED.
/// Completions can still be taken. Returns 0, or -EFAULT for null.
///
/// # Safety
/// `ring` must be null or open.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sysbatch_ring_shut_down(
    ring: *mut RingHandle,
    cancel: c_int,
) -> c_int {
    uninterrupted(|| {
        // SAFETY: the caller's promise.
        match unsafe { given(ring) } {
            Ok(handle) => {
                handle.ring.shut_down(if cancel == 0 {
                    Shutdown::Drain
                } else {
                    Shutdown::Cancel
                });
                0
            }
            Err(errno) => errno::negated(errno),
        }
    })
}

/// Shuts the ring down, waits for all that is out, and frees it with the
/// completions that were not taken. In a child of fork it only closes the
/// child's copy. Null is closed already.
///
/// # Safety
/// `ring` must be null or open, and not be in use.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sysbatch_ring_close(ring: *mut RingHandle) {
    uninterrupted(|| {
        if !ring.is_null() {
            // SAFETY: it came from a box, and nobody uses it any more.
            drop(unsafe { Box::from_raw(ring) });
        }
    });
}
