//! From operations to the entries of the native encoding.
//!
//! Each entry writes the result slot with its own index; behind those lie the
//! slots of the parameters. An operation becomes one entry, preceded by the
//! checks that it needs, and by what keeps a descriptor from being closed
//! twice.

use sysbatch_abi::{BuiltIn, DST_OWN_INDEX, Entry, JUMP_EXIT, Mode, Width};

use super::error::BuildError;
use super::flow::{Flow, Place, place};
use super::handle::Target;
use super::operand::{Kind, Operand};
use super::operation::Operation;

/// What a result slot holds before anything wrote it. No system call returns
/// it; as a length and as a descriptor it is an error (its low half is −1).
pub(super) const NOT_EXECUTED: i64 = i64::MIN | 0xFFFF_FFFF;
/// What it holds, in a batch with loops, once the operation was skipped because what it needs
/// is missing. It is no length and no descriptor either.
pub(super) const SKIPPED: i64 = i64::MIN | 0x2_FFFF_FFFF;
/// What the slot of a descriptor holds once that is closed or taken.
pub(super) const GONE: i64 = i64::MIN | 0x1_FFFF_FFFF;

/// Whether an operation was executed with this in its result slot.
pub(super) const fn is_executed(slot: i64) -> bool {
    slot != NOT_EXECUTED && slot != SKIPPED
}

/// A batch laid out.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) entries: Vec<Entry>,
    /// For each operation, the entry that does it.
    pub(super) main: Vec<usize>,
    /// For each operation, its first entry.
    first: Vec<usize>,
    /// Whether an operation can be come by more than once.
    pub(super) loops: bool,
}

/// A batch as built, with what is known of it.
struct Layout<'a> {
    operations: &'a [Operation],
    labels: &'a [Option<usize>],
    flow: Flow,
    /// Address of the result slots; known once their number is.
    results: u64,
    program: Program,
}

impl Program {
    /// Lays the operations out. `results` is asked for the address of as many
    /// result slots as there are entries, with those of the parameters behind.
    pub(super) fn new(
        operations: &[Operation],
        labels: &[Option<usize>],
        has_fuel: bool,
        results: impl FnOnce(usize) -> u64,
    ) -> Result<Self, BuildError> {
        let loops = check(operations, labels, has_fuel)?;
        let mut layout = Layout {
            operations,
            labels,
            flow: Flow::of(operations, labels, loops),
            results: 0,
            program: Self {
                entries: Vec::new(),
                main: Vec::with_capacity(operations.len()),
                first: Vec::with_capacity(operations.len() + 1),
                loops,
            },
        };
        let entries = layout.measure();
        layout.results = results(entries);
        layout.program.entries.reserve_exact(entries);
        for index in 0..operations.len() {
            layout.lay(index)?;
        }
        Ok(layout.program)
    }

    /// The operation that an entry belongs to.
    pub(super) fn operation(&self, entry: usize) -> Option<usize> {
        if entry >= self.entries.len() {
            return None;
        }
        Some(self.main.partition_point(|&main| main < entry))
    }

    /// An entry that leads on from an operation of a batch with loops if it is skipped.
    pub(super) fn skips(&self, operation: usize) -> usize {
        // Behind the check; each check of an operation leads to the same place.
        self.first[operation] + 1
    }
}

/// Checks that each branch leads somewhere; returns whether one leads back.
fn check(
    operations: &[Operation],
    labels: &[Option<usize>],
    has_fuel: bool,
) -> Result<bool, BuildError> {
    let mut loops = false;
    for (at, operation) in operations.iter().enumerate() {
        let (name, index) = (operation.name(), operation.index);
        for target in operation.targets() {
            match place(target, labels) {
                None => return Err(BuildError::UnplacedLabel { name, index }),
                Some(Place::Before(to)) if to <= at => {
                    if !has_fuel {
                        return Err(BuildError::FuelNeeded { name, index });
                    }
                    loops = true;
                }
                Some(_) => {}
            }
        }
    }
    Ok(loops)
}

impl Layout<'_> {
    /// The operations whose results have to be checked before this one.
    fn checks(&self, index: usize) -> Vec<usize> {
        let mut checks: Vec<usize> = self.operations[index]
            .needs()
            .filter(|&needed| self.flow.must_check(self.operations, index, needed))
            .collect();
        checks.sort_unstable();
        checks.dedup();
        checks
    }

    /// Finds the entries of each operation; returns how many there are.
    fn measure(&mut self) -> usize {
        let mut entries = 0;
        for (index, operation) in self.operations.iter().enumerate() {
            self.program.first.push(entries);
            let checks = self.checks(index).len();
            entries += if self.program.loops {
                2 * checks + if operation.closes.is_some() { 2 } else { 0 }
            } else {
                checks
            };
            self.program.main.push(entries);
            entries += 1;
        }
        self.program.first.push(entries);
        entries
    }

    /// Appends the entries of an operation.
    fn lay(&mut self, index: usize) -> Result<(), BuildError> {
        let operation = &self.operations[index];
        for needed in self.checks(index) {
            let mut check = self.entry(BuiltIn::Set.number(), &[self.result(needed)]);
            if !self.program.loops {
                check.on_neg = self.jump(index, self.flow.failure(index))?;
                self.program.entries.push(check);
                continue;
            }
            // What an earlier round left in the slot is cleared.
            (check.on_zero, check.on_pos) = (1, 1);
            self.program.entries.push(check);
            let mut clear = self.store(self.program.main[index], SKIPPED);
            clear.on_neg = self.jump(index, self.flow.failure(index))?;
            self.program.entries.push(clear);
        }
        let mut args = operation.args;
        if let (Some(opened), true) = (operation.closes, self.program.loops) {
            // The slot is cleared first, so that wherever the batch stops a
            // descriptor is at worst left open, never closed twice.
            let copy = self.program.entries.len();
            let save = self.entry(BuiltIn::Set.number(), &[self.result(opened)]);
            self.program.entries.push(save);
            let clear = self.store(self.program.main[opened], GONE);
            self.program.entries.push(clear);
            args[0] = Operand::ZERO;
            let mut close = self.main(index, &args)?;
            close.modes = Mode::Result.bits(0);
            close.args[0] = copy as u64;
            self.program.entries.push(close);
            return Ok(());
        }
        let main = self.main(index, &args)?;
        self.program.entries.push(main);
        Ok(())
    }

    /// The entry that does an operation.
    fn main(&self, index: usize, args: &[Operand; 6]) -> Result<Entry, BuildError> {
        let operation = &self.operations[index];
        let mut entry = self.entry(operation.nr, &args.map(|operand| operand.kind));
        let to = |target: Option<Target>| {
            target
                .and_then(|target| place(target, self.labels))
                .unwrap_or(Place::Before(index + 1))
        };
        entry.on_neg = self.jump(index, self.flow.failure(index))?;
        entry.on_zero = self.jump(index, to(operation.on_zero))?;
        entry.on_pos = self.jump(index, to(operation.on_positive))?;
        Ok(entry)
    }

    /// The result of an operation.
    fn result(&self, operation: usize) -> Kind {
        Kind::Result {
            operation,
            guarded: false,
        }
    }

    /// An entry that writes a value to a result slot, and has it as its own.
    fn store(&self, slot: usize, value: i64) -> Entry {
        let value = Kind::Immediate(value.cast_unsigned());
        let args = [self.slot_address(slot), Kind::Immediate(0), value];
        self.entry(BuiltIn::Store(Width::Eight).number(), &args)
    }

    /// The address of a result slot.
    fn slot_address(&self, slot: usize) -> Kind {
        Kind::Immediate(self.results + slot as u64 * 8)
    }

    /// An entry that goes on to the next whatever comes.
    fn entry(&self, nr: i32, args: &[Kind]) -> Entry {
        let mut entry = Entry {
            nr,
            dst: DST_OWN_INDEX,
            ..Entry::default()
        };
        for (k, &kind) in args.iter().enumerate() {
            let (mode, value) = self.argument(kind);
            entry.modes |= mode.bits(k);
            entry.args[k] = value;
        }
        entry
    }

    /// An operand as an argument of an entry.
    fn argument(&self, kind: Kind) -> (Mode, u64) {
        let params = self.program.first[self.operations.len()];
        match kind {
            Kind::Immediate(value) => (Mode::Immediate, value),
            Kind::Memory(address) => (Mode::Memory, address),
            Kind::Result { operation, .. } => (Mode::Result, self.program.main[operation] as u64),
            Kind::Param(index) => (Mode::Result, (params + index) as u64),
            Kind::ParamAddress(index) => self.argument(self.slot_address(params + index)),
        }
    }

    /// The offset that leads from the next entry, which is one of operation
    /// `index`, to a place.
    fn jump(&self, index: usize, to: Place) -> Result<i16, BuildError> {
        let Place::Before(to) = to else {
            return Ok(JUMP_EXIT);
        };
        let from = self.program.entries.len() + 1;
        let distance = self.program.first[to] as i64 - from as i64;
        i16::try_from(distance)
            .ok()
            .filter(|&offset| offset != JUMP_EXIT)
            .ok_or(BuildError::JumpTooFar {
                name: self.operations[index].name(),
                index: self.operations[index].index,
                distance,
            })
    }
}
