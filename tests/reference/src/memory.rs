//! A bounded piece of address space.

use std::ops::Range;

use sysbatch_abi::Width;

/// Bytes from a base address on. Every access outside them faults, also one
/// that is only partly outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    base: u64,
    bytes: Vec<u8>,
    read_only: Range<u64>,
    hole: Range<u64>,
}

impl Memory {
    /// Zeroed memory of `len` bytes whose first byte has address `base`. It
    /// may reach up to and including the last address, 2⁶⁴ − 1.
    ///
    /// # Panics
    /// If it would reach beyond the last address.
    #[must_use]
    pub fn new(base: u64, len: u64) -> Self {
        assert!(u128::from(base) + u128::from(len) <= 1 << 64);
        Self {
            base,
            bytes: vec![0; usize::try_from(len).expect("test memory is small")],
            read_only: 0..0,
            hole: 0..0,
        }
    }

    /// Makes stores that touch a byte of this range fault.
    pub fn set_read_only(&mut self, range: Range<u64>) {
        self.read_only = range;
    }

    /// Makes every access that touches a byte of this range fault.
    pub fn set_hole(&mut self, range: Range<u64>) {
        self.hole = range;
    }

    /// Where an access of `len` bytes lies in `bytes`, if all of it does.
    fn place(&self, address: u64, len: u64) -> Option<Range<usize>> {
        let start = usize::try_from(address.checked_sub(self.base)?).ok()?;
        let end = start.checked_add(usize::try_from(len).ok()?)?;
        (end <= self.bytes.len() && !touches(&self.hole, address, len)).then_some(start..end)
    }

    /// Reads a word, zero-extended; `None` if a byte of it is out of reach.
    #[must_use]
    pub fn read(&self, address: u64, width: Width) -> Option<u64> {
        let place = self.place(address, width.bytes())?;
        let mut word = [0; 8];
        word[..place.len()].copy_from_slice(&self.bytes[place]);
        Some(u64::from_le_bytes(word))
    }

    /// Writes the low bytes of a value; `None`, and nothing is written, if a
    /// byte of the word is out of reach or read-only.
    #[must_use]
    pub fn write(&mut self, address: u64, width: Width, value: u64) -> Option<()> {
        let place = self.place(address, width.bytes())?;
        if touches(&self.read_only, address, width.bytes()) {
            return None;
        }
        let len = place.len();
        self.bytes[place].copy_from_slice(&value.to_le_bytes()[..len]);
        Some(())
    }

    /// The 64-bit word at an address that the test knows to be in reach.
    ///
    /// # Panics
    /// If it is not.
    #[must_use]
    #[track_caller]
    pub fn word(&self, address: u64) -> u64 {
        self.read(address, Width::Eight)
            .expect("the test reads inside its memory")
    }

    /// Sets the 64-bit word at an address that the test knows to be in reach.
    ///
    /// # Panics
    /// If it is not.
    #[track_caller]
    pub fn set_word(&mut self, address: u64, value: u64) {
        self.set_bytes(address, &value.to_le_bytes());
    }

    /// Sets bytes at an address that the test knows to be in reach, read-only
    /// or not.
    ///
    /// # Panics
    /// If it is not in reach.
    #[track_caller]
    pub fn set_bytes(&mut self, address: u64, bytes: &[u8]) {
        let len = u64::try_from(bytes.len()).expect("a length fits 64 bits");
        let place = self
            .place(address, len)
            .expect("the test writes inside its memory");
        self.bytes[place].copy_from_slice(bytes);
    }

    /// All bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Whether an access shares a byte with a range.
fn touches(range: &Range<u64>, address: u64, len: u64) -> bool {
    // The last byte of an access has an address even where the one after the
    // access has none.
    let last = address.saturating_add(len.saturating_sub(1));
    !range.is_empty() && address < range.end && last >= range.start
}
