//! Programs of calls without arguments, in memory.

use sysbatch::abi::Format;

/// A program of one call, again and again, and its results.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) words: Vec<u64>,
    /// What the words of [`Format::Pointers`] lead to.
    lists: Vec<u64>,
    pub(crate) results: Vec<i64>,
}

impl Program {
    /// `len` times the call `number`, without arguments. `flags` are those of the
    /// first atom of a syslet.
    pub(crate) fn new(format: Format, number: u32, len: usize, flags: u64) -> Self {
        let number = u64::from(number);
        let mut results = vec![0_i64; len];
        let mut lists = Vec::new();
        let slots = results.as_mut_ptr().expose_provenance() as u64;
        let mut words: Vec<u64> = match format {
            // The result goes to the slot with the entry's own index.
            Format::Native => repeat(&[number | 0xFFFF << 48, 0, 0, 0, 0, 0, 0, 0], len),
            Format::Supersyscall => repeat(&[number, 0, 0, 0, 0, 0, 0], len),
            Format::SysBatch => repeat(&[number, 0, 0, 0, 0, 0, 0, 0], len),
            Format::Pointers => {
                lists = repeat(&[number, 0], len);
                let base = lists.as_mut_ptr().expose_provenance() as u64;
                (0..len as u64).map(|index| base + 16 * index).collect()
            }
            Format::Syslet => vec![0; 11 * len],
        };
        if format == Format::Syslet {
            let base = words.as_mut_ptr().expose_provenance() as u64;
            for (index, atom) in words.chunks_exact_mut(11).enumerate() {
                atom[0] = if index == 0 { flags } else { 0 };
                atom[1] = number;
                atom[2] = slots + 8 * index as u64;
                let next = base + 88 * (index as u64 + 1);
                atom[3] = if index + 1 < len { next } else { 0 };
            }
        }
        let mut program = Self {
            words,
            lists,
            results,
        };
        program.expose();
        program
    }

    /// Gives the addresses in it their meaning again, after it was used.
    pub(crate) fn expose(&mut self) {
        self.words.as_mut_ptr().expose_provenance();
        self.lists.as_mut_ptr().expose_provenance();
        self.results.as_mut_ptr().expose_provenance();
    }
}

fn repeat(words: &[u64], len: usize) -> Vec<u64> {
    words
        .iter()
        .copied()
        .cycle()
        .take(words.len() * len)
        .collect()
}
