//! What is kept for each head: how much is out, what found no place in the
//! ring, and how to wait.
#![expect(unsafe_code, reason = "functions of C")]

use core::ffi::{c_int, c_long, c_ulong};
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use rustix::event::EventfdFlags;
use rustix::io::Errno;

use super::heads::Heads;
use super::user::{AsyncHeadUser, User};
use crate::cancellation::uncancelled;
use crate::errno;
use crate::history::descriptor::Event;
use crate::history::event::Sequence;
use crate::history::lock::Lock;
use crate::history::mapped::Queue;
use crate::history::process::Process;
use crate::signals::Blocked;

/// A head that has been used.
#[derive(Debug)]
pub(in crate::history) struct Head {
    /// Zero if it is that of none now.
    pub(super) address: AtomicU64,
    state: Lock<State>,
    posted: Sequence,
    /// How many atoms a syslet may run; zero if that is not bounded.
    budget: AtomicU64,
    /// How many atoms wait for a place, to be looked at without the lock.
    waiting: AtomicUsize,
}

/// What is written under the lock. Nothing that is done with it allocates.
#[derive(Debug)]
struct State {
    /// Syslets that run elsewhere.
    running: usize,
    /// Atoms for which the ring had no place.
    waiting: Queue<u64>,
    /// Whether there have been completions.
    has_posted: bool,
    /// There is none until somebody asks for it.
    event: Option<Event>,
}

impl Head {
    pub(super) const fn new(address: u64) -> Self {
        Self {
            address: AtomicU64::new(address),
            state: Lock::new(State {
                running: 0,
                waiting: Queue::new(),
                has_posted: false,
                event: None,
            }),
            posted: Sequence::new(),
            budget: AtomicU64::new(0),
            waiting: AtomicUsize::new(0),
        }
    }

    fn address(&self) -> u64 {
        self.address.load(Ordering::Relaxed)
    }

    /// The number of the descriptor that tells of completions, of those before, too.
    fn descriptor(&self) -> Result<c_int, Errno> {
        self.state.with(&Blocked::all(), |state| {
            if let Some(event) = &state.event {
                return Ok(event.number());
            }
            let new = Event::new(state.has_posted.into(), EventfdFlags::NONBLOCK)?;
            Ok(state.event.insert(new).number())
        })
    }

    /// How many atoms a syslet may run.
    pub(super) fn fuel(&self) -> u64 {
        match self.budget.load(Ordering::Relaxed) {
            0 => u64::MAX,
            budget => budget,
        }
    }

    /// A syslet goes elsewhere; there will be room to note its completion.
    ///
    /// # Errors
    /// `EAGAIN` if there is no memory for that.
    pub(super) fn start(&self, blocked: &Blocked) -> Result<(), Errno> {
        self.state.with(blocked, |state| {
            let all = state.waiting.len() + state.running + 1;
            state.waiting.reserve(all).map_err(|_| Errno::AGAIN)?;
            state.running += 1;
            Ok(())
        })
    }

    /// It does not, after all.
    pub(super) fn unstart(&self, blocked: &Blocked) {
        self.state.with(blocked, |state| state.running -= 1);
        self.posted.advance();
    }

    /// A syslet that went elsewhere is over. Without an atom it posts nothing.
    pub(super) fn complete(&self, user: &mut User, atom: Option<u64>) {
        self.state.with(&Blocked::all(), |state| {
            state.running -= 1;
            if let Some(atom) = atom {
                // There is room since it was started.
                let _: Result<(), Errno> = state.waiting.push(atom);
            }
            // A ring that cannot be reached now may be when it is waited for.
            let _: Result<bool, Errno> = self.post_waiting(user, state);
            if atom.is_some() {
                state.has_posted = true;
                if let Some(event) = &state.event {
                    event.add(1);
                }
            }
        });
        self.posted.advance();
    }

    /// Moves what waits into the ring; whether nothing waits any more.
    fn post_waiting(&self, user: &mut User, state: &mut State) -> Result<bool, Errno> {
        let posted = self.post(user, state);
        self.waiting.store(state.waiting.len(), Ordering::Release);
        posted
    }

    fn post(&self, user: &mut User, state: &mut State) -> Result<bool, Errno> {
        while let Some(&atom) = state.waiting.front() {
            if !user.post(self.address(), atom)? {
                return Ok(false);
            }
            state.waiting.pop();
        }
        Ok(true)
    }

    /// Sees that a completion would find a place.
    ///
    /// # Errors
    /// `EAGAIN` if completions are waiting for one; `EFAULT` or `EINVAL` if
    /// head or ring are bad.
    #[inline]
    pub(super) fn make_room(&self, user: &mut User) -> Result<(), Errno> {
        if self.waiting.load(Ordering::Acquire) == 0 {
            return Ok(());
        }
        let is_free = self
            .state
            .with(&Blocked::all(), |state| self.post_waiting(user, state))?;
        if is_free { Ok(()) } else { Err(Errno::AGAIN) }
    }

    /// Waits for `min` completions from an index of the ring on.
    fn wait(&self, process: &'static Process, min: u64, index: u64) -> Result<(), Errno> {
        let mut user = User::new();
        loop {
            let seen = self.posted.seen();
            let ring = user.ring(self.address())?;
            if min > ring.slots || index >= ring.slots {
                return Err(Errno::INVAL);
            }
            let running = self.state.with(&Blocked::all(), |state| {
                self.post_waiting(&mut user, state)?;
                Ok(state.running)
            })?;
            if user.completions(ring, index, min)? >= min {
                return Ok(());
            }
            if running == 0 && self.posted.seen() == seen {
                return Err(Errno::CHILD);
            }
            process.pool.see_to_work();
            self.posted.wait(seen)?;
        }
    }

    /// Forgets all that is kept.
    ///
    /// # Errors
    /// `EBUSY` if a syslet runs or a completion has found no place.
    fn release(&self) -> Result<(), Errno> {
        self.state.with(&Blocked::all(), |state| {
            if state.running > 0 || !state.waiting.is_empty() {
                return Err(Errno::BUSY);
            }
            state.has_posted = false;
            state.event = None;
            self.budget.store(0, Ordering::Relaxed);
            self.address.store(0, Ordering::Release);
            Ok(())
        })
    }
}

/// Waits until there are at least `min_wait_events` completions in the ring of
/// `head`, from `user_ring_idx` on.
///
/// Returns 0. Fails with `ECHILD` if there are fewer and no syslet runs that
/// could post one, `EINTR` if a signal handler without `SA_RESTART` has run,
/// `EINVAL` if the ring has not that many places, or is misaligned or empty,
/// `EFAULT` if head or ring cannot be reached.
///
/// # Safety
/// `head` and its ring must be memory for that, or none.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sysbatch_compat_async_wait(
    min_wait_events: c_ulong,
    user_ring_idx: c_ulong,
    head: *mut AsyncHeadUser,
) -> c_long {
    let work = || {
        let address = head.expose_provenance() as u64;
        User::new().ring(address)?;
        let process = Process::current()?;
        let head = process.heads.of(address)?;
        head.wait(process, min_wait_events, user_ring_idx)?;
        Ok(0)
    };
    uncancelled(|| errno::report(work))
}

/// A descriptor that becomes readable when a syslet posts a completion to the
/// ring of `head`. It is an `eventfd(2)` that does not block: read it, then
/// look at the ring until it is empty. If there have been completions it is
/// readable to begin with. It stays the library's; do not close it.
///
/// Fails with `EFAULT` for null, `EMFILE` or `ENFILE`.
///
/// # Safety
/// None but that a head which is freed is released before.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sysbatch_compat_async_head_fd(head: *mut AsyncHeadUser) -> c_int {
    let work = || {
        let address = given(head)?;
        Ok(heads()?.of(address)?.descriptor()?.into())
    };
    uncancelled(|| errno::report(work)) as c_int
}

/// Bounds how many atoms each syslet with this head may run from now on; zero
/// means that it may run as many as it likes. One that would run more ends
/// there: on the caller's thread with the error `ELOOP`, elsewhere by posting
/// the atom that did not run, with `-ELOOP` as its result.
///
/// Returns 0. Fails with `EFAULT` for null, `EMFILE` or `ENFILE`.
///
/// # Safety
/// None but that a head which is freed is released before.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sysbatch_compat_async_head_budget(
    head: *mut AsyncHeadUser,
    atoms: c_ulong,
) -> c_int {
    let work = || {
        let address = given(head)?;
        let head = heads()?.of(address)?;
        head.budget.store(atoms, Ordering::Relaxed);
        Ok(0)
    };
    uncancelled(|| errno::report(work)) as c_int
}

/// Forgets a head that is not used any more, and closes its descriptor.
///
/// Returns 0. Fails with `EFAULT` for null, `EBUSY` if a syslet runs or a
/// completion has found no place in the ring.
///
/// # Safety
/// No other thread may use the head meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sysbatch_compat_async_head_release(
    head: *mut AsyncHeadUser,
) -> c_int {
    let work = || {
        let address = given(head)?;
        if let Some(head) = heads()?.find(address) {
            head.release()?;
        }
        Ok(0)
    };
    uncancelled(|| errno::report(work)) as c_int
}

fn heads() -> Result<&'static Heads, Errno> {
    Ok(&Process::current()?.heads)
}

fn given(head: *mut AsyncHeadUser) -> Result<u64, Errno> {
    if head.is_null() {
        return Err(Errno::FAULT);
    }
    Ok(head.expose_provenance() as u64)
}
