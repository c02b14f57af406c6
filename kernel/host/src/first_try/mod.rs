// SPDX-License-Identifier: GPL-2.0-only
//! The first try: calls are made as long as they do not wait.
//!
//! A call is made in one of three ways, and never in another form where that can be
//! avoided:
//!
//! - *as it is*, if it never waits, or a look has shown that what it would wait for is
//!   there (`calls`, `files`);
//! - *unless it waits*: every wait that a signal can interrupt is broken as by a signal
//!   that was there before the call. The calls for which this is done are those
//!   which, so interrupted, have had no effect, and for which a signal changes nothing
//!   when there is no need to wait (`calls`);
//! - *opened from the cache*: `open(2)` and `openat(2)` for reading, as `openat2(2)`
//!   that looks for names in the cache alone.
//!
//! Of a task that is observed, calls are made as they are, or not: its observers would
//! see the others twice, or in another form.

mod calls;
mod files;

use sysbatch_engine::{Atom, Head, Made, Turn};

use crate::registers::Registers;
use crate::restart::Restart;
use crate::shim::Judged;
use crate::watch::Watch;
use calls::{Manner, manner};

pub(crate) use calls::Open;

/// The errors of a call that has waited for a signal, or of a name that is in no cache.
const EINTR: i64 = -4;
const EAGAIN: i64 = -11;

/// The task is watched in this way, and its calls are not to wait.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FirstTry<W> {
    watch: W,
    /// The address of bytes of the task's that may be overwritten, or zero.
    scratch: u64,
}

impl<W> FirstTry<W> {
    /// A first try of a task that is watched so.
    pub(crate) const fn new(watch: W) -> Self {
        Self { watch, scratch: 0 }
    }
}

/// A number with which the kernel may have a call, and the number itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numbered<N> {
    known: N,
    number: u32,
}

impl<W: Watch> Watch for FirstTry<W> {
    type Number = Numbered<W::Number>;

    const CONTINUES: bool = false;

    #[inline(always)]
    fn lend(&mut self, scratch: u64) {
        self.scratch = scratch;
    }

    #[inline(always)]
    fn turn<const HEAD: usize>(made: Option<Made>, entry: u64, registers: Registers) -> Head {
        W::turn::<HEAD>(made, entry, registers)
    }

    #[inline(always)]
    fn turn_to_pointer(made: Made, entry: u64, registers: Registers) -> Turn<u64> {
        W::turn_to_pointer(made, entry, registers)
    }

    #[inline(always)]
    fn turn_to_atom(made: Made, entry: u64, registers: Registers) -> Turn<Atom> {
        W::turn_to_atom(made, entry, registers)
    }

    #[inline(always)]
    fn is_clear() -> bool {
        W::is_clear()
    }

    fn is_watched() -> bool {
        W::is_watched()
    }

    #[inline(always)]
    fn number(number: u32) -> Result<Self::Number, i64> {
        W::number(number).map(|known| Numbered { known, number })
    }

    #[inline(always)]
    fn is_made_at_once(number: Self::Number) -> bool {
        W::is_made_at_once(number.known)
    }

    #[inline(never)]
    fn call(self, number: Self::Number, registers: Registers) -> Judged {
        let attempt = match manner(number.number, registers) {
            Manner::AsItIs => return self.watch.call(number.known, registers),
            Manner::UnlessItWaits => self.watch.unless_waiting(number.known, registers),
            Manner::FromTheCache(open) if self.scratch != 0 => {
                match self.watch.open_cached(open, registers, self.scratch) {
                    // The name is in no cache, or a lease has to be broken.
                    Some(EAGAIN) => None,
                    attempt => attempt,
                }
            }
            Manner::FromTheCache(_) | Manner::Waits => None,
        };
        attempt.map_or(Judged::WouldWait, judged)
    }
}

/// What an attempt came to. If it would have waited it has not happened, be it that a
/// signal has come, too: that is handled before whoever has time to wait makes the call.
const fn judged(result: i64) -> Judged {
    if result == EINTR || Restart::from_result(result).is_some() {
        Judged::WouldWait
    } else {
        Judged::Returned(result)
    }
}

#[cfg(test)]
mod tests;
