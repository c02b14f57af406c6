//! Addresses above 2⁴⁷, which a processor with five levels of page tables has
//! (`Documentation/arch/x86/x86_64/5level-paging.rst`): all of a batch lies there.
#![expect(unsafe_code, reason = "memory at high addresses")]

use std::os::fd::AsRawFd as _;

use sysbatch::abi::{BuiltIn, Entry, Format, Run, Status, Width};
use sysbatch_reference::{Operand, built_in, encode};
use syscalls::Sysno;

use crate::harness::cases;
use crate::lab::{Batch, Lab, at, imm, sys, to_u64};

cases! {
    kernel batch_far_up;
    kernel syslet_far_up;
    kernel pointers_far_up;
}

/// A page far up, as words.
struct High {
    start: *mut u64,
}

impl High {
    fn new() -> Self {
        // The kernel gives no such address to who does not ask for one.
        let hint = core::ptr::without_provenance_mut(1 << 52);
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: a new mapping where there is none.
        let page = unsafe { libc::mmap(hint, 4096, protection, flags, -1, 0) };
        assert_ne!(page, libc::MAP_FAILED, "mmap");
        assert!(
            to_u64(page.expose_provenance()) >= 1 << 47,
            "the processor and the kernel have five levels of page tables"
        );
        Self { start: page.cast() }
    }

    /// The address of a word.
    fn at(&self, word: usize) -> u64 {
        to_u64(self.start.expose_provenance()) + 8 * to_u64(word)
    }

    fn place(&self, word: usize) -> *mut u64 {
        assert!(word < 512);
        // SAFETY: within the page.
        unsafe { self.start.add(word) }
    }

    /// Writes words from one on.
    fn put(&self, word: usize, words: &[u64]) {
        for (index, &value) in words.iter().enumerate() {
            // SAFETY: within the page, as is looked at, and nothing refers into it.
            unsafe { self.place(word + index).write(value) };
        }
    }

    fn get(&self, word: usize) -> u64 {
        // SAFETY: as in `put`.
        unsafe { self.place(word).read() }
    }

    fn put_entries(&self, word: usize, entries: &[Entry]) {
        for (index, entry) in entries.iter().enumerate() {
            let bytes = encode(entry);
            let (words, _) = bytes.as_chunks::<8>();
            let words: Vec<u64> = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
            self.put(word + 8 * index, &words);
        }
    }

    /// Runs the batch of a header that lies there, too.
    fn run(&self, lab: &mut Lab, run: &Run, status: Status) {
        self.put(HEADER, &sysbatch_reference::header_words(run));
        assert_eq!(lab.enter_at(self.at(HEADER)), Ok(()));
        let found = self.get(HEADER + 1) >> 32;
        assert_eq!(found, u64::from(status.raw()));
    }
}

/// Where things lie in the page, in words.
const HEADER: usize = 0;
const DATA: usize = 32;
const RESULTS: usize = 64;
const PROGRAM: usize = 128;

fn pid() -> u64 {
    std::process::id().into()
}

fn batch_far_up(lab: &mut Lab) {
    let high = High::new();
    let (reader, writer) = rustix::pipe::pipe().expect("pipe");
    rustix::io::write(&writer, b"12345678").expect("write");
    let data = |word| at(high.at(DATA + word));
    let entries = [
        sys(Sysno::getpid, []),
        sys(Sysno::read, [imm(reader.as_raw_fd()), data(0), imm(8)]),
        built_in(BuiltIn::Copy, &[data(1), data(0)]),
        built_in(BuiltIn::Load(Width::Two), &[data(1)]),
        built_in(BuiltIn::Store(Width::Eight), &[data(2), imm(0), imm(5)]),
        built_in(BuiltIn::UserMemoryAdd, &[data(2), Operand::Result(4)]),
        built_in(
            BuiltIn::Add,
            &[Operand::Memory(high.at(DATA + 2)), Operand::Result(5)],
        ),
        sys(Sysno::write, [imm(writer.as_raw_fd()), data(1), imm(8)]),
    ];
    high.put_entries(PROGRAM, &entries);
    let mut batch = Batch::new(entries);
    batch.run.program = high.at(PROGRAM);
    batch.run.results = high.at(RESULTS);
    high.run(lab, &batch.run, Status::Done);
    let text = u64::from_le_bytes(*b"12345678");
    let results: Vec<u64> = (0..8).map(|index| high.get(RESULTS + index)).collect();
    assert_eq!(results, [pid(), 8, text, text & 0xFFFF, 5, 10, 20, 8]);
    let mut bytes = [0; 8];
    assert_eq!(rustix::io::read(&reader, &mut bytes), Ok(8));
    assert_eq!(&bytes, b"12345678");
}

fn syslet_far_up(lab: &mut Lab) {
    let high = High::new();
    let getpid = u64::try_from(Sysno::getpid.id()).expect("a number");
    let kill = u64::try_from(Sysno::kill.id()).expect("a number");
    let second = high.at(PROGRAM + 11);
    let result = high.at(RESULTS);
    high.put(PROGRAM, &[0, getpid, result, second, 0, 0, 0, 0, 0, 0, 0]);
    let (stored, zero) = (high.at(RESULTS + 1), high.at(DATA));
    high.put(
        PROGRAM + 11,
        &[0, kill, stored, 0, result, zero, 0, 0, 0, 0, 0],
    );
    high.put(RESULTS + 1, &[77]);
    let mut batch = Batch::new([]).with_fuel(2);
    batch.run.format = Format::Syslet.raw();
    batch.run.pc = high.at(PROGRAM);
    high.run(lab, &batch.run, Status::Exit);
    assert_eq!([high.get(RESULTS), high.get(RESULTS + 1)], [pid(), 0]);
}

fn pointers_far_up(lab: &mut Lab) {
    let high = High::new();
    let getpid = u64::try_from(Sysno::getpid.id()).expect("a number");
    let kill = u64::try_from(Sysno::kill.id()).expect("a number");
    high.put(
        DATA,
        &[getpid, 0, kill, high.at(RESULTS), high.at(DATA + 1), 0],
    );
    high.put(PROGRAM, &[high.at(DATA), high.at(DATA + 2)]);
    high.put(RESULTS + 1, &[77]);
    let mut batch = Batch::new([]).with_fuel(2);
    batch.run.format = Format::Pointers.raw();
    batch.run.program = high.at(PROGRAM);
    batch.run.results = high.at(RESULTS);
    (batch.run.len, batch.run.results_len) = (2, 2);
    high.run(lab, &batch.run, Status::Done);
    assert_eq!([high.get(RESULTS), high.get(RESULTS + 1)], [pid(), 0]);
}
