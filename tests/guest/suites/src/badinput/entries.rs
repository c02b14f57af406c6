//! Entries that break a rule, numbers that nobody knows.

use rustix::io::Errno;
use sysbatch::abi::{BuiltIn, Entry, Status};
use sysbatch_reference::{EntryExt as _, Operand, built_in};
use syscalls::Sysno;

use super::{NOWHERE, assert_refused, assert_stopped};
use crate::harness::cases;
use crate::lab::{Batch, Lab, UNWRITTEN, at, error, imm, result, set, sys};

cases! {
    both entry_reserved_bits;
    both entry_slot_out_of_range;
    both entry_destination_out_of_range;
    both entry_jump_out_of_range;
    both entry_unknown_built_in;
    both entry_number_out_of_range;
    both backward_jump_without_fuel;
    both no_fuel_at_all;
    both indexes_near_the_end_of_numbers;
    both sub_call_with_bad_pointers;
}

/// A batch whose middle entry is this one.
fn with(entry: Entry) -> Batch {
    Batch::new([set(42), entry, set(43)])
}

/// A call that would leave a trace in the results.
fn call() -> Entry {
    sys(Sysno::getpid, [])
}

fn entry_reserved_bits(lab: &mut Lab) {
    for bit in 0..16 {
        assert_refused(
            lab,
            with(Entry {
                flags: 1 << bit,
                ..call()
            }),
            Errno::INVAL,
        );
    }
    for bit in 12..16 {
        assert_refused(
            lab,
            with(Entry {
                modes: 1 << bit,
                ..call()
            }),
            Errno::INVAL,
        );
    }
    for k in 0..6 {
        assert_refused(
            lab,
            with(Entry {
                modes: 3 << (2 * k),
                ..call()
            }),
            Errno::INVAL,
        );
    }
}

fn entry_slot_out_of_range(lab: &mut Lab) {
    for index in [3, 4, 1 << 32, 1 << 61, u64::MAX] {
        let entry = sys(Sysno::getpid, [result(index)]);
        assert_refused(lab, with(entry), Errno::INVAL);
        let entry = built_in(BuiltIn::Set, &[imm(1), result(index)]);
        assert_refused(lab, with(entry), Errno::INVAL);
    }
}

fn entry_destination_out_of_range(lab: &mut Lab) {
    for slot in [3, 4, 0x7FFF, 0x8000, 0xFFFE] {
        assert_refused(lab, with(call().to_slot(slot)), Errno::INVAL);
    }
    let mut batch = with(call());
    batch.results.truncate(1);
    assert_stopped(lab, &mut batch, Errno::INVAL, Status::Refused, 1);
    assert_eq!(batch.results, [42]);
}

fn entry_jump_out_of_range(lab: &mut Lab) {
    for offset in [-3, 2, i16::MAX, i16::MIN + 1] {
        assert_refused(lab, with(call().jumps(offset, 0, 0)), Errno::INVAL);
        assert_refused(lab, with(call().jumps(0, offset, 0)), Errno::INVAL);
        assert_refused(lab, with(call().jumps(0, 0, offset)), Errno::INVAL);
    }
}

fn entry_unknown_built_in(lab: &mut Lab) {
    for nr in [-20, -21, -32768, i32::MIN] {
        assert_refused(lab, with(Entry { nr, ..set(1) }), Errno::INVAL);
    }
}

fn entry_number_out_of_range(lab: &mut Lab) {
    // The bit 0x4000_0000 is that of x32, which these kernels lack.
    for nr in [500, 511, 600, 0x4000_0000, 0x4000_0027, 0x7FFF_FFFF] {
        let mut batch = with(Entry { nr, ..call() });
        assert_eq!(lab.run(&mut batch), Ok(Status::Done));
        assert_eq!(batch.results, [42, error(Errno::NOSYS), 43], "{nr:#x}");
    }
}

fn backward_jump_without_fuel(lab: &mut Lab) {
    let mut batch = Batch::new([set(1), set(2).jumps(-2, -2, -2)]);
    assert_eq!(lab.run(&mut batch), Ok(Status::OutOfFuel));
    assert_eq!(batch.results, [1, 2]);
    assert_eq!((batch.run.pc, batch.run.fuel, batch.run.steps), (0, 0, 2));
}

fn no_fuel_at_all(lab: &mut Lab) {
    let mut batch = Batch::new([set(1)]).with_fuel(0);
    assert_eq!(lab.run(&mut batch), Ok(Status::OutOfFuel));
    assert_eq!(batch.results, [UNWRITTEN]);
}

fn indexes_near_the_end_of_numbers(lab: &mut Lab) {
    for pc in [1 << 58, (1 << 58) + 1, 1 << 63, u64::MAX - 1] {
        let mut batch = with(call());
        batch.run.len = u64::MAX;
        batch.run.results_len = u64::MAX;
        batch.run.pc = pc;
        assert_eq!(lab.run_header(&mut batch.run), Err(Errno::FAULT), "{pc:#x}");
        assert_eq!(batch.status(), Some(Status::Refused));
        assert_eq!((batch.run.pc, batch.run.steps), (pc, 0));
    }
    for index in [1 << 61, (1 << 61) + 1, u64::MAX] {
        let mut batch = with(sys(Sysno::getpid, [result(index)]));
        batch.run.results_len = u64::MAX;
        let expected = if index == u64::MAX {
            Errno::INVAL
        } else {
            Errno::FAULT
        };
        assert_eq!(lab.run_header(&mut batch.run), Err(expected), "{index:#x}");
        assert_eq!((batch.run.pc, batch.run.steps), (1, 1));
    }
}

fn sub_call_with_bad_pointers(lab: &mut Lab) {
    let (reader, writer) = rustix::pipe::pipe().expect("pipe");
    rustix::io::write(&writer, b"x").expect("write");
    let fd = |fd: &rustix::fd::OwnedFd| imm(rustix::fd::AsRawFd::as_raw_fd(fd));
    for address in NOWHERE {
        let mut batch = Batch::new([
            sys(Sysno::read, [fd(&reader), at(address), imm(1)]),
            sys(Sysno::openat, [imm(libc::AT_FDCWD), at(address), imm(0)]),
            sys(Sysno::pipe2, [at(address), imm(0)]),
            sys(Sysno::write, [fd(&writer), at(address), imm(1)]),
            built_in(BuiltIn::Add, &[Operand::Result(0), Operand::Result(3)]),
        ]);
        assert_eq!(lab.run(&mut batch), Ok(Status::Done));
        let fault = error(Errno::FAULT);
        assert_eq!(
            batch.results,
            [fault, fault, fault, fault, 2 * fault],
            "{address:#x}"
        );
    }
}
