//! A batch in the memory layout of an interface that came before.

use anyhow::{Result, ensure};
use sysbatch::abi::{FLAG_CONTINUE_ON_FAILURE, Format, Run};
use sysbatch_asm::Program;

/// A program of plain calls in another layout, and its results.
#[derive(Debug)]
pub(crate) struct Encoded {
    format: Format,
    words: Vec<u64>,
    /// What the words of [`Format::Pointers`] lead to.
    lists: Vec<u64>,
    results: Vec<i64>,
}

impl Encoded {
    /// The calls of `program` in `format`.
    ///
    /// # Errors
    /// When there is more in it than calls without arguments.
    pub(crate) fn new(format: Format, program: &Program) -> Result<Self> {
        let mut numbers = Vec::new();
        for entry in &program.entries {
            let is_plain = entry.modes == 0 && entry.args == [0; 6];
            let number = u64::try_from(entry.nr);
            ensure!(
                is_plain && number.is_ok(),
                "only calls without arguments have a place in each format"
            );
            numbers.extend(number);
        }
        let mut results = vec![0_i64; numbers.len()];
        let slots = results.as_mut_ptr().expose_provenance() as u64;
        let mut lists = Vec::new();
        let mut words = match format {
            Format::Native => entries(&numbers, |number| {
                [number | 0xFFFF << 48, 0, 0, 0, 0, 0, 0, 0]
            }),
            Format::Supersyscall => entries(&numbers, |number| [number, 0, 0, 0, 0, 0, 0]),
            Format::SysBatch => entries(&numbers, |number| [number, 0, 0, 0, 0, 0, 0, 0]),
            Format::Pointers => {
                lists = entries(&numbers, |number| [number, 0]);
                let base = lists.as_mut_ptr().expose_provenance() as u64;
                (0..numbers.len() as u64)
                    .map(|index| base + 16 * index)
                    .collect()
            }
            Format::Syslet => entries(&numbers, |number| [0, number, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        };
        if format == Format::Syslet {
            let base = words.as_mut_ptr().expose_provenance() as u64;
            for (index, atom) in words.chunks_exact_mut(11).enumerate() {
                let index = index as u64;
                atom[2] = slots + 8 * index;
                if index + 1 < numbers.len() as u64 {
                    atom[3] = base + 88 * (index + 1);
                }
            }
        }
        Ok(Self {
            format,
            words,
            lists,
            results,
        })
    }

    /// The header that runs it.
    pub(crate) fn run(&mut self, run: Run) -> Run {
        self.lists.as_mut_ptr().expose_provenance();
        let program = self.words.as_mut_ptr().expose_provenance() as u64;
        let len = self.results.len() as u64;
        let is_syslet = self.format == Format::Syslet;
        Run {
            format: self.format.raw(),
            flags: if self.format == Format::Supersyscall {
                FLAG_CONTINUE_ON_FAILURE
            } else {
                0
            },
            program,
            len,
            results: self.results.as_mut_ptr().expose_provenance() as u64,
            results_len: len,
            pc: if is_syslet { program } else { 0 },
            ..run
        }
    }
}

/// An entry for each number, one after the other.
fn entries<const N: usize>(numbers: &[u64], entry: impl Fn(u64) -> [u64; N]) -> Vec<u64> {
    numbers.iter().flat_map(|&number| entry(number)).collect()
}
