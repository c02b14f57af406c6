//! By the run header: what the kernel keeps of a batch is in the caller's memory, and
//! may say anything.
#![expect(unsafe_code, reason = "a handler changes a header")]

use core::ffi::{c_int, c_void};
use core::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::os::fd::AsRawFd as _;

use rustix::process::Signal;
use sysbatch::abi::{BuiltIn, PuntReason, Run, Status, Width};
use sysbatch_reference::{EntryExt as _, built_in};
use syscalls::Sysno;

use super::{attempt, done};
use crate::harness::{Host, cases};
use crate::lab::{Batch, Lab, address_of_mut, at, imm, set, sys};
use crate::process::{fork, until_state, wait_for};
use crate::signal;

cases! {
    kernel handler_moves_the_program_counter;
    both resumption_of_a_call_that_was_never_interrupted;
    both header_says_that_the_call_was_handed_back;
    both results_are_written_over_the_header;
    both batch_writes_its_own_header;
    both one_step_at_a_time;
}

/// The header whose program counter [`moves`] changes, and to what.
static HEADER: AtomicU64 = AtomicU64::new(0);
static PC: AtomicU64 = AtomicU64::new(0);

extern "C" fn moves(_: c_int, _: *mut libc::siginfo_t, _: *mut c_void) {
    let address = usize::try_from(HEADER.load(SeqCst)).unwrap_or(0);
    let header: *mut Run = core::ptr::with_exposed_provenance_mut(address);
    // SAFETY: the case keeps the header, and nobody else looks at it while it waits
    // in the kernel.
    unsafe { (*header).pc = PC.load(SeqCst) };
}

/// The address of a batch's header.
fn header_of(batch: &mut Batch) -> u64 {
    address_of_mut(core::slice::from_mut(&mut batch.run))
}

fn handler_moves_the_program_counter(lab: &mut Lab) {
    attempt(lab, &|lab, goal, guard| {
        // The batch waits for a byte that never comes. The restarted ioctl reads its
        // header again, which leads to an entry that no other leads to.
        let (reader, _writer) = rustix::pipe::pipe().expect("pipe");
        let mut byte = [0_u8];
        let into = at(address_of_mut(&mut byte));
        let read = sys(Sysno::read, [imm(reader.as_raw_fd()), into, imm(1)]);
        let mut batch = Batch::new([read.jumps(i16::MIN, i16::MIN, i16::MIN), goal.mkdir()]);
        let header = header_of(&mut batch);
        HEADER.store(header, SeqCst);
        PC.store(1, SeqCst);
        signal::handle(Signal::USR1, libc::SA_RESTART, moves);
        let waiting = rustix::process::getpid();
        let child = fork(|| {
            until_state(waiting, 'S');
            signal::send(waiting, Signal::USR1);
        });
        guard.install();
        assert_eq!(lab.enter_at_direct(header), Ok(()));
        wait_for(child);
        assert_eq!(batch.status(), Some(Status::Done));
        assert_eq!(batch.results[1], guard.result());
    });
}

fn resumption_of_a_call_that_was_never_interrupted(lab: &mut Lab) {
    attempt(lab, &|lab, goal, guard| {
        guard.install();
        // The filter is asked about `restart_syscall` then, and allows it.
        let mut batch = Batch::new([goal.mkdir(), set(1)]);
        batch.run.resume = guard.or(0, 1);
        done(lab, &mut batch);
        assert!(guard.is_on() == (batch.results[0] < 0));
    });
}

fn header_says_that_the_call_was_handed_back(lab: &mut Lab) {
    attempt(lab, &|lab, goal, guard| {
        guard.install();
        for reason in [PuntReason::Call, PuntReason::Watched] {
            goal.reset();
            let mut batch = Batch::new([goal.mkdir()]);
            batch.run.status = Status::Punt.raw();
            batch.run.reason = reason.raw();
            done(lab, &mut batch);
            assert_eq!(batch.results[0], guard.result());
            // What the library does with such a call: it makes it.
            goal.reset();
            let mut library = Lab::on(Host::User, &lab.options);
            (batch.run.pc, batch.run.fuel) = (0, 1);
            done(&mut library, &mut batch);
            assert_eq!(batch.results[0], guard.result());
        }
    });
}

fn results_are_written_over_the_header(lab: &mut Lab) {
    attempt(lab, &|lab, goal, guard| {
        guard.install();
        // The two results are the length of the program and its counter: after the
        // batch it has an entry more.
        let entries = [
            set(3).to_slot(3),
            set(2).to_slot(6),
            goal.mkdir().to_slot(9),
        ];
        let mut batch = Batch::new(entries).with_fuel(3);
        let header = header_of(&mut batch);
        (batch.run.results, batch.run.results_len) = (header, 12);
        batch.run.len = 2;
        assert_eq!(lab.enter_at_direct(header), Ok(()));
        assert_eq!((batch.run.len, batch.run.pc), (3, 2));
        assert_eq!(lab.enter_at_direct(header), Ok(()));
        assert_eq!((batch.run.len, batch.run.pc), (3, 3));
    });
}

fn batch_writes_its_own_header(lab: &mut Lab) {
    attempt(lab, &|lab, goal, guard| {
        guard.install();
        let other = Batch::new([set(1), goal.mkdir()]);
        let mut batch = Batch::new([set(0), set(1)]).with_fuel(2);
        // `program` is at offset 16.
        let header = header_of(&mut batch);
        let operands = [at(header), imm(16), at(other.run.program)];
        batch.entries[0] = built_in(BuiltIn::Store(Width::Eight), &operands);
        batch.run.fuel = 1;
        assert_eq!(lab.enter_at_direct(header), Ok(()));
        assert_eq!(batch.status(), Some(Status::OutOfFuel));
        assert_eq!(batch.run.program, other.run.program);
        batch.run.fuel = 1;
        assert_eq!(lab.enter_at_direct(header), Ok(()));
        assert_eq!(batch.results[1], guard.result());
    });
}

fn one_step_at_a_time(lab: &mut Lab) {
    attempt(lab, &|lab, goal, guard| {
        guard.install();
        let mut batch = Batch::new([set(1), sys(Sysno::getpid, []), goal.mkdir(), set(2)]);
        for _ in 0..4 {
            batch.run.fuel = 1;
            let _ = lab.run(&mut batch);
        }
        assert_eq!(batch.status(), Some(Status::Done));
        assert_eq!(batch.results[2], guard.result());
    });
}
