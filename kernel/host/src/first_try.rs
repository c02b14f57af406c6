// SPDX-License-Identifier: GPL-2.0-only
//! The first try: calls are made as long as they do not wait.

use sysbatch_abi::never_waits;
use sysbatch_engine::{Atom, Head, Made, Operands, Turn};

use crate::registers::Registers;
use crate::shim::Judged;
use crate::watch::Watch;

/// The task is watched in this way, and its calls are not to wait.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FirstTry<W> {
    watch: W,
}

impl<W> FirstTry<W> {
    /// A first try of a task that is watched so.
    pub(crate) const fn new(watch: W) -> Self {
        Self { watch }
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

    #[inline(always)]
    fn call(self, number: Self::Number, registers: Registers) -> Judged {
        let args = core::array::from_fn(|index| registers.get(index));
        if never_waits(number.number, &args) {
            self.watch.call(number.known, registers)
        } else {
            Judged::WouldWait
        }
    }
}

#[cfg(test)]
#[path = "first_try_tests.rs"]
mod tests;
