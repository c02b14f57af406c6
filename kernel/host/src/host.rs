// SPDX-License-Identifier: GPL-2.0-only
//! The interpreter's view of the task that entered the module.

use core::mem::MaybeUninit;

use sysbatch_abi::{PuntReason, Resume, Run, Status, Width, is_handed_back, is_reviewed};
use sysbatch_engine::{Atom, Call, Cursor, Fault, Head, Host, Made, Operands, Outcome, Turn};

use crate::departure::Departure;
use crate::registers::Registers;
use crate::restart::Restart;
use crate::shim::{self, Implemented, Judged};
use crate::watch::Watch;

/// Number of `restart_syscall(2)`, which continues a call by its restart block.
const RESTART_SYSCALL: u32 = 219;

/// The calling task: its memory, its system calls, its signals.
#[derive(Debug)]
pub(crate) struct KernelHost<W> {
    registers: Registers,
    watch: W,
    departure: Departure,
    /// What there was when the batch was entered.
    fuel: u64,
}

impl<W: Watch> KernelHost<W> {
    /// The task with these registers, watched so.
    pub(crate) const fn new(registers: Registers, watch: W) -> Self {
        Self {
            registers,
            watch,
            departure: Departure::new(),
            fuel: 0,
        }
    }

    /// How it is left.
    #[inline(always)]
    pub(crate) const fn departure(&self) -> &Departure {
        &self.departure
    }

    /// What the ioctl returns after [`Status::Trapped`](sysbatch_abi::Status):
    /// what the handler is to find as the call's number, in the register of the
    /// result.
    #[cold]
    pub(crate) fn trapped(&self) -> i64 {
        self.registers.number().cast_signed()
    }

    /// Makes a call of a task that may be watched or have a signal waiting, or
    /// one that may have to be handed back, as all are while the module is switched
    /// off.
    #[cold]
    fn call_with_care(
        &mut self,
        number: u32,
        registers: Registers,
        resume: Resume,
        is_first: bool,
    ) -> Outcome {
        let is_fresh = resume == Resume::Fresh;
        let is_handed_back = is_fresh && must_be_handed_back(number, registers);
        let instead = self
            .departure
            .instead(is_handed_back, W::is_watched, resume, is_first);
        if let Some(outcome) = instead {
            return outcome;
        }
        if !is_fresh && !W::CONTINUES {
            return Outcome::Punt(PuntReason::WouldWait);
        }
        let number = if is_fresh { number } else { RESTART_SYSCALL };
        match W::number(number) {
            Ok(number) => self.make(number, registers),
            Err(result) => Outcome::Returned(result),
        }
    }

    /// Makes a call, and says what its result means.
    #[inline(always)]
    fn make(&mut self, number: W::Number, registers: Registers) -> Outcome {
        let result = match self.watch.call(number, registers) {
            Judged::Returned(result) => result,
            Judged::Trapped => return Outcome::Trapped,
            Judged::NotMade => return Outcome::Punt(PuntReason::Watched),
            Judged::WouldWait => return Outcome::Punt(PuntReason::WouldWait),
        };
        if Restart::may_be(result) {
            return self.departure.outcome_of_restart(result);
        }
        Outcome::Returned(result)
    }
}

/// Whether a call is not made in a batch: it is known not to be one for that, or
/// nobody has looked, for the kernel that has it is newer than the review.
fn must_be_handed_back(number: u32, registers: Registers) -> bool {
    is_handed_back(number, &arguments(registers))
        || !is_reviewed(number) && Implemented::new(number).is_some()
}

/// The arguments of a call.
fn arguments(registers: Registers) -> [u64; 6] {
    core::array::from_fn(|index| registers.get(index))
}

impl<W: Watch> Host for KernelHost<W> {
    type Operands = Registers;

    const FIRST_TRY: bool = !W::CONTINUES;

    #[inline(always)]
    fn lend(&mut self, scratch: u64) {
        self.watch.lend(scratch);
    }

    #[inline(always)]
    fn operands(&mut self) -> Registers {
        self.registers
    }

    #[inline(always)]
    fn load(&mut self, address: u64, width: Width) -> Result<u64, Fault> {
        shim::load(address, width)
    }

    #[inline(always)]
    fn store(&mut self, address: u64, width: Width, value: u64) -> Result<(), Fault> {
        shim::store(address, width, value)
    }

    #[inline(always)]
    fn load_words<const N: usize>(&mut self, address: u64) -> Result<[u64; N], Fault> {
        shim::load_words(address)
    }

    #[inline(always)]
    fn call(&mut self, call: &Call<Registers>) -> Outcome {
        self.call_with_care(call.number, call.args, call.resume, false)
    }

    #[inline(always)]
    fn entered(&mut self, fuel: u64) {
        self.fuel = fuel;
    }

    #[inline(always)]
    fn call_at(&mut self, call: &Call<Registers>, fuel: u64) -> Outcome {
        let is_first = fuel == self.fuel;
        self.call_with_care(call.number, call.args, call.resume, is_first)
    }

    fn pending(&mut self) -> bool {
        self.departure.pending()
    }

    #[inline(always)]
    fn read_entry<const HEAD: usize>(
        &mut self,
        entry: u64,
        registers: &mut Registers,
    ) -> Result<Head, Fault> {
        match shim::read_entry::<HEAD>(entry, *registers) {
            head if head.is_no_entry() => read_slowly::<HEAD>(entry, *registers),
            head => Ok(head),
        }
    }

    #[inline(always)]
    fn turn<const HEAD: usize>(
        &mut self,
        made: Option<Made>,
        entry: u64,
        registers: &mut Registers,
    ) -> Head {
        W::turn::<HEAD>(made, entry, *registers)
    }

    #[inline(always)]
    fn load_operands(
        &mut self,
        addresses: [u64; 2],
        registers: &mut Registers,
    ) -> Result<(), Fault> {
        shim::load_operands(addresses, *registers)
    }

    #[inline(always)]
    fn gather(&mut self, address: u64, registers: &mut Registers) -> Result<u64, Fault> {
        shim::gather(address, *registers)
    }

    #[inline(always)]
    fn turn_to_pointer(&mut self, made: Made, entry: u64, registers: &mut Registers) -> Turn<u64> {
        W::turn_to_pointer(made, entry, *registers)
    }

    #[inline(always)]
    fn turn_to_atom(&mut self, made: Made, entry: u64, registers: &mut Registers) -> Turn<Atom> {
        W::turn_to_atom(made, entry, *registers)
    }

    #[inline(always)]
    fn is_clear(&mut self) -> bool {
        W::is_clear()
    }

    #[inline(always)]
    fn call_now(&mut self, number: u32, registers: &Registers) -> Outcome {
        let implemented = match W::number(number) {
            Ok(implemented) => implemented,
            Err(result) => return Outcome::Returned(result),
        };
        if !W::is_made_at_once(implemented) {
            return self.call_with_care(number, *registers, Resume::Fresh, false);
        }
        self.make(implemented, *registers)
    }

    #[inline(always)]
    fn load_header<'a>(
        &mut self,
        address: u64,
        place: &'a mut MaybeUninit<Run>,
    ) -> Result<&'a Run, Fault> {
        shim::load_header(address, place)
    }

    #[inline(always)]
    fn store_header(&mut self, address: u64, cursor: &Cursor, status: Status) -> Result<(), Fault> {
        shim::store_header(address, cursor, status)
    }
}

/// Reads an entry in a way that tells a fault from anything else. Only this
/// reading counts.
#[cold]
fn read_slowly<const HEAD: usize>(entry: u64, mut registers: Registers) -> Result<Head, Fault> {
    let (head, args) = if HEAD == 1 {
        let [first, args @ ..]: [u64; 7] = shim::load_words(entry)?;
        (Head::new(first, 0), args)
    } else {
        let [first, second, args @ ..]: [u64; 8] = shim::load_words(entry)?;
        (Head::new(first, second), args)
    };
    for (index, arg) in args.into_iter().enumerate() {
        registers.set(index, arg);
    }
    Ok(head)
}

#[cfg(test)]
#[path = "host_tests.rs"]
mod tests;
