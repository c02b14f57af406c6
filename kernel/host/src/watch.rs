// SPDX-License-Identifier: GPL-2.0-only
//! Who decides about the calls of the task besides the task itself.
//!
//! A task is observed if seccomp filters are to be asked about its calls, or audit
//! is to be told of them and has no rules. A batch of a task that is observed when
//! it enters the module has that done for each sub-call. Everything else that
//! watches a task, and filters that come while a batch runs which began without
//! observers, have the calls handed back. So there are two kinds of batches from
//! the beginning, and one without observers pays nothing for those with.

use sysbatch_engine::{Atom, Head, Made, Turn};

use crate::first_try::Open;
use crate::registers::Registers;
use crate::shim::{self, Guard, Implemented, Judged};

/// The result of a number that no system call has.
const ENOSYS: i64 = -38;

/// How a batch is watched, as was found when it began.
pub(crate) trait Watch: Copy {
    /// A number that [`call`](Self::call) takes.
    type Number: Copy;

    /// Whether calls may wait, and are continued after a signal; else this is a
    /// [first try](sysbatch_engine::Host::FIRST_TRY).
    const CONTINUES: bool = true;

    /// Told the scratch bytes of a first try.
    #[inline(always)]
    fn lend(&mut self, scratch: u64) {
        let _ = scratch;
    }

    /// Stores a result, if there is one, reads an entry and looks at the task.
    fn turn<const HEAD: usize>(made: Option<Made>, entry: u64, registers: Registers) -> Head;

    /// The same for an entry that a pointer at `entry` leads to.
    fn turn_to_pointer(made: Made, entry: u64, registers: Registers) -> Turn<u64>;

    /// The same for an atom.
    fn turn_to_atom(made: Made, entry: u64, registers: Registers) -> Turn<Atom>;

    /// Whether nothing has to be done before the next call, and nobody watches
    /// that it would have to be handed back for.
    fn is_clear() -> bool;

    /// Whether every call is to be handed back.
    fn is_watched() -> bool;

    /// The number, or the result if it is known from that alone.
    fn number(number: u32) -> Result<Self::Number, i64>;

    /// Whether such a call is made without a second look.
    fn is_made_at_once(number: Self::Number) -> bool;

    /// Makes a call with the arguments in the registers.
    fn call(self, number: Self::Number, registers: Registers) -> Judged;

    /// Makes a call with its waits broken as by a signal, or none if that would be
    /// seen.
    #[inline(always)]
    fn unless_waiting(self, number: Self::Number, registers: Registers) -> Option<i64> {
        let _ = (number, registers);
        None
    }

    /// Opens a file if its name is in the cache, or none if that would be seen.
    #[inline(always)]
    fn open_cached(self, open: Open, registers: Registers, scratch: u64) -> Option<i64> {
        let _ = (open, registers, scratch);
        None
    }
}

/// The task was not observed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unobserved;

impl Watch for Unobserved {
    type Number = Implemented;

    #[inline(always)]
    fn turn<const HEAD: usize>(made: Option<Made>, entry: u64, registers: Registers) -> Head {
        match made {
            Some(Made { slot, result }) => {
                shim::turn::<HEAD, false>(slot, result, entry, registers)
            }
            None => shim::first::<HEAD, false>(entry, registers),
        }
    }

    #[inline(always)]
    fn turn_to_pointer(made: Made, entry: u64, registers: Registers) -> Turn<u64> {
        shim::turn_to_pointer::<false>(made.slot, made.result, entry, registers)
    }

    #[inline(always)]
    fn turn_to_atom(made: Made, entry: u64, registers: Registers) -> Turn<Atom> {
        shim::turn_to_atom::<false>(made.slot, made.result, entry, registers)
    }

    #[inline(always)]
    fn is_clear() -> bool {
        shim::is_clear()
    }

    fn is_watched() -> bool {
        shim::is_watched()
    }

    #[inline(always)]
    fn number(number: u32) -> Result<Implemented, i64> {
        Implemented::new(number).ok_or(ENOSYS)
    }

    #[inline(always)]
    fn is_made_at_once(number: Implemented) -> bool {
        shim::is_made_at_once(number)
    }

    #[inline(always)]
    fn call(self, number: Implemented, registers: Registers) -> Judged {
        Judged::Returned(shim::dispatch(number, registers))
    }

    #[inline(always)]
    fn unless_waiting(self, number: Implemented, registers: Registers) -> Option<i64> {
        Some(shim::dispatch_unless_waiting(number, registers))
    }

    #[inline(always)]
    fn open_cached(self, open: Open, registers: Registers, scratch: u64) -> Option<i64> {
        Some(shim::open_cached(open, registers, scratch))
    }
}

/// The task is observed. Numbers that no call has are, too.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Observed(pub(crate) Guard);

impl Watch for Observed {
    type Number = u32;

    #[inline(always)]
    fn turn<const HEAD: usize>(made: Option<Made>, entry: u64, registers: Registers) -> Head {
        match made {
            Some(Made { slot, result }) => shim::turn::<HEAD, true>(slot, result, entry, registers),
            None => shim::first::<HEAD, true>(entry, registers),
        }
    }

    #[inline(always)]
    fn turn_to_pointer(made: Made, entry: u64, registers: Registers) -> Turn<u64> {
        shim::turn_to_pointer::<true>(made.slot, made.result, entry, registers)
    }

    #[inline(always)]
    fn turn_to_atom(made: Made, entry: u64, registers: Registers) -> Turn<Atom> {
        shim::turn_to_atom::<true>(made.slot, made.result, entry, registers)
    }

    #[inline(always)]
    fn is_clear() -> bool {
        shim::is_clear_beside_observers()
    }

    fn is_watched() -> bool {
        shim::is_watched_beside_observers()
    }

    #[inline(always)]
    fn number(number: u32) -> Result<u32, i64> {
        Ok(number)
    }

    #[inline(always)]
    fn is_made_at_once(number: u32) -> bool {
        shim::may_be_made_at_once(number)
    }

    #[inline(always)]
    fn call(self, number: u32, registers: Registers) -> Judged {
        let Self(guard) = self;
        shim::judge(number, registers, guard)
    }
}
