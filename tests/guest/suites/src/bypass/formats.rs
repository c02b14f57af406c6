//! By the formats of the interfaces that came before, which have memory layouts of
//! their own.

use std::os::fd::AsRawFd as _;

use sysbatch::abi::{FLAG_CONTINUE_ON_FAILURE, Format};
use syscalls::Sysno;

use super::{attempt, attempt_by_argument};
use crate::harness::cases;
use crate::lab::{Batch, Lab, UNWRITTEN, address_of, address_of_mut, to_u64};

cases! {
    both call_of_a_supersyscall;
    both call_of_a_batch_of_2010;
    both call_by_pointers;
    both call_of_a_syslet;
    both supersyscall_with_more_than_a_number;
    both pointer_to_more_than_a_number;
    both syslet_with_more_than_a_number;
    both argument_of_a_syslet_is_an_earlier_result;
    both argument_by_pointer_is_an_earlier_result;
}

/// Calls with their arguments in one of the formats, and their results.
fn run(lab: &mut Lab, format: Format, calls: &[(u64, Vec<u64>)]) -> Vec<i64> {
    let mut encoded = Calls::new(format, calls);
    let mut batch = Batch::new([]);
    batch.run.format = format.raw();
    batch.run.program = encoded.program;
    batch.run.len = to_u64(calls.len());
    batch.run.results = address_of_mut(&mut encoded.results);
    batch.run.results_len = to_u64(calls.len());
    batch.run.fuel = to_u64(calls.len());
    match format {
        Format::Supersyscall => batch.run.flags = FLAG_CONTINUE_ON_FAILURE,
        Format::Syslet => batch.run.pc = encoded.program,
        _ => {}
    }
    // A number that cannot be ends some of them.
    let _ = lab.run_header(&mut batch.run);
    encoded.results
}

/// Calls in memory.
struct Calls {
    program: u64,
    results: Vec<i64>,
    _memory: [Vec<u64>; 3],
}

impl Calls {
    fn new(format: Format, calls: &[(u64, Vec<u64>)]) -> Self {
        let mut results = vec![UNWRITTEN; calls.len()];
        let slots = address_of_mut(&mut results);
        let six = |args: &[u64]| {
            let mut six = [0; 6];
            six[..args.len()].copy_from_slice(args);
            six
        };
        // Where arguments are pointed to they lie in rows of six.
        let arguments: Vec<u64> = calls.iter().flat_map(|(_, args)| six(args)).collect();
        let pointers = |index: usize, args: &[u64]| -> Vec<u64> {
            let row = address_of(&arguments[6 * index..]);
            (0..to_u64(args.len())).map(|k| row + 8 * k).collect()
        };
        let mut lists = Vec::new();
        let mut program = Vec::new();
        for (index, (number, args)) in calls.iter().enumerate() {
            match format {
                Format::Native => panic!("the native format is not one of these"),
                Format::Supersyscall => {
                    program.push(*number);
                    program.extend(six(args));
                }
                Format::SysBatch => {
                    program.extend([*number, to_u64(args.len())]);
                    program.extend(six(args));
                }
                Format::Pointers => {
                    lists.push(*number);
                    lists.extend(six(&pointers(index, args)));
                }
                Format::Syslet => {
                    program.extend([0, *number, slots + 8 * to_u64(index), 0]);
                    program.extend(six(&pointers(index, args)));
                    program.push(0);
                }
            }
        }
        match format {
            Format::Pointers => program.extend(lists.chunks_exact(7).map(address_of)),
            Format::Syslet => {
                let base = address_of_mut(&mut program);
                for (index, atom) in program.chunks_exact_mut(11).enumerate() {
                    if index + 1 < calls.len() {
                        atom[3] = base + 88 * to_u64(index + 1);
                    }
                }
            }
            _ => {}
        }
        Self {
            program: address_of_mut(&mut program),
            results,
            _memory: [program, lists, arguments],
        }
    }
}

const MKDIR: u64 = crate::arch::MKDIR as u64;
const GETPID: u64 = Sysno::getpid as u64;

/// The call in a format, after a harmless one.
fn call_in(lab: &mut Lab, format: Format) {
    attempt(lab, &|lab, goal, guard| {
        guard.install();
        let calls = [(GETPID, Vec::new()), (MKDIR, goal.args().as_ref().to_vec())];
        let results = run(lab, format, &calls);
        assert_eq!(results, [i64::from(std::process::id()), guard.result()]);
    });
}

fn call_of_a_supersyscall(lab: &mut Lab) {
    call_in(lab, Format::Supersyscall);
}

fn call_of_a_batch_of_2010(lab: &mut Lab) {
    call_in(lab, Format::SysBatch);
}

fn call_by_pointers(lab: &mut Lab) {
    call_in(lab, Format::Pointers);
}

fn call_of_a_syslet(lab: &mut Lab) {
    call_in(lab, Format::Syslet);
}

/// The call under a number of 64 bits that is its own in the low half only.
fn with_upper_half(lab: &mut Lab, format: Format) {
    attempt(lab, &|lab, goal, guard| {
        guard.install();
        for upper in guard.or(&[0][..], &[1, 0x8000_0000, 0xFFFF_FFFF]) {
            let calls = [(MKDIR | upper << 32, goal.args().as_ref().to_vec())];
            run(lab, format, &calls);
        }
    });
}

fn supersyscall_with_more_than_a_number(lab: &mut Lab) {
    with_upper_half(lab, Format::Supersyscall);
}

fn pointer_to_more_than_a_number(lab: &mut Lab) {
    with_upper_half(lab, Format::Pointers);
}

fn syslet_with_more_than_a_number(lab: &mut Lab) {
    with_upper_half(lab, Format::Syslet);
}

/// The argument that decides is the result of the call before.
fn with_earlier_result(lab: &mut Lab, format: Format) {
    attempt_by_argument(lab, &|lab, goal, guard| {
        guard.install();
        let name = address_of(super::MADE.to_bytes_with_nul());
        let mode = u64::from(super::MODE.unsigned_abs());
        // A copy of the descriptor in its place is that descriptor.
        let copy = rustix::io::dup(&goal.closed).expect("dup");
        let copy = u64::from(copy.as_raw_fd().unsigned_abs());
        let closed = goal.closed();
        let calls = [
            (Sysno::dup3 as u64, vec![copy, closed, 0]),
            (Sysno::mkdirat as u64, vec![u64::MAX, name, mode]),
        ];
        let mut encoded = Calls::new(format, &calls);
        let slot = address_of_mut(&mut encoded.results);
        let [program, lists, _] = &mut encoded._memory;
        match format {
            Format::Pointers => lists[7 + 1] = slot,
            _ => program[11 + 4] = slot,
        }
        let mut batch = Batch::new([]).with_fuel(2);
        batch.run.format = format.raw();
        batch.run.program = encoded.program;
        (batch.run.len, batch.run.results_len) = (2, 2);
        batch.run.results = slot;
        if format == Format::Syslet {
            batch.run.pc = encoded.program;
        }
        assert!(lab.run_header(&mut batch.run).is_ok());
        let results = [closed.cast_signed(), guard.result()];
        assert_eq!(encoded.results, results);
    });
}

fn argument_of_a_syslet_is_an_earlier_result(lab: &mut Lab) {
    with_earlier_result(lab, Format::Syslet);
}

fn argument_by_pointer_is_an_earlier_result(lab: &mut Lab) {
    with_earlier_result(lab, Format::Pointers);
}
