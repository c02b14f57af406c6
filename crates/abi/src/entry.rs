//! The 64-byte entry of the native encoding.

/// How many arguments an entry carries, as many as a system call takes.
pub const ARGUMENT_COUNT: usize = 6;

/// The size of an [`Entry`] in bytes: one cache line.
pub const ENTRY_SIZE: usize = 64;

/// Value of [`Entry::dst`] that means "the result slot with the entry's own index".
pub const DST_OWN_INDEX: u16 = 0xFFFF;

/// Jump offset that ends the batch with status `EXIT`.
pub const JUMP_EXIT: i16 = i16::MIN;

/// Bit of [`Entry::flags`]: the call is repeated along a chain of records, as
/// the last argument says, which is then a [`Repeat`](crate::Repeat).
pub const ENTRY_REPEAT: u16 = 1;

/// Bits of [`Entry::flags`] that are defined. All others must be zero.
pub const ENTRY_FLAGS: u16 = ENTRY_REPEAT;

/// Bits of [`Entry::modes`] that are defined: two for each argument.
pub const MODES_USED: u16 = 0x0FFF;

/// One entry of a batch in the native encoding.
///
/// An entry is read once, whole, when the program counter reaches it, so a
/// batch may patch entries that are still to come.
#[repr(C, align(8))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Entry {
    /// `>= 0`: the system call number; `< 0`: a [`BuiltIn`](crate::BuiltIn).
    pub nr: i32,
    /// Two bits for each argument, argument 0 lowest: see [`Mode`].
    pub modes: u16,
    /// The result slot to write, or [`DST_OWN_INDEX`].
    pub dst: u16,
    /// Where to go after a negative result, see [`Entry::on_pos`].
    ///
    /// For a system call, negative means the errno range −4095…−1; any other
    /// value with the top bit set (an address, say) counts as positive. For a
    /// built-in it means any value below zero.
    pub on_neg: i16,
    /// Where to go after a zero result, see [`Entry::on_pos`].
    pub on_zero: i16,
    /// Where to go after a positive result: the next entry is `index + 1 +
    /// offset`, or [`JUMP_EXIT`].
    pub on_pos: i16,
    /// [`ENTRY_REPEAT`], or zero.
    pub flags: u16,
    /// The arguments, to be read through their [`Mode`].
    pub args: [u64; ARGUMENT_COUNT],
}

/// How an argument of an [`Entry`] becomes an operand.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// The argument itself.
    Immediate = 0,
    /// The value in the result slot whose index is the argument.
    Result = 1,
    /// The 64-bit word at the address that is the argument.
    Memory = 2,
}

impl Mode {
    /// The mode of argument `k` in a [`Entry::modes`] word; `None` for the
    /// reserved value 3.
    #[must_use]
    pub const fn of(modes: u16, k: usize) -> Option<Self> {
        // `k` is below ARGUMENT_COUNT, so the shift stays below 12; the
        // checked form keeps the function total for any other value.
        let shifted = match k {
            0 => modes,
            1 => modes >> 2,
            2 => modes >> 4,
            3 => modes >> 6,
            4 => modes >> 8,
            5 => modes >> 10,
            _ => return None,
        };
        match shifted & 3 {
            0 => Some(Self::Immediate),
            1 => Some(Self::Result),
            2 => Some(Self::Memory),
            _ => None,
        }
    }

    /// This mode as the bits of argument `k` in a [`Entry::modes`] word; zero
    /// if `k` is not the index of an argument.
    #[must_use]
    pub const fn bits(self, k: usize) -> u16 {
        match k {
            0 => self as u16,
            1 => (self as u16) << 2,
            2 => (self as u16) << 4,
            3 => (self as u16) << 6,
            4 => (self as u16) << 8,
            5 => (self as u16) << 10,
            _ => 0,
        }
    }
}

const _: () = {
    use core::mem::{align_of, offset_of, size_of};
    assert!(size_of::<Entry>() == ENTRY_SIZE);
    assert!(align_of::<Entry>() == 8);
    assert!(offset_of!(Entry, nr) == 0);
    assert!(offset_of!(Entry, modes) == 4);
    assert!(offset_of!(Entry, dst) == 6);
    assert!(offset_of!(Entry, on_neg) == 8);
    assert!(offset_of!(Entry, on_zero) == 10);
    assert!(offset_of!(Entry, on_pos) == 12);
    assert!(offset_of!(Entry, flags) == 14);
    assert!(offset_of!(Entry, args) == 16);
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_round_trip() {
        for mode in [Mode::Immediate, Mode::Result, Mode::Memory] {
            for k in 0..ARGUMENT_COUNT {
                assert_eq!(Mode::of(mode.bits(k), k), Some(mode));
                assert_eq!(mode.bits(k) & !MODES_USED, 0);
            }
        }
        assert_eq!(Mode::of(0b11 << 4, 2), None);
        assert_eq!(Mode::of(0, ARGUMENT_COUNT), None);
    }
}
