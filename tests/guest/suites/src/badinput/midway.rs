//! A batch that takes its own ground away while it runs.

use rustix::io::Errno;
use sysbatch::abi::{Entry, Status};
use sysbatch_reference::encode;
use syscalls::Sysno;

use crate::harness::cases;
use crate::lab::{Batch, Lab, UNWRITTEN, at, imm, set, sys, to_u64};
use crate::pages::{PAGE, Pages};

cases! {
    both results_unmapped_midway;
    both results_protected_midway;
    both program_unmapped_midway;
    both header_unmapped_midway;
    both everything_unmapped_midway;
}

fn munmap(address: u64) -> Entry {
    sys(Sysno::munmap, [at(address), imm(PAGE)])
}

/// Runs a batch whose second entry makes its results unwritable.
fn results_lost(lab: &mut Lab, lose: impl FnOnce(u64) -> Entry, readable: bool) {
    let pages = Pages::new(1);
    let mut batch = Batch::new([set(1), lose(pages.address()), set(3)]);
    batch.run.results = pages.address();
    assert_eq!(lab.run_header(&mut batch.run), Err(Errno::FAULT));
    assert_eq!(batch.status(), Some(Status::Unstored));
    assert_eq!(batch.run.value, 0, "munmap and mprotect return 0");
    assert_eq!((batch.run.pc, batch.run.steps, batch.run.fuel), (1, 2, 1));
    if readable {
        assert_eq!(pages.word(0), 1);
    }
}

fn results_unmapped_midway(lab: &mut Lab) {
    results_lost(lab, munmap, false);
}

fn results_protected_midway(lab: &mut Lab) {
    let protect = |address| {
        sys(
            Sysno::mprotect,
            [at(address), imm(PAGE), imm(libc::PROT_READ)],
        )
    };
    results_lost(lab, protect, true);
}

fn program_unmapped_midway(lab: &mut Lab) {
    // The program ends the first page and goes on in the second, which its
    // second entry unmaps.
    let pages = Pages::new(2);
    let second = pages.address() + to_u64(PAGE);
    let entries = [set(1), munmap(second), set(3), set(4)];
    let bytes: Vec<u8> = entries.iter().flat_map(encode).collect();
    pages.write(PAGE - 128, &bytes);
    let mut batch = Batch::new(entries);
    batch.run.program = second - 128;
    assert_eq!(lab.run_header(&mut batch.run), Err(Errno::FAULT));
    assert_eq!(batch.status(), Some(Status::Refused));
    assert_eq!(batch.results, [1, 0, UNWRITTEN, UNWRITTEN]);
    assert_eq!((batch.run.pc, batch.run.steps, batch.run.fuel), (2, 2, 2));
}

fn header_unmapped_midway(lab: &mut Lab) {
    let pages = Pages::new(1);
    let batch = Batch::new([set(1), munmap(pages.address()), set(3)]);
    let words = sysbatch_reference::header_words(&batch.run);
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    pages.write(0, &bytes);
    assert_eq!(lab.enter_at(pages.address()), Err(Errno::FAULT));
    assert_eq!(batch.results, [1, 0, 3], "the batch has run all the same");
}

fn everything_unmapped_midway(lab: &mut Lab) {
    // Header, program and results in one page, which is gone after entry 0.
    let pages = Pages::new(1);
    let base = pages.address();
    let mut batch = Batch::new([munmap(base), set(1)]);
    batch.run.program = base + 256;
    batch.run.results = base + 512;
    let words = sysbatch_reference::header_words(&batch.run);
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    pages.write(0, &bytes);
    let program: Vec<u8> = batch.entries.iter().flat_map(encode).collect();
    pages.write(256, &program);
    assert_eq!(lab.enter_at(base), Err(Errno::FAULT));
}
