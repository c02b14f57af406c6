//! A lock that a signal's handler can take, too.
#![expect(unsafe_code, reason = "what the lock guards is borrowed")]

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicU32, Ordering};

use rustix::io::Errno;
use rustix::thread::futex;

use crate::signals::Blocked;

const FREE: u32 = 0;
const TAKEN: u32 = 1;
/// Taken, and somebody waits for it.
const AWAITED: u32 = 2;

/// Guards a value.
///
/// Whoever has it has all signals blocked, so it is never a handler's own thread
/// that has it. Nothing that allocates, and so takes locks of the C library, may be
/// done meanwhile: a thread that has one of those may be in a handler, waiting for
/// this one.
#[derive(Debug)]
pub(super) struct Lock<T> {
    word: AtomicU32,
    value: UnsafeCell<T>,
}

// SAFETY: the value is lent to one thread at a time.
unsafe impl<T: Send> Sync for Lock<T> {}

impl<T> Lock<T> {
    pub(super) const fn new(value: T) -> Self {
        Self {
            word: AtomicU32::new(FREE),
            value: UnsafeCell::new(value),
        }
    }

    /// Does something with the value, alone.
    pub(super) fn with<R>(&self, _: &Blocked, work: impl FnOnce(&mut T) -> R) -> R {
        let _taken = self.take();
        // SAFETY: the lock is taken until this returns, and no handler comes in; `work`
        // has no second borrow of it, for the lock is not reentrant.
        work(unsafe { &mut *self.value.get() })
    }

    fn take(&self) -> Taken<'_> {
        let word = &self.word;
        if word
            .compare_exchange(FREE, TAKEN, Ordering::Acquire, Ordering::Relaxed)
            .is_err()
        {
            while word.swap(AWAITED, Ordering::Acquire) != FREE {
                // Whatever it says, the word is looked at again.
                let _: Result<(), Errno> = futex::wait(word, futex::Flags::PRIVATE, AWAITED, None);
            }
        }
        Taken(word)
    }
}

struct Taken<'a>(&'a AtomicU32);

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if self.0.swap(FREE, Ordering::Release) == AWAITED {
            // It fails for a bad address only.
            let _: Result<usize, Errno> = futex::wake(self.0, futex::Flags::PRIVATE, 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time() {
        let lock = Lock::new(0_u64);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..10_000 {
                        lock.with(&Blocked::all(), |value| {
                            let before = *value;
                            core::hint::black_box(());
                            *value = before + 1;
                        });
                    }
                });
            }
        });
        assert_eq!(lock.with(&Blocked::all(), |value| *value), 40_000);
    }
}
