//! Entries by the names of slots and of other entries.

use sysbatch::abi::{BuiltIn, Entry, JUMP_EXIT, Mode, Repeat, Width};
use syscalls::Sysno;

use super::layout::{At, Slot};

/// An operand.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Operand {
    /// The value itself.
    Value(i64),
    /// What is in a result slot.
    Slot(Slot),
}

impl From<Slot> for Operand {
    fn from(slot: Slot) -> Self {
        Self::Slot(slot)
    }
}

impl From<i64> for Operand {
    fn from(value: i64) -> Self {
        Self::Value(value)
    }
}

/// Where an entry goes after a result.
#[derive(Clone, Copy, Debug)]
enum Go {
    Next,
    To(At),
    End,
    Exit,
}

/// An entry whose jumps are not offsets yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    entry: Entry,
    /// After a negative, a zero, a positive result.
    go: [Go; 3],
}

/// A system call.
pub(crate) fn call(call: Sysno, dst: Slot, operands: &[Operand]) -> Line {
    Line::new(call.id(), dst, operands)
}

/// `dst = a + b`.
pub(crate) fn add(dst: Slot, a: Slot, b: impl Into<Operand>) -> Line {
    Line::new(BuiltIn::Add.number(), dst, &[a.into(), b.into()])
}

/// `dst = a - b`.
pub(crate) fn sub(dst: Slot, a: Slot, b: impl Into<Operand>) -> Line {
    Line::new(BuiltIn::Sub.number(), dst, &[a.into(), b.into()])
}

/// `dst =` the word at `address + offset`.
pub(crate) fn load(width: Width, dst: Slot, address: Slot, offset: i64) -> Line {
    let operands = [address.into(), offset.into()];
    Line::new(BuiltIn::Load(width).number(), dst, &operands)
}

/// The word at `address + offset` `= value`.
pub(crate) fn store(width: Width, address: Slot, offset: i64, value: impl Into<Operand>) -> Line {
    let operands = [address.into(), offset.into(), value.into()];
    Line::new(BuiltIn::Store(width).number(), Slot::Temp, &operands)
}

impl Line {
    fn new(nr: i32, dst: Slot, operands: &[Operand]) -> Self {
        let mut entry = Entry {
            nr,
            dst: dst.place().slot(),
            ..Entry::default()
        };
        for (k, operand) in operands.iter().enumerate() {
            let (mode, value) = match *operand {
                Operand::Value(value) => (Mode::Immediate, value.cast_unsigned()),
                Operand::Slot(slot) => (Mode::Result, slot.place().slot().into()),
            };
            entry.modes |= mode.bits(k);
            entry.args[k] = value;
        }
        Self {
            entry,
            go: [Go::Next; 3],
        }
    }

    /// Repeats the call along a chain of records.
    pub(crate) fn repeated(mut self, repeat: Repeat) -> Self {
        self.entry = self.entry.repeated(repeat);
        self
    }

    /// Where to go after a negative result, or an error.
    pub(crate) fn neg(mut self, at: At) -> Self {
        self.go[0] = Go::To(at);
        self
    }

    /// Where to go after zero.
    pub(crate) fn zero(mut self, at: At) -> Self {
        self.go[1] = Go::To(at);
        self
    }

    /// Where to go after a positive result.
    pub(crate) fn pos(mut self, at: At) -> Self {
        self.go[2] = Go::To(at);
        self
    }

    /// Where to go whatever the result.
    pub(crate) fn goto(self, at: At) -> Self {
        self.neg(at).zero(at).pos(at)
    }

    /// Leaves the batch after a negative result.
    pub(crate) fn neg_exit(mut self) -> Self {
        self.go[0] = Go::Exit;
        self
    }

    /// Ends the batch after zero.
    pub(crate) fn zero_end(mut self) -> Self {
        self.go[1] = Go::End;
        self
    }

    /// The entry, at its place in the program.
    pub(crate) fn entry(self, index: usize) -> Entry {
        let offset = |to: usize| to as i16 - index as i16 - 1;
        let [on_neg, on_zero, on_pos] = self.go.map(|go| match go {
            Go::Next => 0,
            Go::To(at) => offset(at as usize),
            Go::End => offset(At::COUNT),
            Go::Exit => JUMP_EXIT,
        });
        Entry {
            on_neg,
            on_zero,
            on_pos,
            ..self.entry
        }
    }
}
