//! By a batch that changes itself: what the filter is asked about is what is made.

use std::os::fd::AsRawFd as _;

use sysbatch::abi::{BuiltIn, Entry, Repeat, Status, Width};
use sysbatch_reference::{EntryExt as _, Operand, built_in, encode};
use syscalls::Sysno;

use super::{
    ARGUMENTS, MADE, MODE, attempt, attempt_by_argument, done, entry_at, mkdirat, words_of,
};
use crate::arch::MKDIR;
use crate::harness::cases;
use crate::lab::{Batch, Lab, address_of, address_of_mut, at, imm, result, set, sys, to_u64};

cases! {
    both built_in_writes_the_number_of_the_next_entry;
    both built_in_writes_the_argument_of_the_next_entry;
    both result_slot_is_the_number_of_the_next_entry;
    both result_slot_is_the_argument_of_the_next_entry;
    both sub_call_writes_over_the_next_entry;
    both loop_changes_its_own_number;
    both program_begins_in_the_middle_of_an_entry;
    both argument_is_an_earlier_result;
    both argument_is_in_memory;
    both argument_is_written_by_the_call_before;
    both repetition_walks_to_the_argument;
    both repetition_walks_over_its_number;
}

/// `getpid`, with the arguments of `mkdir`: only the number is to be changed.
fn harmless(entry: Entry) -> Entry {
    Entry {
        nr: Sysno::getpid.id(),
        ..entry
    }
}

fn number(call: Sysno) -> i64 {
    call.id().into()
}

fn built_in_writes_the_number_of_the_next_entry(lab: &mut Lab) {
    attempt(lab, &|lab, goal, guard| {
        guard.install();
        let mut batch = Batch::new([set(0), harmless(goal.mkdir())]);
        let operands = [at(entry_at(&batch, 1)), imm(0), imm(number(MKDIR))];
        batch.entries[0] = built_in(BuiltIn::Store(Width::Four), &operands);
        done(lab, &mut batch);
        assert_eq!(batch.results[1], guard.result());
    });
}

fn built_in_writes_the_argument_of_the_next_entry(lab: &mut Lab) {
    attempt_by_argument(lab, &|lab, goal, guard| {
        guard.install();
        let mut batch = Batch::new([set(0), mkdirat(-1)]);
        let argument = at(entry_at(&batch, 1) + ARGUMENTS);
        let operands = [argument, imm(0), at(goal.closed())];
        batch.entries[0] = built_in(BuiltIn::Store(Width::Eight), &operands);
        done(lab, &mut batch);
        assert_eq!(batch.results[1], guard.result());
    });
}

/// Has the result of the first entry be this word of the next one.
fn with_slot_in_the_next_entry(mut batch: Batch, word: u64) -> Batch {
    let slot = u16::try_from(8 + word).expect("a few");
    batch.entries[0].dst = slot;
    batch.run.results = batch.run.program;
    batch.run.results_len = 16;
    batch
}

fn result_slot_is_the_number_of_the_next_entry(lab: &mut Lab) {
    attempt(lab, &|lab, goal, guard| {
        guard.install();
        let [wanted, _] = words_of(&goal.mkdir().to_slot(15));
        let first = set(wanted.cast_signed());
        let batch = Batch::new([first, harmless(goal.mkdir())]);
        let mut batch = with_slot_in_the_next_entry(batch, 0);
        assert_eq!(lab.run_header(&mut batch.run), Ok(Status::Done));
        let result = batch.entries[1].args[5].cast_signed();
        assert_eq!(result, guard.result());
    });
}

fn result_slot_is_the_argument_of_the_next_entry(lab: &mut Lab) {
    attempt_by_argument(lab, &|lab, goal, guard| {
        guard.install();
        let first = set(goal.closed().cast_signed());
        let batch = Batch::new([first, mkdirat(-1).to_slot(15)]);
        let mut batch = with_slot_in_the_next_entry(batch, ARGUMENTS / 8);
        assert_eq!(lab.run_header(&mut batch.run), Ok(Status::Done));
        let result = batch.entries[1].args[5].cast_signed();
        assert_eq!(result, guard.result());
    });
}

fn sub_call_writes_over_the_next_entry(lab: &mut Lab) {
    attempt(lab, &|lab, goal, guard| {
        guard.install();
        let (reader, writer) = rustix::pipe::pipe().expect("pipe");
        let written = rustix::io::write(&writer, &encode(&goal.mkdir()));
        assert_eq!(written, Ok(64));
        let mut batch = Batch::new([set(0), sys(Sysno::getpid, [])]);
        let into = at(entry_at(&batch, 1));
        batch.entries[0] = sys(Sysno::read, [imm(reader.as_raw_fd()), into, imm(64)]);
        done(lab, &mut batch);
        assert_eq!(batch.results, [64, guard.result()]);
    });
}

fn loop_changes_its_own_number(lab: &mut Lab) {
    attempt(lab, &|lab, goal, guard| {
        guard.install();
        // Once round: a positive result goes on, and back; any other ends.
        let first = harmless(goal.mkdir()).jumps(i16::MIN, i16::MIN, 0);
        let mut batch = Batch::new([first, set(0)]).with_fuel(10);
        let operands = [at(entry_at(&batch, 0)), imm(0), imm(number(MKDIR))];
        batch.entries[1] = built_in(BuiltIn::Store(Width::Four), &operands).jumps(0, 0, -2);
        assert_eq!(lab.run(&mut batch), Ok(Status::Exit));
        assert_eq!((batch.results[0], batch.run.steps), (guard.result(), 3));
    });
}

fn program_begins_in_the_middle_of_an_entry(lab: &mut Lab) {
    attempt(lab, &|lab, goal, guard| {
        guard.install();
        // The arguments of a harmless entry are the first 48 bytes of another.
        let [number, jumps] = words_of(&goal.mkdir());
        let args = goal.args();
        let mut outer = sys(Sysno::getpid, []);
        outer.args[..2].copy_from_slice(&[number, jumps]);
        outer.args[2..][..args.as_ref().len()].copy_from_slice(args.as_ref());
        let mut batch = Batch::new([outer, sys(Sysno::getpid, [])]);
        done(lab, &mut batch);
        batch.run.program += ARGUMENTS;
        (batch.run.pc, batch.run.len, batch.run.fuel) = (0, 1, 1);
        assert_eq!(lab.run_header(&mut batch.run), Ok(Status::Done));
        assert_eq!(batch.results[0], guard.result());
    });
}

/// Takes the argument that decides from where the filter's author does not see it.
fn argument_from(lab: &mut Lab, operand: impl Fn(&[u64; 1]) -> Operand) {
    attempt_by_argument(lab, &|lab, goal, guard| {
        guard.install();
        let word = [goal.closed()];
        let name = at(address_of(MADE.to_bytes_with_nul()));
        let call = sys(Sysno::mkdirat, [operand(&word), name, imm(MODE)]);
        let mut batch = Batch::new([set(goal.closed().cast_signed()), call]);
        done(lab, &mut batch);
        assert_eq!(batch.results[1], guard.result());
    });
}

fn argument_is_an_earlier_result(lab: &mut Lab) {
    argument_from(lab, |_| result(0));
}

fn argument_is_in_memory(lab: &mut Lab) {
    argument_from(lab, |word| Operand::Memory(address_of(word)));
}

fn argument_is_written_by_the_call_before(lab: &mut Lab) {
    attempt_by_argument(lab, &|lab, goal, guard| {
        guard.install();
        let (reader, writer) = rustix::pipe::pipe().expect("pipe");
        let written = rustix::io::write(&writer, &goal.closed().to_le_bytes());
        assert_eq!(written, Ok(8));
        let mut word = [u64::MAX];
        let word = address_of_mut(&mut word);
        let name = at(address_of(MADE.to_bytes_with_nul()));
        let mut batch = Batch::new([
            sys(Sysno::read, [imm(reader.as_raw_fd()), at(word), imm(8)]),
            sys(Sysno::mkdirat, [Operand::Memory(word), name, imm(MODE)]),
        ]);
        done(lab, &mut batch);
        assert_eq!(batch.results, [8, guard.result()]);
    });
}

/// So long is a record of [`Records`].
const RECORD: usize = 64;

/// Names in records that lead from one to the next, each with its length at its end.
struct Records(Vec<u8>);

impl Records {
    /// Where the length lies, from the name.
    const LENGTH: i8 = 62;

    fn new() -> Self {
        let mut bytes = vec![0; 2 * RECORD];
        for record in bytes.chunks_exact_mut(RECORD) {
            let name = MADE.to_bytes_with_nul();
            record[..name.len()].copy_from_slice(name);
            let length = u16::try_from(RECORD).expect("it is small");
            record[62..].copy_from_slice(&length.to_le_bytes());
        }
        // And then the end, with a length of zero.
        bytes.resize(3 * RECORD, 0);
        Self(bytes)
    }

    fn address(&self) -> u64 {
        address_of(&self.0)
    }
}

fn repetition_walks_to_the_argument(lab: &mut Lab) {
    attempt_by_argument(lab, &|lab, goal, guard| {
        guard.install();
        // First in the directory that is open, then, with the next descriptor, in the
        // other one.
        let records = Records::new();
        let open = i64::from(goal.open.as_raw_fd());
        let stride = goal.closed().cast_signed() - open;
        let name = at(records.address());
        let call = sys(Sysno::mkdirat, [imm(open), name, imm(MODE)]);
        let call = call.repeated(Repeat {
            chain: 1,
            length: Records::LENGTH,
            advance: 0,
            stop: 0,
            stride: i32::try_from(stride).expect("descriptors are small"),
        });
        let mut batch = Batch::new([call]).with_fuel(3);
        done(lab, &mut batch);
        assert_eq!(batch.results[0], guard.result());
        assert!(goal.scratch.path().join("open/made").exists());
        // A call that fails does not go on to the next record.
        assert_eq!(batch.run.steps, guard.or(3, 2));
    });
}

fn repetition_walks_over_its_number(lab: &mut Lab) {
    attempt(lab, &|lab, goal, guard| {
        guard.install();
        std::env::set_current_dir(goal.scratch.path().join("closed")).expect("chdir");
        // An operand of the call is the first word of its own entry, number and all. It
        // advances from the number of the one call to that of the other.
        let records = Records::new();
        let stride = Sysno::mkdirat.id() - Sysno::getpid.id();
        let mut batch = Batch::new([set(0)]).with_fuel(3);
        let itself = Operand::Memory(entry_at(&batch, 0));
        let here = imm(libc::AT_FDCWD);
        let operands = [here, at(records.address()), imm(MODE), itself];
        batch.entries[0] = sys(Sysno::getpid, operands).repeated(Repeat {
            chain: 1,
            length: Records::LENGTH,
            advance: 3,
            stop: 0,
            stride,
        });
        let status = lab.run(&mut batch);
        assert!(batch.run.steps >= 2, "{status:?}, {batch:?}");
        assert_eq!(to_u64(records.0.len()), 3 * to_u64(RECORD));
    });
}
