//! By another thread that changes the batch while it runs: between the moment at
//! which the filter is asked and that at which the call is made.

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use rustix::process::Signal;
use sysbatch::abi::{Entry, Status};
use sysbatch_reference::{EntryExt as _, Operand, encode};
use syscalls::Sysno;

use super::{
    ARGUMENTS, Body, Goal, Guard, MADE, MODE, attempt, attempt_by_argument, mkdirat, words_of,
};
use crate::harness::cases;
use crate::lab::{Batch, Lab, address_of, at, imm, sys};
use crate::pages::Pages;
use crate::{process, signal};

cases! {
    both thread_changes_the_argument;
    both thread_changes_the_number;
    both thread_changes_the_operand_in_memory;
    both thread_changes_the_number_while_signals_come;
    both thread_changes_the_argument_of_a_syslet;
}

/// How often the call is made under the filter.
const VISITS: u64 = 20_000;
/// How often it may be made until it reaches the goal without.
const PATIENCE: u64 = 1_000_000;

/// Runs `enter`, which makes the call once for each unit of fuel that it is given,
/// while another thread writes the two values to the word in turn.
fn while_changing(
    word: &'static AtomicU64,
    values: [u64; 2],
    guard: &Guard<'_>,
    goal: &Goal,
    mut enter: impl FnMut(u64),
) {
    static IS_OVER: AtomicBool = AtomicBool::new(false);
    static CHANGES: AtomicU64 = AtomicU64::new(0);
    let changer = std::thread::spawn(move || {
        while !IS_OVER.load(SeqCst) {
            for value in values {
                word.store(value, SeqCst);
                CHANGES.fetch_add(1, SeqCst);
            }
        }
    });
    guard.install();
    let mut visits = 0;
    let at_a_time = 100;
    if guard.is_on() {
        while visits < VISITS || CHANGES.load(SeqCst) < 1000 {
            enter(at_a_time);
            visits += at_a_time;
        }
    } else {
        while !goal.is_reached() {
            assert!(visits < PATIENCE, "the other value is never seen");
            enter(at_a_time);
            visits += at_a_time;
        }
    }
    IS_OVER.store(true, SeqCst);
    changer.join().expect("the other thread");
}

/// A batch of one entry that is visited for ever, in memory that another thread may
/// write.
fn endless(entry: Entry) -> (Pages, Batch) {
    let entry = entry.jumps(-1, -1, -1);
    let pages = Pages::new(1);
    pages.write(0, &encode(&entry));
    let mut batch = Batch::new([entry]);
    batch.run.program = pages.address();
    (pages, batch)
}

/// Runs it so often.
#[track_caller]
fn visit(lab: &mut Lab, batch: &mut Batch, times: u64) {
    batch.run.fuel = times;
    assert_eq!(lab.run_header(&mut batch.run), Ok(Status::OutOfFuel));
}

fn thread_changes_the_argument(lab: &mut Lab) {
    attempt_by_argument(lab, &|lab, goal, guard| {
        let (pages, mut batch) = endless(mkdirat(-1));
        let offset = usize::try_from(ARGUMENTS).expect("small");
        let values = [u64::MAX, goal.closed()];
        while_changing(pages.atomic(offset), values, guard, goal, |times| {
            visit(lab, &mut batch, times);
        });
    });
}

/// Changes the number from that of a harmless call.
fn change_the_number(lab: &mut Lab, goal: &Goal, guard: &Guard<'_>) {
    let forbidden = goal.mkdir().jumps(-1, -1, -1);
    let harmless = Entry {
        nr: Sysno::getpid.id(),
        ..forbidden
    };
    let (pages, mut batch) = endless(harmless);
    let values = [&harmless, &forbidden].map(|entry| words_of(entry)[0]);
    while_changing(pages.atomic(0), values, guard, goal, |times| {
        visit(lab, &mut batch, times);
    });
}

fn thread_changes_the_number(lab: &mut Lab) {
    attempt(lab, &change_the_number);
}

fn thread_changes_the_number_while_signals_come(lab: &mut Lab) {
    // With a signal waiting an entry is read once more.
    let body: Body<'_> = &|lab, goal, guard| {
        signal::count(Signal::USR1, libc::SA_RESTART);
        let target = rustix::process::getpid();
        let sender = process::fork(|| {
            loop {
                signal::send(target, Signal::USR1);
                std::thread::sleep(Duration::from_micros(200));
            }
        });
        change_the_number(lab, goal, guard);
        signal::send(sender, Signal::KILL);
        process::ended(sender);
    };
    attempt(lab, body);
}

fn thread_changes_the_operand_in_memory(lab: &mut Lab) {
    attempt_by_argument(lab, &|lab, goal, guard| {
        let word = Pages::new(1);
        let name = at(address_of(MADE.to_bytes_with_nul()));
        let operand = Operand::Memory(word.address());
        let (_program, mut batch) = endless(sys(Sysno::mkdirat, [operand, name, imm(MODE)]));
        let values = [u64::MAX, goal.closed()];
        while_changing(word.atomic(0), values, guard, goal, |times| {
            visit(lab, &mut batch, times);
        });
    });
}

fn thread_changes_the_argument_of_a_syslet(lab: &mut Lab) {
    attempt_by_argument(lab, &|lab, goal, guard| {
        // An atom that follows itself, and its arguments after it.
        let pages = Pages::new(1);
        let atom = pages.address();
        let argument = |index: u64| atom + 128 + 8 * index;
        let call = u64::try_from(Sysno::mkdirat.id()).expect("a number");
        let words = [
            0,
            call,
            0,
            atom,
            argument(0),
            argument(1),
            argument(2),
            0,
            0,
            0,
            0,
        ];
        let name = address_of(MADE.to_bytes_with_nul());
        let arguments = [u64::MAX, name, u64::from(MODE.unsigned_abs())];
        let bytes = |words: &[u64]| words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let (atom_bytes, arguments): (Vec<u8>, Vec<u8>) = (bytes(&words), bytes(&arguments));
        pages.write(0, &atom_bytes);
        pages.write(128, &arguments);
        let mut batch = Batch::new([]);
        batch.run.format = sysbatch::abi::Format::Syslet.raw();
        batch.run.pc = atom;
        let values = [u64::MAX, goal.closed()];
        while_changing(pages.atomic(128), values, guard, goal, |times| {
            visit(lab, &mut batch, times);
        });
    });
}
