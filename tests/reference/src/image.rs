//! A whole batch in a memory.

use sysbatch_abi::{ENTRY_SIZE, Entry, Format, RUN_SIZE, Run, Status, Width};
use sysbatch_engine::{Error, enter};

use crate::{Memory, Script, ScriptedHost, encode};

/// Space between the parts of an image, so that an access just past one does
/// not land in the next.
const GAP: u64 = 64;
/// Words of data in an image.
const DATA_WORDS: u64 = 16;

/// Header, program, results and data in one memory, with a script.
#[derive(Clone, Debug)]
pub struct Image {
    /// The memory that holds all of it.
    pub memory: Memory,
    /// What the world answers.
    pub script: Script,
    /// Address of the header.
    pub header: u64,
    /// Address of the first entry.
    pub program: u64,
    /// Address of the first result slot.
    pub results: u64,
    /// Address of the first word of data.
    pub data: u64,
}

/// What came of running an image.
#[derive(Clone, Debug)]
pub struct Stopped {
    /// What `enter` returned.
    pub outcome: Result<Status, Error>,
    /// The header as it was left.
    pub header: Run,
    /// The host as it was left.
    pub host: ScriptedHost,
    results: u64,
    data: u64,
}

impl Image {
    /// An image at an everyday address with as many result slots as entries
    /// and fuel for 100 steps.
    #[must_use]
    pub fn new(entries: &[Entry]) -> Self {
        let len = to_u64(entries.len());
        Self::at(0x10_0000, entries, len)
    }

    /// An image at a base address, with its own number of result slots.
    #[must_use]
    pub fn at(base: u64, entries: &[Entry], results_len: u64) -> Self {
        let len = to_u64(entries.len());
        let header = base + GAP;
        let program = header + to_u64(RUN_SIZE) + GAP;
        let results = program + len * to_u64(ENTRY_SIZE) + GAP;
        let data = results + results_len * 8 + GAP;
        let mut image = Self {
            memory: Memory::new(base, Self::size(len, results_len)),
            script: Script::default(),
            header,
            program,
            results,
            data,
        };
        for (entry, at) in entries.iter().zip((program..).step_by(ENTRY_SIZE)) {
            image.memory.set_bytes(at, &encode(entry));
        }
        image.set_header(&Run {
            size: u32::try_from(RUN_SIZE).expect("the header is small"),
            format: Format::Native.raw(),
            program,
            len,
            results,
            results_len,
            fuel: 100,
            ..Run::default()
        });
        image
    }

    /// An image that ends with the last address there is, 2⁶⁴ − 1.
    #[must_use]
    pub fn at_top(entries: &[Entry], results_len: u64) -> Self {
        let size = Self::size(to_u64(entries.len()), results_len);
        Self::at(0_u64.wrapping_sub(size), entries, results_len)
    }

    /// The bytes an image takes.
    fn size(len: u64, results_len: u64) -> u64 {
        let parts = [
            to_u64(RUN_SIZE),
            len * to_u64(ENTRY_SIZE),
            results_len * 8,
            DATA_WORDS * 8,
        ];
        GAP + parts.map(|part| part + GAP).iter().sum::<u64>()
    }

    /// The same image with another script.
    #[must_use]
    pub fn with_script(mut self, script: Script) -> Self {
        self.script = script;
        self
    }

    /// The header as it lies in memory.
    #[must_use]
    pub fn read_header(&self) -> Run {
        decode_header(&self.memory, self.header)
    }

    /// Writes the header to its place.
    pub fn set_header(&mut self, header: &Run) {
        for (at, word) in (self.header..).step_by(8).zip(header_words(header)) {
            self.memory.set_word(at, word);
        }
    }

    /// The same image with a changed header.
    #[must_use]
    pub fn with_header(mut self, change: impl FnOnce(&mut Run)) -> Self {
        let mut header = self.read_header();
        change(&mut header);
        self.set_header(&header);
        self
    }

    /// The same image with a word of data set.
    #[must_use]
    pub fn with_data(mut self, index: u64, value: u64) -> Self {
        self.memory.set_word(self.data + 8 * index, value);
        self
    }

    /// Enters the engine once.
    #[must_use]
    pub fn run(self) -> Stopped {
        let header = self.header;
        self.run_at(header)
    }

    /// Enters the engine once with another header address.
    #[must_use]
    pub fn run_at(self, address: u64) -> Stopped {
        let mut host = ScriptedHost::new(self.memory, self.script);
        let outcome = enter(&mut host, address);
        Stopped {
            outcome,
            header: decode_header(&host.memory, self.header),
            host,
            results: self.results,
            data: self.data,
        }
    }
}

impl Stopped {
    /// A result slot.
    #[must_use]
    #[track_caller]
    pub fn slot(&self, index: u64) -> i64 {
        self.host
            .memory
            .word(self.results + 8 * index)
            .cast_signed()
    }

    /// The first `N` result slots.
    #[must_use]
    #[track_caller]
    pub fn slots<const N: usize>(&self) -> [i64; N] {
        let mut index = 0;
        [(); N].map(|()| {
            let value = self.slot(index);
            index += 1;
            value
        })
    }

    /// A word of data.
    #[must_use]
    #[track_caller]
    pub fn data(&self, index: u64) -> u64 {
        self.host.memory.word(self.data + 8 * index)
    }
}

/// The header as twelve 64-bit words, field by field as `docs/abi.md` has them.
#[must_use]
pub fn header_words(header: &Run) -> [u64; 12] {
    let pair = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
    [
        pair(header.size, header.format),
        pair(header.flags, header.status),
        header.program,
        header.len,
        header.results,
        header.results_len,
        header.pc,
        header.fuel,
        header.steps,
        header.value.cast_unsigned(),
        pair(header.resume, header.reason),
        header.scratch,
    ]
}

/// The header at an address; fields out of reach are read as zero.
#[must_use]
pub fn decode_header(memory: &Memory, address: u64) -> Run {
    let word = |index: u64| {
        memory
            .read(address.wrapping_add(8 * index), Width::Eight)
            .unwrap_or(0)
    };
    let low = |index| u32::try_from(word(index) & 0xFFFF_FFFF).expect("masked to 32 bits");
    let high = |index| u32::try_from(word(index) >> 32).expect("shifted to 32 bits");
    Run {
        size: low(0),
        format: high(0),
        flags: low(1),
        status: high(1),
        program: word(2),
        len: word(3),
        results: word(4),
        results_len: word(5),
        pc: word(6),
        fuel: word(7),
        steps: word(8),
        value: word(9).cast_signed(),
        resume: low(10),
        reason: high(10),
        scratch: word(11),
    }
}

fn to_u64(size: usize) -> u64 {
    u64::try_from(size).expect("a size fits 64 bits")
}
