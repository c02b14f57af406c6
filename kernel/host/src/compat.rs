// SPDX-License-Identifier: GPL-2.0-only
//! The interpreter's view of a 32-bit task.
//!
//! Its calls have numbers and arguments of their own, which are in other registers;
//! its memory and its signals are as those of any task. It has none of the short
//! ways of [`KernelHost`](crate::host::KernelHost): a step costs more, and the rules
//! are the same.

use sysbatch_abi::{Resume, Width, i386};
use sysbatch_engine::{Call, Fault, Host, Outcome};

use crate::departure::Departure;
use crate::registers::Registers;
use crate::restart::Restart;
use crate::shim::{self, Guard, Judged};

/// The calling task, in a 32-bit call.
#[derive(Debug)]
pub(crate) struct CompatHost {
    registers: Registers,
    /// That of an observed task.
    guard: Option<Guard>,
    departure: Departure,
    /// What there was when the batch was entered.
    fuel: u64,
}

impl CompatHost {
    /// The task with these registers, and with a guard if it is observed.
    pub(crate) const fn new(registers: Registers, guard: Option<Guard>) -> Self {
        Self {
            registers,
            guard,
            departure: Departure::new(),
            fuel: 0,
        }
    }

    /// How it is left.
    pub(crate) const fn departure(&self) -> &Departure {
        &self.departure
    }

    /// What the ioctl returns after [`Status::Trapped`](sysbatch_abi::Status).
    pub(crate) fn trapped(&self) -> i64 {
        self.registers.number().cast_signed()
    }

    /// Whether every call is to be handed back.
    fn is_watched(guard: Option<Guard>) -> bool {
        match guard {
            None => shim::is_watched(),
            Some(_) => shim::is_watched_beside_observers(),
        }
    }

    /// Makes a call, or says why not.
    fn make(&mut self, call: &Call, is_first: bool) -> Outcome {
        let Call {
            number,
            args,
            resume,
        } = call;
        let guard = self.guard;
        let is_fresh = *resume == Resume::Fresh;
        let is_handed_back = is_fresh && must_be_handed_back(*number, args);
        let instead = self.departure.instead(
            is_handed_back,
            || Self::is_watched(guard),
            *resume,
            is_first,
        );
        if let Some(outcome) = instead {
            return outcome;
        }
        let number = if is_fresh {
            *number
        } else {
            i386::RESTART_SYSCALL
        };
        let result = match shim::compat_call(number, args, self.registers, guard) {
            Judged::Returned(result) => result,
            Judged::Trapped => return Outcome::Trapped,
            Judged::NotMade | Judged::WouldWait => {
                return Outcome::Punt(sysbatch_abi::PuntReason::Watched);
            }
        };
        if Restart::may_be(result) {
            return self.departure.outcome_of_restart(result);
        }
        Outcome::Returned(seen(result))
    }
}

/// Whether a call is not made in a batch: it is known not to be one for that, or
/// nobody has looked.
fn must_be_handed_back(number: u32, args: &[u64; 6]) -> bool {
    i386::is_handed_back(number, args) || !i386::is_reviewed(number) && shim::is_compat_call(number)
}

/// What the program sees of a result, which has 32 bits: an error is a negative
/// number, and everything else is not, an address in the upper half for one.
fn seen(result: i64) -> i64 {
    if sysbatch_abi::is_errno(result) {
        result
    } else {
        result & i64::from(u32::MAX)
    }
}

impl Host for CompatHost {
    type Operands = [u64; 6];

    fn operands(&mut self) -> [u64; 6] {
        [0; 6]
    }

    fn load(&mut self, address: u64, width: Width) -> Result<u64, Fault> {
        shim::load(address, width)
    }

    fn store(&mut self, address: u64, width: Width, value: u64) -> Result<(), Fault> {
        shim::store(address, width, value)
    }

    fn load_words<const N: usize>(&mut self, address: u64) -> Result<[u64; N], Fault> {
        shim::load_words(address)
    }

    fn is_handed_back(number: u32, args: &[u64; 6]) -> bool {
        i386::is_handed_back(number, args)
    }

    fn call(&mut self, call: &Call) -> Outcome {
        self.make(call, false)
    }

    fn entered(&mut self, fuel: u64) {
        self.fuel = fuel;
    }

    fn call_at(&mut self, call: &Call, fuel: u64) -> Outcome {
        let is_first = fuel == self.fuel;
        self.make(call, is_first)
    }

    fn pending(&mut self) -> bool {
        self.departure.pending()
    }
}

#[cfg(test)]
#[path = "compat_tests.rs"]
mod tests;
