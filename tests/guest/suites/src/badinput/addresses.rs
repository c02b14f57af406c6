//! Programs, results and operands that cannot be reached.

use rustix::io::Errno;
use rustix::mm::MprotectFlags;
use sysbatch::abi::{BuiltIn, Entry, Status, Width};
use sysbatch_reference::{Operand, built_in, encode};
use syscalls::Sysno;

use super::{NOWHERE, assert_refused};
use crate::harness::cases;
use crate::lab::{Batch, Lab, UNWRITTEN, at, imm, set, sys, to_u64};
use crate::pages::{PAGE, Pages};

cases! {
    both program_at_no_address;
    both program_unreadable;
    both program_across_unmapped;
    both results_at_no_address;
    both results_not_writable;
    both operand_at_no_address;
    both operand_across_unmapped;
    both built_in_at_no_address;
    both built_in_across_unmapped_writes_nothing;
    both built_in_on_read_only_memory;
}

const WIDTHS: [Width; 4] = [Width::One, Width::Two, Width::Four, Width::Eight];

/// Runs a batch whose program is at an address where its first entry cannot be
/// read.
#[track_caller]
fn assert_no_program(lab: &mut Lab, address: u64) {
    let mut batch = Batch::new([set(1)]);
    batch.run.program = address;
    assert_eq!(
        lab.run_header(&mut batch.run),
        Err(Errno::FAULT),
        "{address:#x}"
    );
    assert_eq!(batch.status(), Some(Status::Refused));
    assert_eq!((batch.run.pc, batch.run.steps, batch.run.fuel), (0, 0, 1));
    assert_eq!(batch.results, [UNWRITTEN]);
}

fn program_at_no_address(lab: &mut Lab) {
    for address in NOWHERE {
        assert_no_program(lab, address);
    }
    let pages = Pages::new(1);
    pages.unmap(0);
    assert_no_program(lab, pages.address());
}

fn program_unreadable(lab: &mut Lab) {
    let pages = Pages::new(1);
    pages.protect(0, 1, MprotectFlags::empty());
    assert_no_program(lab, pages.address());
}

fn program_across_unmapped(lab: &mut Lab) {
    let entries = [set(10), set(11), set(12)];
    let bytes: Vec<u8> = entries.iter().flat_map(encode).collect();
    // So many bytes of the third entry are there.
    for part in [0, 8, 32, 56] {
        let pages = Pages::new(1);
        let len = 128 + part;
        pages.write(PAGE - len, &bytes[..len]);
        let mut batch = Batch::new(entries);
        batch.run.program = pages.end() - to_u64(len);
        assert_eq!(lab.run_header(&mut batch.run), Err(Errno::FAULT));
        assert_eq!(batch.status(), Some(Status::Refused));
        assert_eq!((batch.run.pc, batch.run.steps, batch.run.fuel), (2, 2, 1));
        assert_eq!(batch.results, [10, 11, UNWRITTEN]);
    }
}

/// Runs a batch whose results cannot be written.
#[track_caller]
fn assert_unstored(lab: &mut Lab, address: u64) {
    for (entry, value) in [
        (set(-77), -77),
        (sys(Sysno::getppid, []), i64::from(libc_getppid())),
    ] {
        let mut batch = Batch::new([entry, set(2)]);
        batch.run.results = address;
        assert_eq!(
            lab.run_header(&mut batch.run),
            Err(Errno::FAULT),
            "{address:#x}"
        );
        assert_eq!(batch.status(), Some(Status::Unstored));
        assert_eq!(batch.run.value, value, "the result is not lost");
        assert_eq!((batch.run.pc, batch.run.steps, batch.run.fuel), (0, 1, 1));
    }
}

fn libc_getppid() -> i32 {
    rustix::process::getppid().map_or(0, |pid| pid.as_raw_nonzero().get())
}

fn results_at_no_address(lab: &mut Lab) {
    // The last of them has no second slot in the address space, which does not
    // matter to the first entry.
    for address in NOWHERE {
        assert_unstored(lab, address);
    }
    let pages = Pages::new(1);
    pages.unmap(0);
    assert_unstored(lab, pages.address());
}

fn results_not_writable(lab: &mut Lab) {
    let pages = Pages::new(1);
    pages.protect(0, 1, MprotectFlags::READ);
    assert_unstored(lab, pages.address());
    pages.protect(0, 1, MprotectFlags::empty());
    assert_unstored(lab, pages.address());
}

fn operand_at_no_address(lab: &mut Lab) {
    for address in NOWHERE {
        for k in 0..6 {
            let mut operands = [imm(0); 6];
            operands[k] = Operand::Memory(address);
            let entry = sys(Sysno::getpid, operands);
            assert_refused(lab, Batch::new([set(42), entry]), Errno::FAULT);
        }
    }
}

fn operand_across_unmapped(lab: &mut Lab) {
    let pages = Pages::new(1);
    pages.write(PAGE - 8, &[1, 2, 3, 4, 5, 6, 7, 8]);
    for missing in 1..8 {
        let entry = built_in(BuiltIn::Set, &[Operand::Memory(pages.end() - 8 + missing)]);
        assert_refused(lab, Batch::new([set(42), entry]), Errno::FAULT);
    }
    let mut batch = Batch::new([built_in(BuiltIn::Set, &[Operand::Memory(pages.end() - 8)])]);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert_eq!(batch.results, [0x0807_0605_0403_0201]);
}

/// Every built-in that uses memory, on this address.
fn users_of(address: u64, good: u64) -> Vec<Entry> {
    let mut entries = vec![
        built_in(BuiltIn::Copy, &[at(address), at(good)]),
        built_in(BuiltIn::Copy, &[at(good), at(address)]),
        built_in(BuiltIn::UserMemoryAdd, &[at(address), imm(1)]),
    ];
    for width in WIDTHS {
        entries.push(built_in(BuiltIn::Load(width), &[at(address)]));
        entries.push(built_in(
            BuiltIn::Store(width),
            &[at(address), imm(0), imm(-1)],
        ));
    }
    entries
}

fn built_in_at_no_address(lab: &mut Lab) {
    let good = Pages::new(1);
    good.write(0, &[9; 8]);
    for address in NOWHERE {
        for entry in users_of(address, good.address()) {
            assert_refused(lab, Batch::new([set(42), entry]), Errno::FAULT);
        }
    }
    assert_eq!(good.read(0, 16), [[9; 8], [0; 8]].concat());
}

fn built_in_across_unmapped_writes_nothing(lab: &mut Lab) {
    // A word that has its first bytes in one page and its last in none, and
    // the other way round.
    let pages = Pages::new(1);
    pages.write(0, &[0x55; PAGE]);
    for width in [Width::Two, Width::Four, Width::Eight] {
        for inside in 1..width.bytes() {
            for address in [
                pages.end() - inside,
                pages.address() - (width.bytes() - inside),
            ] {
                let mut entries = vec![
                    built_in(BuiltIn::Load(width), &[at(address)]),
                    built_in(BuiltIn::Store(width), &[at(address), imm(0), imm(0)]),
                ];
                if width == Width::Eight {
                    entries.push(built_in(BuiltIn::UserMemoryAdd, &[at(address), imm(1)]));
                    entries.push(built_in(BuiltIn::Copy, &[at(address), at(pages.address())]));
                }
                for entry in entries {
                    assert_refused(lab, Batch::new([set(42), entry]), Errno::FAULT);
                }
            }
        }
    }
    assert_eq!(pages.read(0, PAGE), [0x55; PAGE]);
}

fn built_in_on_read_only_memory(lab: &mut Lab) {
    let pages = Pages::new(2);
    pages.write(0, &[0x55; 2 * PAGE]);
    pages.protect(1, 1, MprotectFlags::READ);
    let address = pages.address() + to_u64(PAGE);
    for address in [address, address + 64, address - 1] {
        for width in WIDTHS {
            if address % 2 == 1 && width == Width::One {
                continue;
            }
            let entry = built_in(BuiltIn::Store(width), &[at(address), imm(0), imm(0)]);
            assert_refused(lab, Batch::new([set(42), entry]), Errno::FAULT);
        }
        let entry = built_in(BuiltIn::UserMemoryAdd, &[at(address), imm(1)]);
        assert_refused(lab, Batch::new([set(42), entry]), Errno::FAULT);
        let load = built_in(BuiltIn::Load(Width::Two), &[at(address)]);
        let mut batch = Batch::new([load]);
        assert_eq!(lab.run(&mut batch), Ok(Status::Done));
        assert_eq!(batch.results, [0x5555]);
    }
    assert_eq!(pages.read(0, 2 * PAGE), [0x55; 2 * PAGE]);
}
