//! The encodings of other interfaces, each by the rules of its author.
//!
//! What a rule says is in `docs/abi.md` and on the page of the interface.

mod pointers;
mod random;
mod supersyscall;
mod sys_batch;
mod syslet;

pub(crate) use sysbatch_abi::{Format, Status};
pub(crate) use sysbatch_engine::{Error, Outcome};
pub(crate) use sysbatch_reference::Script;

use sysbatch_abi::{RUN_SIZE, Run};
use sysbatch_engine::{Call, enter};
use sysbatch_reference::{Memory, ScriptedHost, decode_header, header_words};

const BASE: u64 = 0x10_0000;
const HEADER: u64 = BASE;
/// Where programs are put, and their results.
pub(crate) const PROGRAM: u64 = BASE + 0x200;
pub(crate) const RESULTS: u64 = BASE + 0x800;
/// Room for whatever a program points at.
pub(crate) const DATA: u64 = BASE + 0xA00;
const SIZE: u64 = 0x1000;
/// An address that cannot be reached.
pub(crate) const NOWHERE: u64 = BASE + SIZE;

/// The number of `execve`, which is never made in a batch.
pub(crate) const EXECVE: u8 = if cfg!(target_arch = "x86_64") {
    59
} else {
    221
};

/// A program of words, its results at [`RESULTS`].
pub(crate) struct Image {
    pub(crate) memory: Memory,
    pub(crate) run: Run,
    script: Script,
}

/// What came of it.
pub(crate) struct Stopped {
    pub(crate) outcome: Result<Status, Error>,
    pub(crate) run: Run,
    host: ScriptedHost,
}

impl Image {
    /// A program in memory with fuel for 100 steps and eight results.
    pub(crate) fn new(format: Format, len: u64, words: &[u64]) -> Self {
        let mut image = Self {
            memory: Memory::new(BASE, SIZE),
            run: Run {
                size: u32::try_from(RUN_SIZE).unwrap(),
                format: format.raw(),
                program: PROGRAM,
                len,
                results: RESULTS,
                results_len: 8,
                fuel: 100,
                ..Run::default()
            },
            script: Script::default(),
        };
        image.put(PROGRAM, words);
        image.put(RESULTS, &[77; 8]);
        image
    }

    pub(crate) fn put(&mut self, address: u64, words: &[u64]) {
        for (word, at) in words.iter().zip((address..).step_by(8)) {
            self.memory.set_word(at, *word);
        }
    }

    pub(crate) fn returning(mut self, results: &[i64]) -> Self {
        self.script = Script::returning(results);
        self
    }

    pub(crate) fn with_script(mut self, script: Script) -> Self {
        self.script = script;
        self
    }

    pub(crate) fn run(mut self) -> Stopped {
        for (word, at) in header_words(&self.run).iter().zip((HEADER..).step_by(8)) {
            self.memory.set_word(at, *word);
        }
        let mut host = ScriptedHost::new(self.memory, self.script);
        let outcome = enter(&mut host, HEADER);
        Stopped {
            outcome,
            run: decode_header(&host.memory, HEADER),
            host,
        }
    }
}

impl Stopped {
    pub(crate) fn word(&self, address: u64) -> i64 {
        self.host.memory.word(address).cast_signed()
    }

    pub(crate) fn results(&self, count: u64) -> Vec<i64> {
        (0..count).map(|k| self.word(RESULTS + 8 * k)).collect()
    }

    pub(crate) fn made(&self) -> &[Call] {
        self.host.script.made()
    }

    pub(crate) fn numbers(&self) -> Vec<u32> {
        self.made().iter().map(|call| call.number).collect()
    }
}
