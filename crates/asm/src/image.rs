//! A program in memory, with addresses.

use std::sync::atomic::{AtomicU64, Ordering};

use sysbatch_abi::{ENTRY_SIZE, Entry, Format, RUN_SIZE, Run};

use crate::program::{Base, Place, Program, Section};

/// A program loaded into memory of its own, ready to be run once.
///
/// The memory stays where it is for as long as the image lives. A running
/// batch reads and writes it by address, from the kernel or in user space, so
/// it consists of atomics: it may change behind a shared reference.
#[derive(Debug)]
pub struct Image {
    memory: Vec<AtomicU64>,
    /// Offset of each section from the start of the memory, and its length, in
    /// bytes.
    sections: [(usize, usize); 3],
    start: u64,
    fuel: u64,
}

/// Sections in the order in which they lie in memory.
const ORDER: [Section; 3] = [Section::Program, Section::Results, Section::Data];

/// Where each section starts if the first byte of memory is at `base`, and the
/// length of each, in bytes.
fn sections(program: &Program, base: usize) -> [(usize, usize); 3] {
    let mut end = base;
    ORDER.map(|section| {
        let (alignment, length) = match section {
            Section::Program => (ENTRY_SIZE, program.entries.len() * ENTRY_SIZE),
            Section::Results => (8, program.results.len() * 8),
            Section::Data => (program.alignment() as usize, program.data.len()),
        };
        let start = end.next_multiple_of(alignment);
        end = start + length;
        (start - base, length)
    })
}

impl Image {
    /// Loads a program: copies it and puts addresses where they belong.
    #[must_use]
    pub fn load(program: &Program) -> Self {
        // However the memory is aligned, no section needs more padding than
        // its alignment.
        let padding = ENTRY_SIZE + 8 + program.alignment() as usize;
        let [entries, results, data] = sections(program, 0).map(|(_, length)| length);
        let words = (entries + results + data + padding).div_ceil(8);
        let memory: Vec<AtomicU64> = (0..words).map(|_| AtomicU64::new(0)).collect();
        let sections = sections(program, memory.as_ptr().addr());
        let image = Self {
            memory,
            sections,
            start: program.start,
            fuel: program.fuel,
        };
        image.fill(program);
        image
    }

    fn fill(&self, program: &Program) {
        let mut entries: Vec<[u64; 8]> = program.entries.iter().map(words_of).collect();
        let mut results = program.results.clone();
        let mut data = program.data.clone();
        for relocation in &program.relocations {
            let address = match relocation.base {
                Base::Program => self.address(Section::Program),
                Base::Results => self.address(Section::Results),
                Base::Block(index) => self.address(Section::Data) + program.blocks[index].offset,
            };
            match relocation.place {
                Place::Argument { entry, argument } => {
                    let word = &mut entries[entry][2 + argument];
                    *word = word.wrapping_add(address);
                }
                Place::Result(slot) => results[slot] = results[slot].wrapping_add(address),
                Place::Data(offset) => {
                    let place = &mut data[offset..offset + 8];
                    let mut bytes = [0; 8];
                    bytes.copy_from_slice(place);
                    let word = u64::from_le_bytes(bytes).wrapping_add(address);
                    place.copy_from_slice(&word.to_le_bytes());
                }
            }
        }
        self.store(Section::Program, entries.into_flattened().into_iter());
        self.store(Section::Results, results.into_iter());
        let words = data.chunks(8).map(|chunk| {
            let mut bytes = [0; 8];
            bytes[..chunk.len()].copy_from_slice(chunk);
            u64::from_le_bytes(bytes)
        });
        self.store(Section::Data, words);
    }

    fn store(&self, section: Section, words: impl Iterator<Item = u64>) {
        let first = self.extent(section).0 / 8;
        for (place, word) in self.memory[first..].iter().zip(words) {
            place.store(word, Ordering::Relaxed);
        }
    }

    /// Offset and length of a section in memory, in bytes.
    fn extent(&self, section: Section) -> (usize, usize) {
        self.sections[section as usize]
    }

    /// The address of a section.
    #[must_use]
    pub fn address(&self, section: Section) -> u64 {
        // Whoever runs the batch makes pointers from this address.
        let base = self.memory.as_ptr().expose_provenance();
        (base + self.extent(section).0) as u64
    }

    /// The run header that starts the program, with its fuel.
    #[must_use]
    pub fn run(&self) -> Run {
        Run {
            size: RUN_SIZE as u32,
            format: Format::Native.raw(),
            program: self.address(Section::Program),
            len: (self.extent(Section::Program).1 / ENTRY_SIZE) as u64,
            results: self.address(Section::Results),
            results_len: (self.extent(Section::Results).1 / 8) as u64,
            pc: self.start,
            fuel: self.fuel,
            ..Run::default()
        }
    }

    /// The section an address lies in and its offset there, in bytes.
    #[must_use]
    pub fn locate(&self, address: u64) -> Option<(Section, u64)> {
        ORDER.into_iter().find_map(|section| {
            let offset = address.checked_sub(self.address(section))?;
            let length = self.extent(section).1 as u64;
            (offset < length).then_some((section, offset))
        })
    }

    /// The bytes from an address on: as many as asked for, or fewer if the
    /// section ends; `None` if the address lies in no section.
    #[must_use]
    pub fn bytes(&self, address: u64, length: u64) -> Option<Vec<u8>> {
        let (section, offset) = self.locate(address)?;
        let (start, size) = self.extent(section);
        let offset = offset as usize;
        let length = (size - offset).min(usize::try_from(length).unwrap_or(usize::MAX));
        let range = start + offset..start + offset + length;
        Some(range.map(|index| self.byte(index)).collect())
    }

    fn byte(&self, index: usize) -> u8 {
        self.memory[index / 8].load(Ordering::Relaxed).to_le_bytes()[index % 8]
    }

    /// The bytes of a whole section as they are now.
    #[must_use]
    pub fn section(&self, section: Section) -> Vec<u8> {
        let (start, size) = self.extent(section);
        (start..start + size)
            .map(|index| self.byte(index))
            .collect()
    }

    /// The entry with this index as it is now.
    #[must_use]
    pub fn entry(&self, index: u64) -> Option<Entry> {
        let words = self.words(Section::Program, index, ENTRY_SIZE / 8)?;
        let word = |k: usize| words[k].load(Ordering::Relaxed);
        let [n0, n1, n2, n3, m0, m1, d0, d1] = word(0).to_le_bytes();
        let [a0, a1, b0, b1, c0, c1, f0, f1] = word(1).to_le_bytes();
        Some(Entry {
            nr: i32::from_le_bytes([n0, n1, n2, n3]),
            modes: u16::from_le_bytes([m0, m1]),
            dst: u16::from_le_bytes([d0, d1]),
            on_neg: i16::from_le_bytes([a0, a1]),
            on_zero: i16::from_le_bytes([b0, b1]),
            on_pos: i16::from_le_bytes([c0, c1]),
            flags: u16::from_le_bytes([f0, f1]),
            args: std::array::from_fn(|k| word(2 + k)),
        })
    }

    /// The value in a result slot as it is now.
    #[must_use]
    pub fn result(&self, slot: u64) -> Option<i64> {
        let words = self.words(Section::Results, slot, 1)?;
        Some(words[0].load(Ordering::Relaxed).cast_signed())
    }

    /// The values of all result slots as they are now.
    #[must_use]
    pub fn results(&self) -> Vec<i64> {
        let (start, size) = self.extent(Section::Results);
        self.memory[start / 8..(start + size) / 8]
            .iter()
            .map(|word| word.load(Ordering::Relaxed).cast_signed())
            .collect()
    }

    /// Element `index` of a section whose elements have this many words.
    fn words(&self, section: Section, index: u64, count: usize) -> Option<&[AtomicU64]> {
        let (start, size) = self.extent(section);
        let index = usize::try_from(index).ok()?;
        let from = index.checked_mul(count * 8)?;
        if from >= size {
            return None;
        }
        let first = (start + from) / 8;
        self.memory.get(first..first + count)
    }
}

/// An entry as its eight little-endian words.
pub(crate) fn words_of(entry: &Entry) -> [u64; 8] {
    let [n0, n1, n2, n3] = entry.nr.to_le_bytes();
    let [m0, m1] = entry.modes.to_le_bytes();
    let [d0, d1] = entry.dst.to_le_bytes();
    let [a0, a1] = entry.on_neg.to_le_bytes();
    let [b0, b1] = entry.on_zero.to_le_bytes();
    let [c0, c1] = entry.on_pos.to_le_bytes();
    let [f0, f1] = entry.flags.to_le_bytes();
    let [x0, x1, x2, x3, x4, x5] = entry.args;
    [
        u64::from_le_bytes([n0, n1, n2, n3, m0, m1, d0, d1]),
        u64::from_le_bytes([a0, a1, b0, b1, c0, c1, f0, f1]),
        x0,
        x1,
        x2,
        x3,
        x4,
        x5,
    ]
}
