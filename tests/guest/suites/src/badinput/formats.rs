//! Every address that the other formats and repeated calls have, where nothing is.

use rustix::io::Errno;
use sysbatch::abi::{FLAG_CONTINUE_ON_FAILURE, Format, Repeat, SYSLET_NR_UMEM_ADD, Status};
use sysbatch_reference::Operand;
use syscalls::Sysno;

use super::{NOWHERE, assert_refused};
use crate::harness::cases;
use crate::lab::{Batch, Lab, UNWRITTEN, address_of, address_of_mut, at, error, imm, set, sys};

cases! {
    both supersyscall_at_no_address;
    both batch_of_2010_at_no_address;
    both pointers_to_no_address;
    both syslet_at_no_address;
    both repeated_call_at_no_address;
}

const GETPID: u64 = Sysno::getpid as u64;

/// A header of this format, for one entry at `program` with results there.
fn header(format: Format, program: u64, results: u64) -> Batch {
    let mut batch = Batch::new([]).with_fuel(2);
    batch.run.format = format.raw();
    batch.run.program = program;
    batch.run.results = results;
    (batch.run.len, batch.run.results_len) = (1, 1);
    match format {
        Format::Supersyscall => batch.run.flags = FLAG_CONTINUE_ON_FAILURE,
        Format::Syslet => batch.run.pc = program,
        _ => {}
    }
    batch
}

/// Runs what cannot be read, or whose result cannot be stored.
#[track_caller]
fn assert_fault(lab: &mut Lab, mut batch: Batch, status: Status, steps: u64) {
    let outcome = lab.run_header(&mut batch.run);
    assert_eq!(outcome, Err(Errno::FAULT), "{:x?}", batch.run);
    assert_eq!(batch.status(), Some(status), "{:x?}", batch.run);
    assert_eq!(batch.run.steps, steps, "{:x?}", batch.run);
}

/// A program or its results at each address, in a format with an array of entries.
fn array_at_no_address(lab: &mut Lab, format: Format, entry: &[u64]) {
    let mut slot = [UNWRITTEN];
    for address in NOWHERE {
        let results = address_of_mut(&mut slot);
        assert_fault(lab, header(format, address, results), Status::Refused, 0);
        let batch = header(format, address_of(entry), address);
        assert_fault(lab, batch, Status::Unstored, 1);
    }
    assert_eq!(slot, [UNWRITTEN]);
}

/// The result of an entry that is well.
fn result_of(lab: &mut Lab, format: Format, entry: &[u64]) -> i64 {
    let mut slot = [UNWRITTEN];
    let mut batch = header(format, address_of(entry), address_of_mut(&mut slot));
    assert!(lab.run_header(&mut batch.run).is_ok(), "{:x?}", batch.run);
    slot[0]
}

fn supersyscall_at_no_address(lab: &mut Lab) {
    array_at_no_address(lab, Format::Supersyscall, &[GETPID, 0, 0, 0, 0, 0, 0]);
}

fn batch_of_2010_at_no_address(lab: &mut Lab) {
    array_at_no_address(lab, Format::SysBatch, &[GETPID, 0, 0, 0, 0, 0, 0, 0]);
    // Copying a word from there, and to there.
    let mut word = [7_u64];
    let copy = 0xFFFE;
    let fault = error(Errno::FAULT);
    for address in NOWHERE {
        let here = address_of_mut(&mut word);
        for [to, from] in [[here, address], [address, here]] {
            let entry = [copy, 2, to, from, 0, 0, 0, 0];
            let result = result_of(lab, Format::SysBatch, &entry);
            assert_eq!(result, fault, "{address:#x}");
        }
    }
    assert_eq!(word, [7]);
}

fn pointers_to_no_address(lab: &mut Lab) {
    let call = [GETPID, 0];
    let good = [address_of(&call)];
    array_at_no_address(lab, Format::Pointers, &good);
    let mut slot = [UNWRITTEN];
    for address in NOWHERE {
        let list = [address];
        let results = address_of_mut(&mut slot);
        let batch = header(Format::Pointers, address_of(&list), results);
        assert_fault(lab, batch, Status::Refused, 0);
        // An argument; a null one is the end of them.
        let call = [GETPID, address, 0];
        let list = [address_of(&call)];
        let batch = header(Format::Pointers, address_of(&list), results);
        if address == 0 {
            let pid = i64::from(std::process::id());
            assert_eq!(result_of(lab, Format::Pointers, &list), pid);
        } else {
            assert_fault(lab, batch, Status::Refused, 0);
        }
    }
    assert_eq!(slot, [UNWRITTEN]);
}

/// An atom.
fn atom(number: u64, result: u64, next: u64, args: [u64; 2]) -> [u64; 11] {
    let [first, second] = args;
    [0, number, result, next, first, second, 0, 0, 0, 0, 0]
}

fn syslet_at_no_address(lab: &mut Lab) {
    let mut slot = [UNWRITTEN];
    let slot_at = address_of_mut(&mut slot);
    let one = [1_u64];
    for address in NOWHERE {
        let stored = atom(GETPID, address, 0, [0; 2]);
        let followed = atom(GETPID, 0, address, [0; 2]);
        let given = atom(GETPID, slot_at, 0, [address, 0]);
        let syslet = |atom: &[u64; 11]| header(Format::Syslet, address_of(atom), 0);
        // Null is no address here: there is no atom, result, next atom or argument.
        if address == 0 {
            for atom in [&stored, &followed, &given] {
                assert_eq!(lab.run_header(&mut syslet(atom).run), Ok(Status::Exit));
            }
            let mut none = header(Format::Syslet, 0, 0);
            assert_eq!(lab.run_header(&mut none.run), Ok(Status::Done));
            continue;
        }
        slot = [UNWRITTEN];
        assert_fault(lab, header(Format::Syslet, address, 0), Status::Refused, 0);
        assert_fault(lab, syslet(&stored), Status::Unstored, 1);
        assert_fault(lab, syslet(&followed), Status::Refused, 1);
        assert_fault(lab, syslet(&given), Status::Refused, 0);
        assert_eq!(slot, [UNWRITTEN]);
        // Counting there.
        let place = [address];
        let operands = [address_of(&place), address_of(&one)];
        let number = SYSLET_NR_UMEM_ADD;
        let adds = atom(number, slot_at, 0, operands);
        assert_eq!(lab.run_header(&mut syslet(&adds).run), Ok(Status::Exit));
        assert_eq!(slot, [error(Errno::FAULT)], "{address:#x}");
    }
}

fn repeated_call_at_no_address(lab: &mut Lab) {
    // Where the length of a record is read, and where the address of one is.
    for address in NOWHERE {
        for chain in [at(address), Operand::Memory(address)] {
            let call = sys(Sysno::getpid, [chain, imm(0)]).repeated(Repeat {
                chain: 0,
                length: 0,
                advance: 1,
                stop: 0,
                stride: 0,
            });
            assert_refused(lab, Batch::new([set(42), call, set(3)]), Errno::FAULT);
        }
    }
}
