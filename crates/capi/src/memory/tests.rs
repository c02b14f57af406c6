//! Batches on memory that is there, that goes away, and that is asked for.
#![expect(unsafe_code, reason = "batches are run on memory of the tests")]

use core::ptr;
use core::sync::atomic::{AtomicU64, Ordering};
use std::os::fd::{FromRawFd, OwnedFd};

use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};
use sysbatch::abi::Format;
use syscalls::Sysno;

use super::*;

/// Asks the kernel, and writes down what it was asked.
#[derive(Debug, Default)]
struct Counting {
    reads: Vec<u64>,
    writes: Vec<u64>,
}

impl Probe for Counting {
    fn is_readable(&mut self, page: u64) -> bool {
        self.reads.push(page);
        AskKernel.is_readable(page)
    }

    fn is_writable(&mut self, page: u64) -> bool {
        self.writes.push(page);
        AskKernel.is_writable(page)
    }
}

fn counted() -> Probed<Counting> {
    // SAFETY: the batches of the tests work on the tests' own memory.
    unsafe { Probed::with_probe(0..0, Counting::default()) }
}

/// Pages that do not last, each time at another place, where the kernel puts
/// nothing by itself: what is unmapped there stays a hole.
struct Mapped {
    address: u64,
    pages: u64,
}

impl Mapped {
    fn new(pages: u64) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0x2345_6780_0000);
        let address = NEXT.fetch_add((pages + 1) * PAGE_SIZE, Ordering::Relaxed);
        let start = ptr::with_exposed_provenance_mut(address as usize);
        let len = (pages * PAGE_SIZE) as usize;
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        let flags = MapFlags::PRIVATE | MapFlags::FIXED_NOREPLACE;
        // SAFETY: nothing is replaced.
        unsafe { mmap_anonymous(start, len, protection, flags) }.unwrap();
        Self { address, pages }
    }

    fn page(&self, index: u64) -> u64 {
        assert!(index < self.pages);
        self.address + index * PAGE_SIZE
    }

    fn word(&self, index: u64) -> *mut u64 {
        assert!(index < self.pages * PAGE_SIZE / 8);
        ptr::with_exposed_provenance_mut((self.address + 8 * index) as usize)
    }

    fn write(&self, first: u64, words: &[u64]) {
        for (index, &word) in (first..).zip(words) {
            // SAFETY: it lies within the pages.
            unsafe { self.word(index).write(word) };
        }
    }

    fn read(&self, index: u64) -> u64 {
        // SAFETY: it lies within the pages.
        unsafe { self.word(index).read() }
    }
}

/// An entry of the `batch` format.
fn entry(number: i16, args: &[u64]) -> [u64; 8] {
    let mut words = [0; 8];
    words[0] = u64::from(number.cast_unsigned());
    words[1] = args.len() as u64;
    words[2..2 + args.len()].copy_from_slice(args);
    words
}

const WORD_COPY: i16 = -2;
const FAULT: i64 = -14;

fn header(format: Format, program: u64, len: u64, results: u64) -> Run {
    Run {
        size: RUN_SIZE as u32,
        format: format.raw(),
        program,
        len,
        results,
        results_len: len,
        fuel: len,
        ..Run::default()
    }
}

/// Runs a program of the `batch` format, that lies in the memory from its
/// beginning on, with results in a page of their own, which are returned.
fn run(
    memory: &mut Probed<Counting>,
    at: &Mapped,
    program: &[[u64; 8]],
) -> (Result<Status, Errno>, Run, Vec<i64>) {
    at.write(0, program.as_flattened());
    let results = Mapped::new(1);
    let len = program.len() as u64;
    let mut header = header(Format::SysBatch, at.address, len, results.address);
    // SAFETY: the batch is the test's.
    let ended = unsafe { memory.run(&Backend::user(), &mut header) };
    let results = (0..len).map(|k| results.read(k).cast_signed()).collect();
    (ended, header, results)
}

fn sys(sysno: Sysno, args: &[u64]) -> [u64; 8] {
    entry(sysno as i16, args)
}

#[test]
fn a_page_is_asked_for_once() {
    let at = Mapped::new(4);
    let results = Mapped::new(1);
    let program = [sys(Sysno::getppid, &[]); 200];
    at.write(0, program.as_flattened());
    let mut memory = counted();
    let mut header = header(Format::SysBatch, at.address, 200, results.address);
    // SAFETY: the batch asks for a process id.
    let ended = unsafe { memory.run(&Backend::user(), &mut header) };
    assert_eq!(ended, Ok(Status::Exit));
    assert_eq!(memory.probe.reads, [0, 1, 2, 3].map(|page| at.page(page)));
    assert_eq!(memory.probe.writes, [results.address]);
    assert_eq!(results.read(199), results.read(0));
}

#[test]
fn calls_that_wait_for_nobody_and_unknown_ones_change_nothing() {
    let at = Mapped::new(1);
    let none = entry(500, &[]);
    let descriptor = u64::MAX;
    let program = [
        sys(Sysno::fstat, &[descriptor, 0]),
        sys(Sysno::close, &[descriptor]),
        none,
        sys(Sysno::lseek, &[descriptor, 0, 0]),
        entry(-7, &[]),
    ];
    let mut memory = counted();
    let (ended, _, results) = run(&mut memory, &at, &program);
    assert_eq!(ended, Ok(Status::Exit));
    assert_eq!(results, [-9, -9, -38, -9, -38]);
    assert_eq!(memory.probe.reads.len(), 1);
    assert_eq!(memory.probe.writes.len(), 1);
}

#[test]
fn a_first_try_waits_for_nobody_and_asks_once() {
    let at = Mapped::new(1);
    let results = Mapped::new(1);
    let path = c"/".as_ptr().expose_provenance() as u64;
    let flags = (libc::O_PATH | libc::O_CLOEXEC) as u64;
    let open = sys(Sysno::openat, &[0, path, flags]);
    let program = [open, open, open, sys(Sysno::nanosleep, &[0, 0])];
    at.write(0, program.as_flattened());
    let mut memory = counted();
    let mut header = header(Format::SysBatch, at.address, 4, results.address);
    // Another thread might take memory away while the batch waits.
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let other = std::thread::spawn(move || stopped.recv());
    // SAFETY: the batch opens directories.
    let ended = unsafe { memory.first_try(&Backend::user(), &mut header) };
    drop(stop);
    assert!(other.join().unwrap().is_err());
    assert_eq!((ended, header.pc), (None, 3), "sleeping would wait");
    assert_eq!(memory.probe.reads, [at.address]);
    assert_eq!(memory.probe.writes, [results.address]);
    for opened in (0..3).map(|index| results.read(index) as i32) {
        // SAFETY: the batch has opened it.
        drop(unsafe { OwnedFd::from_raw_fd(opened) });
    }
}

#[test]
fn static_data_is_not_asked_for() {
    static PROGRAM: [AtomicU64; 24] = [const { AtomicU64::new(0) }; 24];
    static RESULTS: [AtomicU64; 3] = [const { AtomicU64::new(0) }; 3];
    for entry in 0..3 {
        PROGRAM[8 * entry].store(Sysno::getppid as u64, Ordering::Relaxed);
    }
    let mut memory = counted();
    let mut header = header(
        Format::SysBatch,
        PROGRAM.as_ptr().expose_provenance() as u64,
        3,
        RESULTS.as_ptr().expose_provenance() as u64,
    );
    let backend = Backend::user();
    // SAFETY: the batch asks for a process id.
    let ended = unsafe { memory.run(&backend, &mut header) };
    assert_eq!(ended, Ok(Status::Exit));
    assert_eq!(
        (memory.probe.reads.len(), memory.probe.writes.len()),
        (0, 0)
    );
    assert_eq!(backend.crossings(), 3);
}

#[test]
fn bad_addresses_are_faults() {
    let pages = Mapped::new(2);
    let mut memory = counted();
    // The last word before the end of what is there, and all beyond.
    let end = pages.page(1) + PAGE_SIZE;
    let hole = Mapped::new(1);
    let bad = hole.address;
    let gone = ptr::with_exposed_provenance_mut(bad as usize);
    // SAFETY: the page is the test's.
    unsafe { rustix::mm::mprotect(gone, 4096, rustix::mm::MprotectFlags::empty()) }.unwrap();
    for address in [0, 1, 4096, bad, bad + 4088, u64::MAX, u64::MAX - 7, 1 << 63] {
        assert_eq!(
            memory.load(address, Width::Eight),
            Err(Fault),
            "{address:#x}"
        );
        assert_eq!(memory.load(address, Width::One), Err(Fault), "{address:#x}");
        assert_eq!(memory.load_words::<8>(address), Err(Fault), "{address:#x}");
        assert_eq!(
            memory.store(address, Width::Eight, 1),
            Err(Fault),
            "{address:#x}"
        );
    }
    assert_eq!(memory.store(end - 8, Width::Eight, 77), Ok(()));
    assert_eq!(memory.load(end - 8, Width::Eight), Ok(77));
    // Across a border: both pages, or none.
    assert_eq!(
        memory.store(pages.page(1) - 3, Width::Eight, u64::MAX),
        Ok(())
    );
    assert_eq!(memory.load(pages.page(1) - 3, Width::Eight), Ok(u64::MAX));
    let border = Mapped::new(2);
    let second = ptr::with_exposed_provenance_mut(border.page(1) as usize);
    // SAFETY: as above.
    unsafe { rustix::mm::mprotect(second, 4096, rustix::mm::MprotectFlags::empty()) }.unwrap();
    assert_eq!(
        memory.store(border.page(1) - 3, Width::Eight, u64::MAX),
        Err(Fault)
    );
    assert_eq!(memory.load(border.page(1) - 3, Width::Eight), Err(Fault));
    assert_eq!(memory.load_words::<2>(border.page(1) - 8), Err(Fault));
    assert_eq!(
        memory.load(border.page(1) - 8, Width::Eight),
        Ok(0),
        "nothing was written"
    );
}

#[test]
fn what_the_batch_unmaps_is_gone() {
    let at = Mapped::new(1);
    let data = Mapped::new(2);
    data.write(0, &[5]);
    let (first, second) = (data.page(0), data.page(1));
    let program = [
        entry(WORD_COPY, &[second, first]),
        sys(Sysno::munmap, &[first, PAGE_SIZE]),
        entry(WORD_COPY, &[second, first]),
        entry(WORD_COPY, &[second, second]),
        sys(Sysno::mprotect, &[second, PAGE_SIZE, 1]),
        entry(WORD_COPY, &[second, second]),
        sys(Sysno::mprotect, &[second, PAGE_SIZE, 0]),
        entry(WORD_COPY, &[at.page(0) + 4088, second]),
    ];
    let (ended, _, results) = run(&mut counted(), &at, &program);
    assert_eq!(ended, Ok(Status::Exit));
    assert_eq!(results, [0, 0, FAULT, 0, 0, FAULT, 0, FAULT]);
}

#[test]
fn a_batch_that_unmaps_its_own_program() {
    let at = Mapped::new(1);
    let program = [
        sys(Sysno::getppid, &[]),
        sys(Sysno::munmap, &[at.address, PAGE_SIZE]),
        sys(Sysno::getppid, &[]),
    ];
    let (ended, header, results) = run(&mut counted(), &at, &program);
    assert_eq!(ended, Err(Errno::FAULT));
    assert_eq!(Status::from_raw(header.status), Some(Status::Refused));
    assert_eq!((header.pc, header.steps), (2, 2));
    assert_eq!(results[1], 0);
}

#[test]
fn what_another_thread_unmaps_while_the_batch_waits_is_gone() {
    let (reader, writer) = rustix::pipe::pipe().unwrap();
    let at = Mapped::new(1);
    let data = Mapped::new(2);
    data.write(0, &[5]);
    let (first, second) = (data.page(0), data.page(1));
    let fd = std::os::fd::AsRawFd::as_raw_fd(&reader) as u64;
    let program = [
        entry(WORD_COPY, &[second, first]),
        sys(Sysno::read, &[fd, second, 1]),
        entry(WORD_COPY, &[second, first]),
    ];
    let unmaps = std::thread::spawn(move || {
        let copied: *const AtomicU64 = ptr::with_exposed_provenance(second as usize);
        // SAFETY: an aligned word of the test's own pages.
        let copied = unsafe { &*copied };
        while copied.load(Ordering::Acquire) != 5 {
            std::thread::yield_now();
        }
        let start = ptr::with_exposed_provenance_mut(first as usize);
        // SAFETY: the page is the test's.
        unsafe { munmap(start, PAGE_SIZE as usize) }.unwrap();
        rustix::io::write(&writer, b"x").unwrap();
    });
    let (ended, _, results) = run(&mut counted(), &at, &program);
    unmaps.join().unwrap();
    assert_eq!(ended, Ok(Status::Exit));
    assert_eq!(results, [0, 1, FAULT]);
}

#[test]
fn a_batch_that_changes_itself() {
    let at = Mapped::new(1);
    let other = sys(Sysno::getpid, &[]);
    let source = at.page(0) + 2048;
    at.write(256, &other);
    let program = [
        sys(Sysno::getppid, &[]),
        entry(WORD_COPY, &[at.address + 128, source]),
        sys(Sysno::getppid, &[]),
    ];
    let mut memory = counted();
    let (ended, _, results) = run(&mut memory, &at, &program);
    assert_eq!(ended, Ok(Status::Exit));
    assert_eq!(results[2], i64::from(std::process::id()));
    assert_eq!(memory.probe.reads, [at.address]);
}
