//! Where the completion of one submission waits for its owner.

use core::fmt;
use core::ops::Deref;
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::bell::Bell;
use super::job::Done;

/// One of the slots that were made together, with which it shares its memory.
#[derive(Clone)]
pub(super) struct Place {
    slots: Arc<[Slot]>,
    index: usize,
}

impl Place {
    /// One alone.
    pub(super) fn new() -> Self {
        Self {
            slots: Arc::new([Slot::default()]),
            index: 0,
        }
    }

    /// So many.
    pub(super) fn many(count: usize) -> impl ExactSizeIterator<Item = Self> {
        let slots: Arc<[Slot]> = (0..count).map(|_| Slot::default()).collect();
        (0..count).map(move |index| Self {
            slots: Arc::clone(&slots),
            index,
        })
    }
}

impl Deref for Place {
    type Target = Slot;

    fn deref(&self) -> &Slot {
        &self.slots[self.index]
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place").finish_non_exhaustive()
    }
}

/// A place for one completion.
#[derive(Default)]
pub(super) struct Slot {
    state: Mutex<State>,
    filled: Bell,
}

#[derive(Default)]
struct State {
    completion: Option<Done>,
    /// Whether it has been taken.
    taken: bool,
    waker: Option<Waker>,
}

impl Slot {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is locked but a foreign waker when cloned or
        // dropped, which leaves it as it was.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts the completion there; returns who is to be woken.
    pub(super) fn fill(&self, completion: Done) -> Option<Waker> {
        let mut state = self.lock();
        state.completion = Some(completion);
        let waker = state.waker.take();
        drop(state);
        self.filled.ring_all();
        waker
    }

    /// Whether a completion is or was there.
    pub(super) fn is_filled(&self) -> bool {
        let state = self.lock();
        state.taken || state.completion.is_some()
    }

    /// Waits for the completion, so long at most.
    ///
    /// # Panics
    /// If it was taken before.
    pub(super) fn wait(&self, timeout: Option<Duration>) -> Option<Done> {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut state = self.lock();
        loop {
            assert!(!state.taken, "a ticket was waited for after it was ready");
            if let Some(completion) = state.completion.take() {
                state.taken = true;
                return Some(completion);
            }
            state = self.filled.wait(state, deadline).ok()?;
        }
    }

    /// Takes the completion, or notes who is to be woken when it comes.
    ///
    /// # Panics
    /// If it was taken before.
    pub(super) fn poll(&self, context: &Context<'_>) -> Poll<Done> {
        let mut state = self.lock();
        assert!(!state.taken, "a ticket was polled after it was ready");
        if let Some(completion) = state.completion.take() {
            state.taken = true;
            return Poll::Ready(completion);
        }
        let waker = context.waker();
        if !state.waker.as_ref().is_some_and(|old| old.will_wake(waker)) {
            // The old one is dropped when nothing is locked.
            let new = waker.clone();
            let old = state.waker.replace(new);
            drop(state);
            drop(old);
        }
        Poll::Pending
    }
}
