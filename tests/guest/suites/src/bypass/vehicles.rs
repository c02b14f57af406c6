//! By who makes the call: a batch in a batch, a child, another program, a thread.

use std::os::fd::AsRawFd as _;

use sysbatch::abi::{RUN_REQUEST, Status};
use syscalls::Sysno;

use super::{Goal, Guard, attempt, done};
use crate::harness::cases;
use crate::lab::{Batch, Lab, address_of, address_of_mut, at, imm, result, set, sys};
use crate::off::Off;
use crate::process::{ended, fork};

cases! {
    kernel batch_in_the_batch;
    both child_made_in_the_batch;
    both program_started_in_the_batch;
    both thread_started_afterwards;
    both another_personality;
    both user_namespace_of_its_own;
    kernel_as_root module_switched_off;
}

fn batch_in_the_batch(lab: &mut Lab) {
    attempt(lab, &|lab, goal, guard| {
        guard.install();
        let mut inner = Batch::new([goal.mkdir()]);
        let header = address_of_mut(core::slice::from_mut(&mut inner.run));
        let device = lab.backend.device().expect("in the kernel").as_raw_fd();
        let run = [imm(device), imm(RUN_REQUEST), at(header)];
        let mut batch = Batch::new([set(1), sys(Sysno::ioctl, run)]);
        done(lab, &mut batch);
        assert_eq!(batch.results, [1, 0]);
        assert_eq!(inner.results[0], guard.result());
    });
}

fn child_made_in_the_batch(lab: &mut Lab) {
    attempt(lab, &|lab, goal, guard| {
        guard.install();
        // The child goes on with the batch, the parent waits for it.
        let me = std::process::id();
        let entries = [
            crate::arch::fork(),
            sys(Sysno::wait4, [result(0), imm(0), imm(0), imm(0)]),
        ];
        let mut batch = Batch::new([entries[0], goal.mkdir(), entries[1]]);
        // The parent goes to its own last entry.
        batch.entries[0].on_pos = 1;
        batch.entries[1].on_neg = i16::MIN;
        batch.entries[1].on_zero = i16::MIN;
        let status = lab.run(&mut batch);
        if std::process::id() != me {
            assert_eq!(
                (status, batch.results[1]),
                (Ok(Status::Exit), guard.result())
            );
            std::process::exit(0);
        }
        assert_eq!(status, Ok(Status::Done));
        assert_eq!(batch.results[2], batch.results[0]);
    });
}

fn program_started_in_the_batch(lab: &mut Lab) {
    attempt(lab, &|lab, goal, guard| {
        guard.install();
        let (shell, option) = (c"/bin/sh", c"-c");
        let script = format!("mkdir {}", goal.path.to_str().expect("UTF-8"));
        let script = std::ffi::CString::new(script).expect("no zero");
        let words = [shell, option, &script].map(|text| address_of(text.to_bytes_with_nul()));
        let [path, option, script] = words;
        let vector = [path, option, script, 0];
        let exec = [at(path), at(address_of(&vector)), imm(0)];
        let child = fork(|| {
            let mut batch = Batch::new([set(1), sys(Sysno::execve, exec)]);
            let status = lab.run(&mut batch);
            panic!("it came back with {status:?}");
        });
        let status = ended(child).exit_status();
        assert_eq!(status == Some(0), !guard.is_on(), "{status:?}");
    });
}

fn thread_started_afterwards(lab: &mut Lab) {
    attempt(lab, &|lab, goal, guard| {
        guard.install();
        let options = lab.options.clone();
        std::thread::scope(|scope| {
            scope.spawn(|| simply(&mut Lab::new(&options), goal, guard, &[]));
        });
    });
}

/// Makes the call in a batch, after these.
#[track_caller]
fn simply(lab: &mut Lab, goal: &Goal, guard: &Guard<'_>, first: &[sysbatch::abi::Entry]) {
    let entries = [first, &[goal.mkdir()]].concat();
    let mut batch = Batch::new(entries);
    done(lab, &mut batch);
    let (made, before) = batch.results.split_last().expect("an entry");
    assert_eq!(*made, guard.result());
    assert!(before.iter().all(|&result| result >= 0), "{before:?}");
}

fn another_personality(lab: &mut Lab) {
    attempt(lab, &|lab, goal, guard| {
        guard.install();
        // PER_LINUX32: what `uname` says changes with it, and nothing else may.
        simply(lab, goal, guard, &[sys(Sysno::personality, [imm(8)])]);
    });
}

fn user_namespace_of_its_own(lab: &mut Lab) {
    attempt(lab, &|lab, goal, guard| {
        guard.install();
        // With all capabilities there.
        let alone = sys(Sysno::unshare, [imm(libc::CLONE_NEWUSER)]);
        simply(lab, goal, guard, &[alone]);
    });
}

fn module_switched_off(lab: &mut Lab) {
    attempt(lab, &|lab, goal, guard| {
        guard.install();
        let _off = Off::new();
        simply(lab, goal, guard, &[]);
    });
}
