//! By the moment at which the filter comes: while the batch runs or waits.
#![expect(unsafe_code, reason = "a handler installs a filter")]

use core::ffi::{c_int, c_void};
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering::SeqCst};
use std::os::fd::AsRawFd as _;

use rustix::process::Signal;
use sysbatch::abi::{BuiltIn, Entry, RUN_REQUEST, Status, Width};
use sysbatch::{Ring, Submit};
use sysbatch_reference::{EntryExt as _, built_in};
use syscalls::Sysno;

use super::{Goal, Guard, attempt, done};
use crate::harness::cases;
use crate::lab::{Batch, Lab, address_of, address_of_mut, at, imm, set, sys};
use crate::pages::Pages;
use crate::process::until_it_has_run;
use crate::signal;
use crate::watched::filter::{Instruction, filter, install, install_entries, program};

cases! {
    both filter_set_in_the_batch_itself;
    both filter_set_by_prctl_in_the_batch_itself;
    both second_filter_set_in_the_batch_itself;
    kernel filter_set_by_a_batch_in_the_batch;
    both filter_for_all_while_the_batch_waits;
    both filter_for_all_while_built_ins_run;
    both filter_set_by_a_handler_between_two_entries;
    both filter_for_all_before_a_worker_of_a_ring_runs;
}

/// A batch that does this first, and then makes the call.
fn after(lab: &mut Lab, goal: &Goal, guard: &Guard<'_>, first: &[Entry]) {
    let mut entries = vec![set(1)];
    entries.extend(guard.or(&[][..], first));
    entries.push(goal.mkdir());
    let mut batch = Batch::new(entries);
    assert_eq!(lab.run_direct(&mut batch), Ok(Status::Done));
    assert_eq!(batch.results.last(), Some(&guard.result()));
}

fn filter_set_in_the_batch_itself(lab: &mut Lab) {
    attempt(lab, &|lab, goal, guard| {
        let program = program(guard.0.unwrap_or_default());
        after(lab, goal, guard, &install_entries(&program));
    });
}

fn filter_set_by_prctl_in_the_batch_itself(lab: &mut Lab) {
    attempt(lab, &|lab, goal, guard| {
        let program = program(guard.0.unwrap_or_default());
        let [no_new_privileges, _] = install_entries(&program);
        let set = [
            imm(libc::PR_SET_SECCOMP),
            imm(libc::SECCOMP_MODE_FILTER),
            at(address_of(&program)),
        ];
        let first = [no_new_privileges, sys(Sysno::prctl, set)];
        after(lab, goal, guard, &first);
    });
}

fn second_filter_set_in_the_batch_itself(lab: &mut Lab) {
    attempt(lab, &|lab, goal, guard| {
        install(&filter(Sysno::getppid, libc::SECCOMP_RET_ALLOW));
        let program = program(guard.0.unwrap_or_default());
        after(lab, goal, guard, &install_entries(&program));
    });
}

fn filter_set_by_a_batch_in_the_batch(lab: &mut Lab) {
    attempt(lab, &|lab, goal, guard| {
        let program = program(guard.0.unwrap_or_default());
        let mut inner = Batch::new(install_entries(&program));
        let header = address_of_mut(core::slice::from_mut(&mut inner.run));
        let device = lab.backend.device().expect("in the kernel").as_raw_fd();
        let run = [imm(device), imm(RUN_REQUEST), at(header)];
        // The inner batch is handed back at its second call, and entered again.
        let run = sys(Sysno::ioctl, run);
        let [first, second] = install_entries(&program);
        after(lab, goal, guard, &[run, first, second]);
        assert_eq!(inner.results[0], guard.or(crate::lab::UNWRITTEN, 0));
    });
}

fn filter_for_all_while_the_batch_waits(lab: &mut Lab) {
    attempt(lab, &|lab, goal, guard| {
        let (wake, waker) = rustix::pipe::pipe().expect("pipe");
        let mut byte = [0_u8];
        let into = at(address_of_mut(&mut byte));
        let read = sys(Sysno::read, [imm(wake.as_raw_fd()), into, imm(1)]);
        let mut batch = Batch::new([set(1), read, goal.mkdir()]);
        let waiting = rustix::thread::gettid();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                until_thread_sleeps(waiting);
                guard.install_for_all();
                rustix::io::write(&waker, b"x").expect("write");
            });
            assert_eq!(lab.run_direct(&mut batch), Ok(Status::Done));
        });
        assert_eq!(batch.results, [1, 1, guard.result()]);
    });
}

/// Waits until a thread of this process waits.
fn until_thread_sleeps(thread: rustix::process::Pid) {
    crate::process::until_state(thread, 'S');
}

fn filter_for_all_while_built_ins_run(lab: &mut Lab) {
    attempt(lab, &|lab, goal, guard| {
        // Round and round until the word is not zero.
        let word = Pages::new(1);
        let look = built_in(BuiltIn::Load(Width::Eight), &[at(word.address())]);
        let look = look.jumps(0, -1, 0);
        let mut batch = Batch::new([look, goal.mkdir()]).with_fuel(u64::MAX);
        let running = rustix::thread::gettid();
        let stop = word.atomic(0);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                until_it_has_run(running);
                guard.install_for_all();
                stop.store(1, SeqCst);
            });
            assert_eq!(lab.run_direct(&mut batch), Ok(Status::Done));
        });
        assert_eq!(batch.results, [1, guard.result()]);
    });
}

/// The filter that [`installs`] installs.
static FILTER: AtomicPtr<Instruction> = AtomicPtr::new(core::ptr::null_mut());
static LENGTH: AtomicUsize = AtomicUsize::new(0);

extern "C" fn installs(_: c_int, _: *mut libc::siginfo_t, _: *mut c_void) {
    let start = FILTER.load(SeqCst);
    if !start.is_null() {
        // SAFETY: the case keeps the filter, which nobody changes.
        let filter = unsafe { core::slice::from_raw_parts(start, LENGTH.load(SeqCst)) };
        install(filter);
    }
}

fn filter_set_by_a_handler_between_two_entries(lab: &mut Lab) {
    attempt(lab, &|lab, goal, guard| {
        if let Some(filter) = guard.0 {
            LENGTH.store(filter.len(), SeqCst);
            FILTER.store(filter.as_ptr().cast_mut(), SeqCst);
        }
        signal::handle(Signal::USR1, 0, installs);
        let raise = [imm(std::process::id()), imm(libc::SIGUSR1)];
        let mut batch = Batch::new([sys(Sysno::kill, raise), goal.mkdir()]);
        done(lab, &mut batch);
        assert_eq!(batch.results, [0, guard.result()]);
    });
}

fn filter_for_all_before_a_worker_of_a_ring_runs(lab: &mut Lab) {
    attempt(lab, &|lab, goal, guard| {
        // The threads that run batches are there before the filter.
        let fresh = if lab.is_kernel() {
            crate::module::open().expect("the module is loaded").0
        } else {
            sysbatch::Backend::user()
        };
        let ring = Ring::new(fresh).expect("a ring");
        let run = |path: &core::ffi::CStr| {
            let mut batch = sysbatch::Batch::new();
            let mode = rustix::fs::Mode::from_raw_mode(0o700);
            let made = batch.mkdirat(rustix::fs::CWD, path, mode);
            let submit = Submit::from(batch).inline_first(false);
            let ticket = ring.submit(submit).expect("there is room");
            let mut completion = ticket.wait().expect("it completes");
            completion.results().expect("it ran").get(&made).is_ok()
        };
        assert!(
            run(&goal.scratch.file("open/made")),
            "the workers are there"
        );
        guard.install_for_all();
        assert_eq!(run(&goal.path), !guard.is_on());
    });
}
