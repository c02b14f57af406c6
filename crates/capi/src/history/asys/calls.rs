//! The calls of a thread: how many are out, and what has completed.
//!
//! What completes is written by the thread itself, by handlers that interrupt it
//! anywhere, and by the threads that wait for it; it is read by the thread itself and by
//! its handlers. There is no lock: each place goes through its states by single
//! exchanges, so that whoever comes in between finds it whole, or leaves it alone.
#![expect(unsafe_code, reason = "memory of zeroes, which stays")]

use core::ffi::{c_long, c_ulong};
use core::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, AtomicUsize, Ordering};

use rustix::io::Errno;

use crate::history::event::Sequence;
use crate::history::mapped;

/// `struct asys_completion`: a call that has returned.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Completion {
    /// What it returned, errors as negated errnos.
    pub return_code: c_long,
    /// The cookie it was submitted with.
    pub cookie: c_ulong,
}

/// How many calls of a thread may run, or have completed and not been awaited.
pub(super) const OUT_MAX: usize = 65536;

/// How many places there are: room for all that are out, for what handlers add
/// meanwhile, and for those that were awaited before an older one.
const PLACES: u32 = 2 * OUT_MAX as u32;

/// Nothing is there, or not yet all of it.
const EMPTY: u32 = 0;
/// A completion is there.
const READY: u32 = 1;
/// It is being awaited.
const LEAVING: u32 = 2;
/// It has been.
const GONE: u32 = 3;

/// Room for one completion.
#[derive(Debug)]
struct Place {
    state: AtomicU32,
    code: AtomicI64,
    cookie: AtomicU64,
}

/// The calls of a thread.
#[derive(Debug)]
pub(super) struct Calls {
    places: &'static [Place],
    /// The number of the first place that is in use, and, above it, of the first that
    /// is not any more. Both count on for ever, by 32 bits.
    span: AtomicU64,
    /// How many calls are out.
    out: AtomicUsize,
    /// How many of them are made by other threads.
    elsewhere: AtomicUsize,
    pub(super) completed: Sequence,
}

/// A completion that is being awaited.
#[derive(Debug)]
pub(super) struct Awaited {
    number: u32,
    pub(super) completion: Completion,
}

const fn split(span: u64) -> (u32, u32) {
    (span as u32, (span >> 32) as u32)
}

const fn join(first: u32, end: u32) -> u64 {
    first as u64 | (end as u64) << 32
}

impl Calls {
    /// # Errors
    /// What `mmap(2)` fails with.
    pub(super) fn new() -> Result<Self, Errno> {
        Ok(Self {
            // SAFETY: atomic numbers may be zero.
            places: unsafe { mapped::zeroed(PLACES as usize) }?,
            span: AtomicU64::new(0),
            out: AtomicUsize::new(0),
            elsewhere: AtomicUsize::new(0),
            completed: Sequence::default(),
        })
    }

    fn place(&self, number: u32) -> &Place {
        &self.places[(number % PLACES) as usize]
    }

    /// Takes room for up to so many calls; for how many.
    pub(super) fn take_room(&self, wanted: usize) -> usize {
        let before = self.out.fetch_add(wanted, Ordering::Relaxed);
        let given = wanted.min(OUT_MAX.saturating_sub(before));
        self.out.fetch_sub(wanted - given, Ordering::Relaxed);
        given
    }

    /// Gives room for so many calls back.
    pub(super) fn give_room(&self, count: usize) {
        self.out.fetch_sub(count, Ordering::Relaxed);
    }

    /// A call for which there is room has completed.
    #[inline]
    pub(super) fn complete(&self, completion: Completion) {
        let mut span = self.span.load(Ordering::Acquire);
        let number = loop {
            let (first, end) = split(span);
            let longer = join(first, end.wrapping_add(1));
            let claimed =
                self.span
                    .compare_exchange(span, longer, Ordering::AcqRel, Ordering::Acquire);
            match claimed {
                Ok(_) => break end,
                Err(other) => span = other,
            }
        };
        let place = self.place(number);
        place.code.store(completion.return_code, Ordering::Relaxed);
        place.cookie.store(completion.cookie, Ordering::Relaxed);
        place.state.store(READY, Ordering::Release);
    }

    /// A call will complete on another thread.
    pub(super) fn go_elsewhere(&self) {
        self.elsewhere.fetch_add(1, Ordering::Relaxed);
    }

    /// It will not, after all.
    pub(super) fn stay(&self) {
        self.elsewhere.fetch_sub(1, Ordering::Relaxed);
    }

    /// It has.
    pub(super) fn complete_elsewhere(&self, completion: Completion) {
        self.complete(completion);
        self.elsewhere.fetch_sub(1, Ordering::Release);
        self.completed.advance();
    }

    /// Whether there is a call that another thread will complete.
    pub(super) fn is_any_elsewhere(&self) -> bool {
        self.elsewhere.load(Ordering::Acquire) > 0
    }

    /// The first completion that is there.
    #[inline]
    pub(super) fn await_first(&self) -> Option<Awaited> {
        let (mut number, end) = split(self.span.load(Ordering::Acquire));
        while number != end {
            let place = self.place(number);
            let taken =
                place
                    .state
                    .compare_exchange(READY, LEAVING, Ordering::Acquire, Ordering::Relaxed);
            if taken.is_ok() {
                return Some(Awaited {
                    number,
                    completion: Completion {
                        return_code: place.code.load(Ordering::Relaxed),
                        cookie: place.cookie.load(Ordering::Relaxed),
                    },
                });
            }
            number = number.wrapping_add(1);
        }
        None
    }

    /// It could not be told, and stays the first.
    pub(super) fn put_back(&self, awaited: &Awaited) {
        let place = self.place(awaited.number);
        place.state.store(READY, Ordering::Release);
    }

    /// It has been told.
    #[inline]
    pub(super) fn forget(&self, awaited: &Awaited) {
        let place = self.place(awaited.number);
        place.state.store(GONE, Ordering::Release);
        let span = self.move_on();
        let out = self.out.fetch_sub(1, Ordering::AcqRel) - 1;
        let (first, end) = split(span);
        if out == 0 && first == end {
            // The same few places again and again, rather than all of them. If anything
            // has come in between it is left for the next time.
            let _ = self
                .span
                .compare_exchange(span, 0, Ordering::AcqRel, Ordering::Relaxed);
        }
    }

    /// Leaves the places behind that are gone; the span that there is then.
    #[inline]
    fn move_on(&self) -> u64 {
        let mut span = self.span.load(Ordering::Acquire);
        loop {
            let (first, end) = split(span);
            // Whoever empties a place moves on from it, and nobody else does.
            let is_emptied = first != end
                && self
                    .place(first)
                    .state
                    .compare_exchange(GONE, EMPTY, Ordering::AcqRel, Ordering::Relaxed)
                    .is_ok();
            if !is_emptied {
                return span;
            }
            loop {
                let shorter = join(first.wrapping_add(1), split(span).1);
                let moved =
                    self.span
                        .compare_exchange(span, shorter, Ordering::AcqRel, Ordering::Acquire);
                match moved {
                    Ok(_) => {
                        span = shorter;
                        break;
                    }
                    Err(other) => span = other,
                }
            }
        }
    }

    /// Makes it another thread's, if nobody can know of it any more.
    pub(super) fn recycle(&self) -> bool {
        if self.is_any_elsewhere() {
            return false;
        }
        let (first, end) = split(self.span.load(Ordering::Acquire));
        let mut number = first;
        while number != end {
            self.place(number).state.store(EMPTY, Ordering::Relaxed);
            number = number.wrapping_add(1);
        }
        self.span.store(0, Ordering::Release);
        self.out.store(0, Ordering::Release);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completion(number: u64) -> Completion {
        Completion {
            return_code: -number.cast_signed(),
            cookie: number,
        }
    }

    /// Awaits one.
    fn take(calls: &Calls) -> Option<u64> {
        let awaited = calls.await_first()?;
        assert_eq!(
            awaited.completion.return_code,
            -awaited.completion.cookie.cast_signed()
        );
        calls.forget(&awaited);
        Some(awaited.completion.cookie)
    }

    #[test]
    fn first_completed_first_awaited() {
        let calls = Calls::new().unwrap();
        let mut next = 0;
        for round in 0..2_000 {
            for number in 0..round % 100 {
                assert_eq!(calls.take_room(1), 1);
                calls.complete(completion(next + number));
            }
            for number in 0..round % 100 {
                assert_eq!(take(&calls), Some(next + number));
            }
            next += round % 100;
            assert_eq!(take(&calls), None);
            // All over again.
            assert_eq!(calls.span.load(Ordering::Relaxed), 0);
        }
    }

    #[test]
    fn more_than_there_are_places() {
        let calls = Calls::new().unwrap();
        // Where the counts begin again.
        let near = u32::MAX - 1000;
        calls.span.store(join(near, near), Ordering::Relaxed);
        calls.take_room(1);
        calls.complete(completion(0));
        for number in 1..u64::from(2 * PLACES) {
            assert_eq!(calls.take_room(1), 1);
            calls.complete(completion(number));
            assert_eq!(take(&calls), Some(number - 1));
        }
        assert_eq!(calls.take_room(OUT_MAX), OUT_MAX - 1);
        assert_eq!(calls.take_room(1), 0);
    }

    #[test]
    fn one_that_is_not_whole_is_left_alone() {
        let calls = Calls::new().unwrap();
        assert_eq!(calls.take_room(4), 4);
        for number in 0..4 {
            calls.complete(completion(number));
        }
        // As if a handler had come before it was all there.
        calls.place(0).state.store(EMPTY, Ordering::Relaxed);
        let second = calls.await_first().unwrap();
        assert_eq!(second.completion.cookie, 1);
        // A handler awaits while that one is being told.
        assert_eq!(take(&calls), Some(2));
        calls.put_back(&second);
        assert_eq!(take(&calls), Some(1));
        calls.place(0).state.store(READY, Ordering::Relaxed);
        assert_eq!(take(&calls), Some(0));
        assert_eq!(take(&calls), Some(3));
        assert_eq!(calls.span.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn many_threads_complete() {
        let calls = Calls::new().unwrap();
        let mut seen = vec![false; 40_000];
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let calls = &calls;
                scope.spawn(move || {
                    for number in 0..10_000 {
                        while calls.take_room(1) == 0 {}
                        calls.go_elsewhere();
                        calls.complete_elsewhere(completion(thread * 10_000 + number));
                    }
                });
            }
            let mut left = seen.len();
            while left > 0 {
                if let Some(number) = take(&calls) {
                    assert!(!core::mem::replace(&mut seen[number as usize], true));
                    left -= 1;
                }
            }
        });
        assert!(!calls.is_any_elsewhere());
    }

    #[test]
    fn what_a_thread_has_left_is_no_other_ones() {
        let calls = Calls::new().unwrap();
        assert_eq!(calls.take_room(2), 2);
        calls.complete(completion(1));
        calls.go_elsewhere();
        assert!(!calls.recycle());
        calls.complete_elsewhere(completion(2));
        assert!(calls.recycle());
        assert_eq!(take(&calls), None);
        assert_eq!(calls.take_room(OUT_MAX), OUT_MAX);
    }
}
