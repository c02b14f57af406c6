//! How sizes are printed.

use std::fmt;
use std::str::FromStr;

/// The letters for powers of 1024.
const LETTERS: &[u8; 6] = b"KMGTPE";

/// In what unit sizes are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// In blocks of so many bytes, rounded up.
    Blocks(u64),
    /// In a unit that keeps the number short, with its letter.
    Human,
}

impl Unit {
    /// A size in bytes, ready to be printed in this unit.
    pub(super) fn display(self, bytes: u64) -> impl fmt::Display {
        Sized { bytes, unit: self }
    }
}

/// The size of a block: a number of bytes, with a letter for a power of 1024.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BlockSize(pub(super) u64);

impl FromStr for BlockSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not a number of bytes like 1, 512, 4K or 1M");
        let digits = text.trim_end_matches(|letter: char| letter.is_ascii_uppercase());
        let factor = match &text.as_bytes()[digits.len()..] {
            [] => 1,
            [letter] => {
                let power = LETTERS.iter().position(|known| known == letter);
                1 << (10 * (power.ok_or_else(wrong)? + 1))
            }
            _ => return Err(wrong()),
        };
        let number: u64 = digits.parse().map_err(|_| wrong())?;
        match number.checked_mul(factor) {
            Some(0) => Err("a block takes at least one byte".to_owned()),
            Some(bytes) => Ok(Self(bytes)),
            None => Err(format!("{text:?} is more than fits 64 bits")),
        }
    }
}

/// A size with its unit.
struct Sized {
    bytes: u64,
    unit: Unit,
}

impl fmt::Display for Sized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.unit {
            Unit::Blocks(block) => write!(f, "{}", self.bytes.div_ceil(block)),
            Unit::Human => human(f, self.bytes),
        }
    }
}

/// Rounds up to two digits, one after the point, or to a whole number below
/// 1024.
fn human(f: &mut fmt::Formatter<'_>, bytes: u64) -> fmt::Result {
    if bytes < 1024 {
        return write!(f, "{bytes}");
    }
    for (power, letter) in (1..).zip(LETTERS) {
        let unit = 1_u128 << (10 * power);
        let tenths = (u128::from(bytes) * 10).div_ceil(unit);
        let whole = u128::from(bytes).div_ceil(unit);
        if tenths < 100 {
            return write!(f, "{}.{}{}", tenths / 10, tenths % 10, char::from(*letter));
        }
        if whole < 1024 || power == LETTERS.len() {
            return write!(f, "{whole}{}", char::from(*letter));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn human_sizes() {
        let shown = |bytes| Unit::Human.display(bytes).to_string();
        for (bytes, text) in [
            (0, "0"),
            (1023, "1023"),
            (1024, "1.0K"),
            (1025, "1.1K"),
            (10 * 1024, "10K"),
            (10 * 1024 - 1, "10K"),
            (10 * 1024 + 1, "11K"),
            (1023 * 1024, "1023K"),
            (1023 * 1024 + 1, "1.0M"),
            (1 << 20, "1.0M"),
            (u64::MAX, "16E"),
        ] {
            assert_eq!(shown(bytes), text, "{bytes}");
        }
    }

    #[test]
    fn block_sizes() {
        assert_eq!("1".parse(), Ok(BlockSize(1)));
        assert_eq!("4K".parse(), Ok(BlockSize(4096)));
        assert_eq!("2M".parse(), Ok(BlockSize(2 << 20)));
        for wrong in ["", "K", "0", "1KB", "1k", "-1", "16E", "1.5K"] {
            assert!(wrong.parse::<BlockSize>().is_err(), "{wrong}");
        }
    }
}
