//! How an entry repeats its call along a chain of records.

use crate::entry::{ARGUMENT_COUNT, ENTRY_REPEAT, Entry};

/// The last argument of an entry with [`ENTRY_REPEAT`]: how its call is repeated
/// along a chain of records, each of which has its length in it, such as those
/// of `getdents64(2)`.
///
/// Before each call the length of the record at hand is read: zero ends the
/// chain, and the entry. After a call that did not fail, one operand advances by
/// that length, another by a stride, and the entry is run again.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Repeat {
    /// The operand that points into a record, 0 to 4.
    pub chain: u8,
    /// Where the 16-bit length of the record lies, in bytes from there.
    pub length: i8,
    /// The operand that advances by `stride`, 0 to 4; not that of `chain`.
    pub advance: u8,
    /// If not zero: a record with this byte where `chain` points stops the
    /// repetition, before its call is made.
    pub stop: u8,
    /// What is added to the operand `advance` for each record, in bytes or
    /// whatever it counts.
    pub stride: i32,
}

impl Repeat {
    /// Whether its operands are two of the first five.
    #[must_use]
    pub const fn is_valid(self) -> bool {
        let last = ARGUMENT_COUNT as u8 - 1;
        self.chain < last && self.advance < last && self.chain != self.advance
    }

    /// From the argument.
    #[must_use]
    #[inline(always)]
    pub const fn from_word(word: u64) -> Self {
        let [chain, length, advance, stop, s0, s1, s2, s3] = word.to_le_bytes();
        Self {
            chain,
            length: length.cast_signed(),
            advance,
            stop,
            stride: i32::from_le_bytes([s0, s1, s2, s3]),
        }
    }

    /// As the argument.
    #[must_use]
    pub const fn word(self) -> u64 {
        let [s0, s1, s2, s3] = self.stride.to_le_bytes();
        let length = self.length.cast_unsigned();
        u64::from_le_bytes([self.chain, length, self.advance, self.stop, s0, s1, s2, s3])
    }
}

impl Entry {
    /// This entry with its call repeated: the sixth argument is taken for it.
    #[must_use]
    pub const fn repeated(mut self, repeat: Repeat) -> Self {
        let [a, b, c, d, e, _] = self.args;
        self.flags |= ENTRY_REPEAT;
        self.args = [a, b, c, d, e, repeat.word()];
        self
    }
}

const _: () = {
    use core::mem::{align_of, offset_of, size_of};
    assert!(size_of::<Repeat>() == 8);
    assert!(align_of::<Repeat>() == 4);
    assert!(offset_of!(Repeat, chain) == 0);
    assert!(offset_of!(Repeat, length) == 1);
    assert!(offset_of!(Repeat, advance) == 2);
    assert!(offset_of!(Repeat, stop) == 3);
    assert!(offset_of!(Repeat, stride) == 4);
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_round_trip() {
        let repeat = Repeat {
            chain: 1,
            length: -3,
            advance: 4,
            stop: b'.',
            stride: -256,
        };
        assert_eq!(repeat.word(), 0xFFFF_FF00_2E04_FD01);
        assert_eq!(Repeat::from_word(repeat.word()), repeat);
        assert!(repeat.is_valid());
    }

    #[test]
    fn operands_are_two_of_five() {
        for chain in 0..8 {
            for advance in 0..8 {
                let repeat = Repeat {
                    chain,
                    advance,
                    ..Repeat::default()
                };
                let valid = chain < 5 && advance < 5 && chain != advance;
                assert_eq!(repeat.is_valid(), valid);
            }
        }
    }
}
