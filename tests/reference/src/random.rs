//! Numbers that look random and are the same for the same seed.

/// SplitMix64 (Steele, Lea and Flood, 2014).
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// The sequence of a seed. Seeds that follow each other give sequences
    /// that have nothing in common.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            state: seed.wrapping_mul(0x2545_F491_4F6C_DD1D),
        }
    }

    /// The next 64 bits.
    pub fn word(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = self.state;
        let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    ///
    /// # Panics
    /// If `bound` is zero.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.word() % bound
    }

    /// True once in `n`.
    ///
    /// # Panics
    /// If `n` is zero.
    pub fn once_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// One of some values.
    ///
    /// # Panics
    /// If there are none.
    pub fn pick<T: Copy>(&mut self, values: &[T]) -> T {
        let len = u64::try_from(values.len()).expect("a length fits 64 bits");
        let index = usize::try_from(self.below(len)).expect("it was a length");
        values[index]
    }
}

/// A seed from the clock, for a run that did not name one.
///
/// # Panics
/// If the clock is before 1970.
#[must_use]
pub fn seed_from_clock() -> u64 {
    let now = std::time::UNIX_EPOCH
        .elapsed()
        .expect("the clock is past 1970");
    u64::try_from(now.as_nanos() & 0xFFFF_FFFF_FFFF).expect("48 bits")
}
