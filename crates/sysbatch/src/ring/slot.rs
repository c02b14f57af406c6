//! Where the completion of one submission waits for its owner.

use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::bell::Bell;
use super::submission::RawCompletion;

/// A place for one completion.
#[derive(Debug, Default)]
pub(super) struct Slot {
    state: Mutex<State>,
    filled: Bell,
}

#[derive(Debug, Default)]
struct State {
    completion: Option<RawCompletion>,
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
    pub(super) fn fill(&self, completion: RawCompletion) -> Option<Waker> {
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
    pub(super) fn wait(&self, timeout: Option<Duration>) -> Option<RawCompletion> {
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
    pub(super) fn poll(&self, context: &Context<'_>) -> Poll<RawCompletion> {
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
