//! Numbers with units, as options and variables have them.

use std::fmt;

/// A number with its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number {
    /// The number times its unit.
    pub(super) value: u64,
    /// The unit, if there was one.
    pub(super) unit: Option<Prefix>,
    /// Whether there was more than a unit.
    pub(super) digits: bool,
}

/// A unit: a power of 1024 or 1000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Prefix {
    power: u32,
    style: Style,
}

/// How a unit was written, which says what it is a power of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    /// K: 1024.
    Letter,
    /// KB: 1000.
    Bytes,
    /// KiB: 1024.
    BinaryBytes,
}

/// What is wrong with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// There is none, or it is zero.
    NoNumber,
    /// There is something behind it.
    Suffix,
    /// It is more than fits 64 bits.
    TooLarge,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoNumber => "it is not a number of bytes like 1, 512, 4K or 1MB",
            Self::Suffix => {
                "there is something behind the number that is no unit like K, KiB or KB"
            }
            Self::TooLarge => "it is more than fits 64 bits",
        })
    }
}

/// The letters of units, and the power that each stands for.
const LETTERS: [(u8, u32); 12] = [
    (b'k', 1),
    (b'K', 1),
    (b'm', 2),
    (b'M', 2),
    (b'g', 3),
    (b'G', 3),
    (b't', 4),
    (b'T', 4),
    (b'P', 5),
    (b'E', 6),
    (b'Z', 7),
    (b'Y', 8),
];

impl Prefix {
    /// The unit at the beginning of a text, and how long it is.
    fn of(text: &[u8]) -> Option<(Self, usize)> {
        let (&first, rest) = text.split_first()?;
        let (_, power) = *LETTERS.iter().find(|(letter, _)| *letter == first)?;
        let (style, length) = match rest {
            [b'i', b'B', ..] => (Style::BinaryBytes, 3),
            [b'B', ..] => (Style::Bytes, 2),
            _ => (Style::Letter, 1),
        };
        Some((Self { power, style }, length))
    }

    fn base(self) -> u64 {
        match self.style {
            Style::Letter | Style::BinaryBytes => 1024,
            Style::Bytes => 1000,
        }
    }

    /// The unit as it is printed.
    pub(super) fn name(self) -> String {
        let letter = match (self.power, self.style) {
            (1, Style::Bytes) => 'k',
            (power, _) => ['K', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'][power as usize - 1],
        };
        let rest = match self.style {
            Style::Letter => "",
            Style::Bytes => "B",
            Style::BinaryBytes => "iB",
        };
        format!("{letter}{rest}")
    }
}

/// Reads a number in the way of C, with 0x before hexadecimal digits and 0
/// before octal ones, and a unit or a unit alone. With some troubles there is a
/// number all the same: what is before a wrong suffix, or the largest one.
pub(super) fn parse(text: &str) -> (Option<Number>, Option<Trouble>) {
    let bytes = text.as_bytes();
    let (start, radix) = match bytes {
        [b'0', b'x' | b'X', digit, ..] if digit.is_ascii_hexdigit() => (2, 16),
        [b'0', ..] => (0, 8),
        _ => (0, 10),
    };
    let mut value = Some(0_u64);
    let mut at = start;
    while let Some(digit) = bytes
        .get(at)
        .and_then(|&byte| char::from(byte).to_digit(radix))
    {
        value = value.and_then(|value| value.checked_mul(radix.into())?.checked_add(digit.into()));
        at += 1;
    }
    let digits = at > start;
    if !digits {
        value = Some(1);
    }
    let prefix = Prefix::of(&bytes[at..]);
    if !digits && prefix.is_none() {
        return (None, Some(Trouble::NoNumber));
    }
    let (unit, length) = prefix.map_or((None, 0), |(unit, length)| (Some(unit), length));
    let times = unit.map_or(Some(1), |unit| unit.base().checked_pow(unit.power));
    let product = value
        .zip(times)
        .and_then(|(value, times)| value.checked_mul(times));
    let number = Number {
        value: product.unwrap_or(u64::MAX),
        unit,
        digits,
    };
    let trouble = if product.is_none() {
        Some(Trouble::TooLarge)
    } else if at + length < bytes.len() {
        Some(Trouble::Suffix)
    } else {
        None
    };
    (Some(number), trouble)
}
