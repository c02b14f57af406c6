//! Built-in operations: negative numbers, never valid system calls.

/// Width of a memory access by [`BuiltIn::Load`] and [`BuiltIn::Store`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Width {
    /// 1 byte.
    One,
    /// 2 bytes.
    Two,
    /// 4 bytes.
    Four,
    /// 8 bytes.
    Eight,
}

impl Width {
    /// The width in bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Four => 4,
            Self::Eight => 8,
        }
    }
}

/// A built-in operation of the native encoding.
///
/// Arithmetic wraps modulo 2⁶⁴; results are read back as signed for the
/// three-way branch. `a`…`c` below are operands 0…2; unused arguments are
/// still read through their modes, so a bad one is an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BuiltIn {
    /// Result is `a`. With no arguments it does nothing: `NOP`.
    Set,
    /// Copies the 64-bit word at address `b` to address `a`; result is the word.
    Copy,
    /// Result is the word of the given width at address `a + b`, zero-extended.
    Load(Width),
    /// Writes the low bytes of `c` to address `a + b`; result is `c`.
    Store(Width),
    /// Result is `a + b`.
    Add,
    /// Result is `a - b`.
    Sub,
    /// Result is `a & b`.
    And,
    /// Result is `a | b`.
    Or,
    /// Result is `a ^ b`.
    Xor,
    /// Result is `a << b`, zero if `b` is 64 or more.
    Shl,
    /// Result is `a >> b` without sign, zero if `b` is 64 or more.
    Shr,
    /// Result is `a * b`.
    Mul,
    /// Adds `b` to the 64-bit word at address `a`; result is the new word.
    ///
    /// It is a load and a store, not an atomic operation.
    UserMemoryAdd,
}

impl BuiltIn {
    /// Every built-in, in the order of their numbers from −1 downwards.
    pub const ALL: [Self; 19] = [
        Self::Set,
        Self::Copy,
        Self::Load(Width::One),
        Self::Load(Width::Two),
        Self::Load(Width::Four),
        Self::Load(Width::Eight),
        Self::Store(Width::One),
        Self::Store(Width::Two),
        Self::Store(Width::Four),
        Self::Store(Width::Eight),
        Self::Add,
        Self::Sub,
        Self::And,
        Self::Or,
        Self::Xor,
        Self::Shl,
        Self::Shr,
        Self::Mul,
        Self::UserMemoryAdd,
    ];

    /// The number of this built-in in [`Entry::nr`](crate::Entry::nr).
    #[must_use]
    pub const fn number(self) -> i32 {
        match self {
            Self::Set => -1,
            Self::Copy => -2,
            Self::Load(Width::One) => -3,
            Self::Load(Width::Two) => -4,
            Self::Load(Width::Four) => -5,
            Self::Load(Width::Eight) => -6,
            Self::Store(Width::One) => -7,
            Self::Store(Width::Two) => -8,
            Self::Store(Width::Four) => -9,
            Self::Store(Width::Eight) => -10,
            Self::Add => -11,
            Self::Sub => -12,
            Self::And => -13,
            Self::Or => -14,
            Self::Xor => -15,
            Self::Shl => -16,
            Self::Shr => -17,
            Self::Mul => -18,
            Self::UserMemoryAdd => -19,
        }
    }

    /// Whether there is a built-in with this number.
    #[must_use]
    #[inline(always)]
    pub const fn is_number(nr: i32) -> bool {
        nr < 0 && nr >= Self::UserMemoryAdd.number()
    }

    /// The built-in with this number, if there is one.
    #[must_use]
    #[inline(always)]
    pub const fn from_number(nr: i32) -> Option<Self> {
        Some(match nr {
            -1 => Self::Set,
            -2 => Self::Copy,
            -3 => Self::Load(Width::One),
            -4 => Self::Load(Width::Two),
            -5 => Self::Load(Width::Four),
            -6 => Self::Load(Width::Eight),
            -7 => Self::Store(Width::One),
            -8 => Self::Store(Width::Two),
            -9 => Self::Store(Width::Four),
            -10 => Self::Store(Width::Eight),
            -11 => Self::Add,
            -12 => Self::Sub,
            -13 => Self::And,
            -14 => Self::Or,
            -15 => Self::Xor,
            -16 => Self::Shl,
            -17 => Self::Shr,
            -18 => Self::Mul,
            -19 => Self::UserMemoryAdd,
            _ => return None,
        })
    }

    /// The name used by the assembler and the disassembler.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Set => "SET",
            Self::Copy => "COPY",
            Self::Load(Width::One) => "LOAD1",
            Self::Load(Width::Two) => "LOAD2",
            Self::Load(Width::Four) => "LOAD4",
            Self::Load(Width::Eight) => "LOAD8",
            Self::Store(Width::One) => "STORE1",
            Self::Store(Width::Two) => "STORE2",
            Self::Store(Width::Four) => "STORE4",
            Self::Store(Width::Eight) => "STORE8",
            Self::Add => "ADD",
            Self::Sub => "SUB",
            Self::And => "AND",
            Self::Or => "OR",
            Self::Xor => "XOR",
            Self::Shl => "SHL",
            Self::Shr => "SHR",
            Self::Mul => "MUL",
            Self::UserMemoryAdd => "UMEM_ADD",
        }
    }

    /// How many operands the operation looks at.
    #[must_use]
    pub const fn operand_count(self) -> usize {
        match self {
            Self::Set => 1,
            Self::Store(_) => 3,
            _ => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_round_trip_and_are_dense() {
        for (index, builtin) in BuiltIn::ALL.into_iter().enumerate() {
            let number = -1 - i32::try_from(index).unwrap();
            assert_eq!(builtin.number(), number);
            assert_eq!(BuiltIn::from_number(number), Some(builtin));
        }
        for number in (-1000..1000).chain([i32::MIN, i32::MAX]) {
            let known = BuiltIn::from_number(number).is_some();
            assert_eq!(BuiltIn::is_number(number), known);
        }
        assert_eq!(BuiltIn::from_number(0), None);
        assert_eq!(BuiltIn::from_number(-20), None);
        assert_eq!(BuiltIn::from_number(i32::MIN), None);
    }
}
