//! When handlers run.

use core::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use std::os::fd::AsRawFd as _;

use rustix::process::Signal;
use sysbatch::abi::{BuiltIn, Entry, Status, Width};
use sysbatch_reference::{EntryExt as _, built_in};
use syscalls::Sysno;

use crate::harness::cases;
use crate::lab::{Batch, Lab, address_of, at, imm, result, set, sys, to_u64};
use crate::signal;

cases! {
    both handler_runs_before_the_next_built_in;
    both handler_runs_before_the_next_sub_call;
    both handler_runs_after_the_last_entry;
    both every_one_of_many_signals_is_handled;
    both alarm_ends_a_long_loop;
    both handler_may_run_a_batch;
    both fatal_signal_ends_the_batch_at_once;
}

/// A sub-call that sends this process a signal.
fn raise(signal: Signal) -> Entry {
    sys(Sysno::kill, [imm(std::process::id()), imm(signal.as_raw())])
}

/// Reads how often the handler has run, as the batch sees it.
fn handled() -> Entry {
    built_in(
        BuiltIn::Load(Width::Eight),
        &[at(signal::handled_address())],
    )
}

fn handler_runs_before_the_next_built_in(lab: &mut Lab) {
    for flags in [0, libc::SA_RESTART] {
        signal::count(Signal::USR1, flags);
        let before = signal::handled().cast_signed();
        let usr1 = Signal::USR1;
        let mut batch = Batch::new([
            handled(),
            raise(usr1),
            handled(),
            raise(usr1),
            handled(),
            set(9),
        ]);
        assert_eq!(lab.run(&mut batch), Ok(Status::Done));
        let [first, second] = [before + 1, before + 2];
        assert_eq!(batch.results, [before, 0, first, 0, second, 9]);
        assert_eq!((batch.run.steps, batch.run.fuel), (6, 0));
    }
}

fn handler_runs_before_the_next_sub_call(lab: &mut Lab) {
    let (reader, writer) = rustix::pipe::pipe().expect("pipe");
    signal::count(Signal::USR1, 0);
    signal::report_to(&writer);
    let text = b"abc";
    let write = |index: u64| {
        sys(
            Sysno::write,
            [
                imm(writer.as_raw_fd()),
                at(address_of(text) + index),
                imm(1),
            ],
        )
    };
    let usr1 = Signal::USR1;
    let mut batch = Batch::new([write(0), raise(usr1), write(1), raise(usr1), write(2)]);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert_eq!(batch.results, [1, 0, 1, 0, 1]);
    let mut order = [0; 16];
    let count = rustix::io::read(&reader, &mut order).expect("read");
    assert_eq!(order[..count].escape_ascii().to_string(), "ahbhc");
}

fn handler_runs_after_the_last_entry(lab: &mut Lab) {
    signal::count(Signal::USR1, 0);
    let mut batch = Batch::new([set(1), raise(Signal::USR1)]);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert_eq!(signal::handled(), 1, "by the time the batch has returned");
    let exit = raise(Signal::USR1).jumps(0, i16::MIN, 0);
    let mut batch = Batch::new([exit, set(1)]);
    assert_eq!(lab.run(&mut batch), Ok(Status::Exit));
    assert_eq!(signal::handled(), 2);
}

fn every_one_of_many_signals_is_handled(lab: &mut Lab) {
    signal::count(Signal::USR1, libc::SA_RESTART);
    let rounds = 1000;
    let again = built_in(BuiltIn::Sub, &[result(0), imm(1)])
        .to_slot(0)
        .jumps(0, 0, -2);
    let batch = Batch::new([set(rounds), raise(Signal::USR1), again]);
    let mut batch = batch.with_fuel(1 << 20);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert_eq!(signal::handled().cast_signed(), rounds);
    assert_eq!(batch.run.steps.cast_signed(), 1 + 2 * rounds);
    assert_eq!(batch.run.steps + batch.run.fuel, 1 << 20);
}

fn alarm_ends_a_long_loop(lab: &mut Lab) {
    // Without the handler the loop would go on until the case's time is up.
    signal::count(Signal::ALARM, libc::SA_RESTART);
    let timer = [0_u64, 0, 0, 20_000];
    let set_timer = [imm(libc::ITIMER_REAL), at(address_of(&timer)), imm(0)];
    let wait = handled().jumps(0, -1, 0);
    let batch = Batch::new([sys(Sysno::setitimer, set_timer), wait, set(3)]);
    let fuel = 1 << 60;
    let mut batch = batch.with_fuel(fuel);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert_eq!(batch.results, [0, 1, 3]);
    assert_eq!(batch.run.steps + batch.run.fuel, fuel);
}

/// The lab of the batch in the handler.
static INNER: AtomicPtr<(Lab, Batch)> = AtomicPtr::new(core::ptr::null_mut());
/// What that batch came to.
static INNER_RESULT: AtomicU64 = AtomicU64::new(0);

extern "C" fn run_inner(_: i32, _: *mut libc::siginfo_t, _: *mut core::ffi::c_void) {
    let inner = INNER.swap(core::ptr::null_mut(), Ordering::SeqCst);
    if inner.is_null() {
        return;
    }
    #[expect(unsafe_code, reason = "the handler's own lab comes as a pointer")]
    // SAFETY: the pointer is from a box that was leaked, and is taken once.
    let (lab, batch) = unsafe { &mut *inner };
    if lab.run(batch) == Ok(Status::Done) {
        INNER_RESULT.store(batch.results[1].cast_unsigned(), Ordering::SeqCst);
    }
}

fn handler_may_run_a_batch(lab: &mut Lab) {
    let add = built_in(BuiltIn::Add, &[result(0), imm(1)]);
    let inner = (
        Lab::new(&lab.options),
        Batch::new([sys(Sysno::getpid, []), add]),
    );
    INNER.store(Box::leak(Box::new(inner)), Ordering::SeqCst);
    signal::handle(Signal::USR1, 0, run_inner);
    let seen = at(to_u64(INNER_RESULT.as_ptr().expose_provenance()));
    let load = built_in(BuiltIn::Load(Width::Eight), &[seen]);
    let mut batch = Batch::new([raise(Signal::USR1), load, sys(Sysno::getpid, [])]);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    let pid = i64::from(std::process::id());
    assert_eq!(batch.results, [0, pid + 1, pid]);
}

fn fatal_signal_ends_the_batch_at_once(lab: &mut Lab) {
    let (reader, writer) = rustix::pipe::pipe().expect("pipe");
    let child = crate::process::fork(|| {
        let text = b"ab";
        let write = |index: u64| {
            sys(
                Sysno::write,
                [
                    imm(writer.as_raw_fd()),
                    at(address_of(text) + index),
                    imm(1),
                ],
            )
        };
        let mut batch = Batch::new([write(0), raise(Signal::TERM), write(1)]);
        let _ = lab.run(&mut batch);
    });
    let status = crate::process::ended(child);
    assert_eq!(status.terminating_signal(), Some(Signal::TERM.as_raw()));
    drop(writer);
    let mut bytes = [0; 8];
    assert_eq!(rustix::io::read(&reader, &mut bytes), Ok(1));
    assert_eq!(bytes[0], b'a');
}
