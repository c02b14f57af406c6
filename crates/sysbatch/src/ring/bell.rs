//! A condition to wait for, which costs nothing while nobody does.

use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, MutexGuard, PoisonError};
use std::time::Instant;

/// A condition variable that knows whether anybody waits: ringing one that
/// nobody listens to is no system call.
#[derive(Debug, Default)]
pub(super) struct Bell {
    condition: Condvar,
    /// How many wait. It changes under the lock that guards the condition, so
    /// whoever changes the condition under that lock, and then rings, sees all
    /// who wait for it.
    waiting: AtomicUsize,
}

impl Bell {
    /// Waits until it rings, or until the deadline. It may also end for no
    /// reason.
    ///
    /// # Errors
    /// The lock, if the deadline has passed already.
    pub(super) fn wait<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        deadline: Option<Instant>,
    ) -> Result<MutexGuard<'a, T>, MutexGuard<'a, T>> {
        let left = match deadline {
            None => None,
            Some(deadline) => match deadline.checked_duration_since(Instant::now()) {
                None => return Err(guard),
                left => left,
            },
        };
        self.waiting.fetch_add(1, Ordering::Relaxed);
        // A poisoned lock is no matter here: see `Shared::lock`.
        let guard = match left {
            None => self
                .condition
                .wait(guard)
                .unwrap_or_else(PoisonError::into_inner),
            Some(left) => {
                let waited = self.condition.wait_timeout(guard, left);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        Ok(guard)
    }

    /// Wakes one who waits.
    pub(super) fn ring_one(&self) {
        if self.waiting.load(Ordering::Relaxed) > 0 {
            self.condition.notify_one();
        }
    }

    /// Wakes all who wait.
    pub(super) fn ring_all(&self) {
        if self.waiting.load(Ordering::Relaxed) > 0 {
            self.condition.notify_all();
        }
    }
}
