//! The memory that all processes of a wrapped command share.

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The size of that memory in bytes: a page.
pub const SHARED_SIZE: u64 = 4096;

/// Which way calls are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Mode {
    /// Each as a batch of one.
    Batches = 0,
    /// Each by itself, to tell what trapping alone does.
    Direct = 1,
}

/// How many calls were made, and which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// As batches of one.
    pub batched: u64,
    /// Handed back by the module and made directly.
    pub handed_back: u64,
    /// Directly from the beginning.
    pub direct: u64,
}

/// The words in that memory.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Shared {
    mode: AtomicU64,
    batched: AtomicU64,
    handed_back: AtomicU64,
    direct: AtomicU64,
}

impl Mode {
    /// What the memory has to hold at the start.
    #[must_use]
    pub const fn bytes(self) -> [u8; 8] {
        (self as u64).to_le_bytes()
    }
}

impl Counts {
    /// How many bytes of the memory it takes to tell.
    pub const BYTES: usize = 32;

    /// What the memory tells.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; Self::BYTES]) -> Self {
        let mut words = bytes
            .as_chunks()
            .0
            .iter()
            .map(|word| u64::from_le_bytes(*word));
        words.next();
        let mut next = || words.next().unwrap_or(0);
        Self {
            batched: next(),
            handed_back: next(),
            direct: next(),
        }
    }

    /// All of them.
    #[must_use]
    pub const fn all(&self) -> u64 {
        self.batched + self.handed_back + self.direct
    }
}

impl Shared {
    pub(crate) fn is_direct(&self) -> bool {
        self.mode.load(Relaxed) == Mode::Direct as u64
    }

    pub(crate) fn count_batched(&self) {
        self.batched.fetch_add(1, Relaxed);
    }

    pub(crate) fn count_handed_back(&self) {
        self.handed_back.fetch_add(1, Relaxed);
    }

    pub(crate) fn count_direct(&self) {
        self.direct.fetch_add(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::{Counts, Mode, Relaxed, Shared};

    #[test]
    fn what_is_counted_is_told() {
        let words = [1, 2, 3, 4].map(core::sync::atomic::AtomicU64::new);
        let [mode, batched, handed_back, direct] = words;
        let shared = Shared {
            mode,
            batched,
            handed_back,
            direct,
        };
        shared.count_batched();
        shared.count_handed_back();
        shared.count_handed_back();
        shared.count_direct();
        assert!(shared.is_direct());
        let mut bytes = [0; Counts::BYTES];
        let words = [
            &shared.mode,
            &shared.batched,
            &shared.handed_back,
            &shared.direct,
        ];
        for (bytes, word) in bytes.as_chunks_mut().0.iter_mut().zip(words) {
            *bytes = word.load(Relaxed).to_le_bytes();
        }
        assert_eq!(bytes[..8], Mode::Direct.bytes());
        let counts = Counts::from_bytes(&bytes);
        assert_eq!(
            (counts.batched, counts.handed_back, counts.direct),
            (3, 5, 5)
        );
        assert_eq!(counts.all(), 13);
    }
}
