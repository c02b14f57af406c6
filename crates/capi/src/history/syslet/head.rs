//! What is kept for each head: how much is out, what found no place in the
//! ring, and how to wait.
#![expect(unsafe_code, reason = "functions of C")]

use core::ffi::{c_int, c_long, c_ulong};
use core::sync::atomic::{AtomicU64, Ordering};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use rustix::event::EventfdFlags;
use rustix::io::Errno;

use super::user::{AsyncHeadUser, User};
use crate::errno;
use crate::history::descriptor::Event;
use crate::history::event::Sequence;
use crate::history::process::Process;

/// A head that has been used.
#[derive(Debug)]
pub(in crate::history) struct Head {
    address: u64,
    state: Mutex<State>,
    posted: Sequence,
    /// There is none until somebody asks for it.
    event: OnceLock<Event>,
    /// How many atoms a syslet may run; zero if that is not bounded.
    budget: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    /// Syslets that run elsewhere.
    running: usize,
    /// Atoms for which the ring had no place.
    waiting: VecDeque<u64>,
    /// Whether there have been completions.
    has_posted: bool,
}

impl Head {
    /// What is kept for the head at an address.
    pub(super) fn of(address: u64) -> Result<Arc<Self>, Errno> {
        let mut heads = heads();
        if let Some(head) = heads.get(&address) {
            return Ok(Arc::clone(head));
        }
        let head = Arc::new(Self {
            address,
            state: Mutex::default(),
            posted: Sequence::default(),
            event: OnceLock::new(),
            budget: AtomicU64::new(0),
        });
        heads.insert(address, Arc::clone(&head));
        Ok(head)
    }

    /// The descriptor that tells of completions, of those before, too.
    fn event(&self) -> Result<&Event, Errno> {
        let state = self.lock();
        if let Some(event) = self.event.get() {
            return Ok(event);
        }
        let new = Event::new(state.has_posted.into(), EventfdFlags::NONBLOCK)?;
        Ok(self.event.get_or_init(|| new))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many atoms a syslet may run.
    pub(super) fn fuel(&self) -> u64 {
        match self.budget.load(Ordering::Relaxed) {
            0 => u64::MAX,
            budget => budget,
        }
    }

    /// A syslet goes elsewhere.
    pub(super) fn start(&self) {
        self.lock().running += 1;
    }

    /// It does not, after all.
    pub(super) fn unstart(&self) {
        self.lock().running -= 1;
        self.posted.advance();
    }

    /// A syslet that went elsewhere is over. Without an atom it posts nothing.
    pub(super) fn complete(&self, user: &mut User, atom: Option<u64>) {
        let mut state = self.lock();
        state.running -= 1;
        state.waiting.extend(atom);
        // A ring that cannot be reached now may be when it is waited for.
        let _: Result<bool, Errno> = self.post_waiting(user, &mut state);
        state.has_posted |= atom.is_some();
        let event = self.event.get();
        drop(state);
        if atom.is_some()
            && let Some(event) = event
        {
            event.add(1);
        }
        self.posted.advance();
    }

    /// Moves what waits into the ring; whether nothing waits any more.
    fn post_waiting(&self, user: &mut User, state: &mut State) -> Result<bool, Errno> {
        while let Some(&atom) = state.waiting.front() {
            if !user.post(self.address, atom)? {
                return Ok(false);
            }
            state.waiting.pop_front();
        }
        Ok(true)
    }

    /// Sees that a completion would find a place.
    ///
    /// # Errors
    /// `EAGAIN` if completions are waiting for one; `EFAULT` or `EINVAL` if
    /// head or ring are bad.
    pub(super) fn make_room(&self, user: &mut User) -> Result<(), Errno> {
        user.ring(self.address)?;
        let mut state = self.lock();
        if self.post_waiting(user, &mut state)? {
            Ok(())
        } else {
            Err(Errno::AGAIN)
        }
    }

    /// Waits for `min` completions from an index of the ring on.
    fn wait(&self, min: u64, index: u64) -> Result<(), Errno> {
        let mut user = User::new();
        loop {
            let seen = self.posted.seen();
            let ring = user.ring(self.address)?;
            if min > ring.slots || index >= ring.slots {
                return Err(Errno::INVAL);
            }
            let mut state = self.lock();
            self.post_waiting(&mut user, &mut state)?;
            let running = state.running;
            drop(state);
            if user.completions(ring, index, min)? >= min {
                return Ok(());
            }
            if running == 0 && self.posted.seen() == seen {
                return Err(Errno::CHILD);
            }
            self.posted.wait(seen)?;
        }
    }
}

fn heads() -> MutexGuard<'static, std::collections::HashMap<u64, Arc<Head>>> {
    let heads = &Process::current().heads;
    heads.lock().unwrap_or_else(PoisonError::into_inner)
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
pub unsafe extern "C" fn sysbatch_compat_async_wait(
    min_wait_events: c_ulong,
    user_ring_idx: c_ulong,
    head: *mut AsyncHeadUser,
) -> c_long {
    errno::report(|| {
        let address = head.expose_provenance() as u64;
        User::new().ring(address)?;
        Head::of(address)?.wait(min_wait_events, user_ring_idx)?;
        Ok(0)
    })
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
pub unsafe extern "C" fn sysbatch_compat_async_head_fd(head: *mut AsyncHeadUser) -> c_int {
    let result = errno::report(|| {
        let address = given(head)?;
        Ok(Head::of(address)?.event()?.number().into())
    });
    result as c_int
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
pub unsafe extern "C" fn sysbatch_compat_async_head_budget(
    head: *mut AsyncHeadUser,
    atoms: c_ulong,
) -> c_int {
    let result = errno::report(|| {
        let address = given(head)?;
        Head::of(address)?.budget.store(atoms, Ordering::Relaxed);
        Ok(0)
    });
    result as c_int
}

/// Forgets a head that is not used any more, and closes its descriptor.
///
/// Returns 0. Fails with `EFAULT` for null, `EBUSY` if a syslet runs or a
/// completion has found no place in the ring.
///
/// # Safety
/// No other thread may use the head meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sysbatch_compat_async_head_release(head: *mut AsyncHeadUser) -> c_int {
    let result = errno::report(|| {
        let address = given(head)?;
        let mut heads = heads();
        if let Some(head) = heads.get(&address) {
            let state = head.lock();
            if state.running > 0 || !state.waiting.is_empty() {
                return Err(Errno::BUSY);
            }
        }
        heads.remove(&address);
        Ok(0)
    });
    result as c_int
}

fn given(head: *mut AsyncHeadUser) -> Result<u64, Errno> {
    if head.is_null() {
        return Err(Errno::FAULT);
    }
    Ok(head.expose_provenance() as u64)
}
