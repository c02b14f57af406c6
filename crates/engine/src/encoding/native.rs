//! The native encoding: an array of 64-byte entries and an array of results.

use sysbatch_abi::{
    BuiltIn, DST_OWN_INDEX, ENTRY_FLAGS, ENTRY_REPEAT, ENTRY_SIZE, JUMP_EXIT, MODES_USED, Mode,
    Repeat, Width,
};

use super::array::Array;
use super::{Decoded, Encoding, Next, Operation, Position, Sign, Straight, element, slot};
use crate::call::Operands;
use crate::host::{Error, Host};
use crate::turn::{Head, Made, Turn};

/// The size of an entry in bytes.
const ENTRY_BYTES: u64 = 64;
const _: () = assert!(ENTRY_SIZE == 64);
/// Where the arguments of an entry begin, in bytes.
const ARGUMENTS: u64 = 16;
/// The index of the last argument.
const LAST_ARGUMENT: usize = 5;

/// A program in the native encoding, with its result slots.
///
/// The program counter is the index of an entry.
#[derive(Clone, Copy, Debug)]
pub struct Native {
    program: u64,
    len: u64,
    results: u64,
    results_len: u64,
    /// Result slots below this index have an address.
    slots: u64,
    /// The largest index that a jump may lead to. One below zero wraps to
    /// something larger.
    last: u64,
    array: Array<ENTRY_BYTES>,
}

impl Native {
    /// A program of `len` entries at address `program`, with `results_len`
    /// result slots at address `results`.
    #[must_use]
    #[inline(always)]
    pub fn new(program: u64, len: u64, results: u64, results_len: u64) -> Self {
        Self {
            program,
            len,
            results,
            results_len,
            slots: results_len.min(u64::MAX.wrapping_sub(results) >> 3),
            last: len.min(u64::MAX >> 1),
            array: Array::new(program, len, results, results_len),
        }
    }

    /// The address of a result slot.
    #[inline(always)]
    fn slot(&self, index: u64) -> Result<u64, Error> {
        if index < self.slots {
            Ok(self.results.wrapping_add(index << 3))
        } else {
            self.far_slot(index)
        }
    }

    /// The address of a slot, if it is not out of range or out of the address
    /// space.
    #[cold]
    fn far_slot(&self, index: u64) -> Result<u64, Error> {
        slot(self.results, self.results_len, index)
    }

    /// Refuses jumps that would leave the program from `pc`, the index of an
    /// entry that has an address and so is far below 2⁶³.
    #[inline(always)]
    fn check_jumps(&self, pc: u64, jumps: u64) -> Result<(), Error> {
        for sign in [Sign::Negative, Sign::Zero, Sign::Positive] {
            let offset = jump(jumps, sign);
            if target(pc, offset) > self.last {
                leaves_by_exit(offset)?;
            }
        }
        Ok(())
    }

    /// Decodes an entry that may have these flags.
    #[inline(always)]
    fn decode_with<const FLAGS: u16, H: Host>(
        &self,
        host: &mut H,
        pc: u64,
        entry: Head,
        operands: &mut H::Operands,
    ) -> Result<Decoded, Error> {
        let [n0, n1, n2, n3, m0, m1, d0, d1] = entry.first.to_le_bytes();
        let modes = u16::from_le_bytes([m0, m1]);
        if flags(entry) & !FLAGS != 0 || modes & !MODES_USED != 0 {
            return Err(Error::Invalid);
        }
        let slot = self.slot(match u16::from_le_bytes([d0, d1]) {
            DST_OWN_INDEX => pc,
            dst => u64::from(dst),
        })?;
        // Most entries neither jump nor look anything up: it pays to ask.
        if entry.second != 0 {
            self.check_jumps(pc, entry.second)?;
        }
        let number = i32::from_le_bytes([n0, n1, n2, n3]);
        let operation = match u32::try_from(number) {
            Ok(number) => Operation::Call(number),
            Err(_) if BuiltIn::is_number(number) => Operation::BuiltIn(number),
            Err(_) => return Err(Error::Invalid),
        };
        if modes != 0 {
            self.resolve(host, modes, operands)?;
        }
        Ok(Decoded {
            operation,
            slot,
            loaded: modes != 0,
        })
    }

    /// Replaces each argument by what its mode says.
    #[inline(always)]
    fn resolve<H: Host>(
        &self,
        host: &mut H,
        modes: u16,
        operands: &mut H::Operands,
    ) -> Result<(), Error> {
        const TWO_RESULTS: u16 = Mode::Result.bits(0) | Mode::Result.bits(1);
        if modes == TWO_RESULTS {
            // What most built-ins have, in one go.
            let addresses = [self.slot(operands.get(0))?, self.slot(operands.get(1))?];
            return Ok(host.load_operands(addresses, operands)?);
        }
        // Written out, for the index of an operand is its register.
        self.resolve_one::<0, H>(host, modes, operands)?;
        if modes >> 2 == 0 {
            return Ok(());
        }
        self.resolve_one::<1, H>(host, modes >> 2, operands)?;
        if modes >> 4 == 0 {
            return Ok(());
        }
        self.resolve_one::<2, H>(host, modes >> 4, operands)?;
        self.resolve_one::<3, H>(host, modes >> 6, operands)?;
        self.resolve_one::<4, H>(host, modes >> 8, operands)?;
        self.resolve_one::<5, H>(host, modes >> 10, operands)
    }

    /// Replaces argument `INDEX`, whose mode is the lowest of `modes`.
    #[inline(always)]
    fn resolve_one<const INDEX: usize, H: Host>(
        &self,
        host: &mut H,
        modes: u16,
        operands: &mut H::Operands,
    ) -> Result<(), Error> {
        let argument = operands.get(INDEX);
        let address = match Mode::of(modes, 0).ok_or(Error::Invalid)? {
            Mode::Immediate => return Ok(()),
            Mode::Result => self.slot(argument)?,
            Mode::Memory => argument,
        };
        operands.set(INDEX, host.load(address, Width::Eight)?);
        Ok(())
    }
}

/// Refuses an offset out of the program that does not end the batch.
#[cold]
fn leaves_by_exit(offset: i16) -> Result<(), Error> {
    if offset == JUMP_EXIT {
        Ok(())
    } else {
        Err(Error::Invalid)
    }
}

/// The offset of a jump after a result of this sign, from the second word of
/// an entry.
#[inline(always)]
fn jump(jumps: u64, sign: Sign) -> i16 {
    let [a0, a1, b0, b1, c0, c1, ..] = jumps.to_le_bytes();
    match sign {
        Sign::Negative => i16::from_le_bytes([a0, a1]),
        Sign::Zero => i16::from_le_bytes([b0, b1]),
        Sign::Positive => i16::from_le_bytes([c0, c1]),
    }
}

/// Where an offset leads to from entry `pc`, modulo 2⁶⁴.
#[inline(always)]
fn target(pc: u64, offset: i16) -> u64 {
    pc.wrapping_add(1).wrapping_add_signed(i64::from(offset))
}

/// The flags of an entry.
#[inline(always)]
fn flags(head: Head) -> u16 {
    let [.., f0, f1] = head.second.to_le_bytes();
    u16::from_le_bytes([f0, f1])
}

/// The upper half of the first word of an entry with immediate operands and
/// its own slot.
const PLAIN: u64 = 0xFFFF_0000;

/// The number of the call that an entry makes, if it is the plainest of all:
/// immediate operands, its own slot, and on to the next entry.
#[inline(always)]
fn plain_call(head: Head) -> Option<u32> {
    let [n0, n1, n2, n3, ..] = head.first.to_le_bytes();
    let number = i32::from_le_bytes([n0, n1, n2, n3]);
    if head.first >> 32 == PLAIN && head.second == 0 {
        u32::try_from(number).ok()
    } else {
        None
    }
}

impl Encoding for Native {
    type Entry = Head;

    const REPEATS: bool = true;

    #[inline(always)]
    fn is_end(&self, pc: u64) -> bool {
        pc == self.len
    }

    #[inline(always)]
    fn read<H: Host>(
        &self,
        host: &mut H,
        pc: u64,
        operands: &mut H::Operands,
    ) -> Result<Head, Error> {
        if pc >= self.len {
            return Err(Error::Invalid);
        }
        let entry = element(self.program, pc, ENTRY_BYTES)?;
        Ok(host.read_entry::<2>(entry, operands)?)
    }

    #[inline(always)]
    fn decode<H: Host>(
        &self,
        host: &mut H,
        pc: u64,
        entry: Head,
        operands: &mut H::Operands,
    ) -> Result<Decoded, Error> {
        self.decode_with::<{ ENTRY_FLAGS & !ENTRY_REPEAT }, H>(host, pc, entry, operands)
    }

    #[inline(always)]
    fn is_repeated(&self, entry: Head) -> bool {
        flags(entry) & ENTRY_REPEAT != 0
    }

    #[inline(always)]
    fn repeat<O: Operands>(&self, entry: Head, operands: &O) -> Result<Repeat, Error> {
        let [n0, n1, n2, n3, m0, m1, ..] = entry.first.to_le_bytes();
        let is_call = i32::from_le_bytes([n0, n1, n2, n3]) >= 0;
        let mode = Mode::of(u16::from_le_bytes([m0, m1]), LAST_ARGUMENT);
        let repeat = Repeat::from_word(operands.get(LAST_ARGUMENT));
        if is_call && mode == Some(Mode::Immediate) && repeat.is_valid() {
            Ok(repeat)
        } else {
            Err(Error::Invalid)
        }
    }

    #[inline(always)]
    fn decode_repeated<H: Host>(
        &self,
        host: &mut H,
        pc: u64,
        entry: Head,
        operands: &mut H::Operands,
    ) -> Result<Decoded, Error> {
        self.decode_with::<ENTRY_FLAGS, H>(host, pc, entry, operands)
    }

    #[inline(always)]
    fn is_the_same(&self, before: Head, entry: Head) -> bool {
        let [.., m0, m1, _, _] = entry.first.to_le_bytes();
        entry == before && u16::from_le_bytes([m0, m1]) == 0
    }

    #[inline(always)]
    fn origin(&self, pc: u64, entry: Head, index: u8, argument: u64) -> Result<u64, Error> {
        let [.., m0, m1, _, _] = entry.first.to_le_bytes();
        let modes = u16::from_le_bytes([m0, m1]);
        match Mode::of(modes, index.into()).ok_or(Error::Invalid)? {
            Mode::Immediate => Ok(element(self.program, pc, ENTRY_BYTES)?
                .wrapping_add(ARGUMENTS)
                .wrapping_add(u64::from(index) << 3)),
            Mode::Result => self.slot(argument),
            Mode::Memory => Ok(argument),
        }
    }

    #[inline(always)]
    fn next(&self, pc: u64, entry: Head, sign: impl FnOnce() -> Sign) -> Next {
        if entry.second == 0 {
            return Next::At(pc.wrapping_add(1));
        }
        match jump(entry.second, sign()) {
            JUMP_EXIT => Next::Exit,
            offset => Next::At(target(pc, offset)),
        }
    }

    #[inline(always)]
    fn turn<H: Host>(
        &self,
        host: &mut H,
        made: Option<Made>,
        pc: u64,
        operands: &mut H::Operands,
    ) -> Turn<Head> {
        self.array.turn::<2, H>(host, made, pc, operands)
    }

    #[inline(always)]
    fn is_plain(&self, entry: Head) -> bool {
        // Neither a built-in nor one with modes or another slot.
        let [n0, n1, n2, n3, ..] = entry.first.to_le_bytes();
        entry.first >> 32 == PLAIN && i32::from_le_bytes([n0, n1, n2, n3]) >= 0
    }

    #[inline(always)]
    fn straight<H: Host>(
        &self,
        host: &mut H,
        at: &mut Position,
        entry: Head,
        operands: &mut H::Operands,
    ) -> Straight<Head> {
        self.array
            .straight::<2, H>(host, at, entry, operands, plain_call)
    }
}
