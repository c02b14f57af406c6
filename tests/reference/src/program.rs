//! Entries, written the way a test reads best.

use sysbatch_abi::{ARGUMENT_COUNT, BuiltIn, DST_OWN_INDEX, ENTRY_SIZE, Entry, Mode};

/// An argument with its mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
    /// The value itself.
    Immediate(u64),
    /// The value of a result slot.
    Result(u64),
    /// The 64-bit word at an address.
    Memory(u64),
}

impl From<u64> for Operand {
    fn from(value: u64) -> Self {
        Self::Immediate(value)
    }
}

/// A built-in with these operands; the result goes to the entry's own slot
/// and the next entry follows.
#[must_use]
pub fn built_in(builtin: BuiltIn, operands: &[Operand]) -> Entry {
    entry(builtin.number(), operands)
}

/// A system call with these operands; the result goes to the entry's own slot
/// and the next entry follows.
///
/// # Panics
/// If the number does not fit an entry.
#[must_use]
pub fn call(number: u32, operands: &[Operand]) -> Entry {
    entry(
        i32::try_from(number).expect("a call number is at most 31 bits"),
        operands,
    )
}

fn entry(nr: i32, operands: &[Operand]) -> Entry {
    assert!(operands.len() <= ARGUMENT_COUNT);
    let mut entry = Entry {
        nr,
        dst: DST_OWN_INDEX,
        ..Entry::default()
    };
    for (k, operand) in operands.iter().enumerate() {
        let (mode, arg) = match *operand {
            Operand::Immediate(value) => (Mode::Immediate, value),
            Operand::Result(slot) => (Mode::Result, slot),
            Operand::Memory(address) => (Mode::Memory, address),
        };
        entry.modes |= mode.bits(k);
        entry.args[k] = arg;
    }
    entry
}

/// What a test changes in an entry.
pub trait EntryExt {
    /// Sends the result to this slot.
    #[must_use]
    fn to_slot(self, slot: u16) -> Self;
    /// Sets the three jump offsets: negative, zero, positive.
    #[must_use]
    fn jumps(self, on_neg: i16, on_zero: i16, on_pos: i16) -> Self;
}

impl EntryExt for Entry {
    fn to_slot(mut self, slot: u16) -> Self {
        self.dst = slot;
        self
    }

    fn jumps(mut self, on_neg: i16, on_zero: i16, on_pos: i16) -> Self {
        self.on_neg = on_neg;
        self.on_zero = on_zero;
        self.on_pos = on_pos;
        self
    }
}

/// The bytes of an entry, field by field as `docs/abi.md` has them.
#[must_use]
pub fn encode(entry: &Entry) -> [u8; ENTRY_SIZE] {
    let mut bytes = [0; ENTRY_SIZE];
    bytes[0..4].copy_from_slice(&entry.nr.to_le_bytes());
    bytes[4..6].copy_from_slice(&entry.modes.to_le_bytes());
    bytes[6..8].copy_from_slice(&entry.dst.to_le_bytes());
    bytes[8..10].copy_from_slice(&entry.on_neg.to_le_bytes());
    bytes[10..12].copy_from_slice(&entry.on_zero.to_le_bytes());
    bytes[12..14].copy_from_slice(&entry.on_pos.to_le_bytes());
    bytes[14..16].copy_from_slice(&entry.flags.to_le_bytes());
    for (place, arg) in bytes[16..].chunks_exact_mut(8).zip(entry.args) {
        place.copy_from_slice(&arg.to_le_bytes());
    }
    bytes
}
