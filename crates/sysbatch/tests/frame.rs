//! Calls that work on the frame of whoever makes them, in user space.
//!
//! Batches that fork are made by hand: a child that came back into the test
//! harness would be a second harness.
#![expect(unsafe_code, reason = "batches made by hand")]

use linux_raw_sys::general;
use rustix::io::Errno;
use sysbatch::abi::{
    BuiltIn, DST_OWN_INDEX, Entry, Format, JUMP_EXIT, Mode, RUN_SIZE, Run, Status,
};
use sysbatch::{Backend, Direct};
use syscalls::Sysno;

const CLONE_VM: u64 = general::CLONE_VM as u64;
const CLONE_SIGHAND: u64 = general::CLONE_SIGHAND as u64;
const CLONE_VFORK: u64 = general::CLONE_VFORK as u64;
const SIGCHLD: u64 = general::SIGCHLD as u64;

fn call(sysno: Sysno, args: &[u64]) -> Entry {
    let mut entry = Entry {
        nr: sysno as i32,
        dst: DST_OWN_INDEX,
        ..Entry::default()
    };
    entry.args[..args.len()].copy_from_slice(args);
    entry
}

/// Runs entries in user space.
fn run(program: &[Entry]) -> (Vec<i64>, Run) {
    let mut results = vec![i64::MIN; program.len()];
    let mut run = Run {
        size: RUN_SIZE as u32,
        format: Format::Native.raw(),
        program: program.as_ptr().expose_provenance() as u64,
        len: program.len() as u64,
        results: results.as_mut_ptr().expose_provenance() as u64,
        results_len: results.len() as u64,
        fuel: program.len() as u64,
        ..Run::default()
    };
    // SAFETY: the tests say for their batches.
    let mut memory = unsafe { Direct::new() };
    let backend = Backend::user();
    // SAFETY: as above.
    unsafe { backend.run(&mut run, &mut memory) }.unwrap();
    (results, run)
}

/// Makes one call and gives its result.
fn one(sysno: Sysno, args: &[u64]) -> Result<i64, Errno> {
    let (results, run) = run(&[call(sysno, args)]);
    assert_eq!(run.steps, 1);
    if results[0] < 0 {
        return Err(Errno::from_raw_os_error(-results[0] as i32));
    }
    Ok(results[0])
}

/// A batch whose first entry forks. The child writes to memory of the parent's
/// and exits with 7; the parent waits for it. Gives what the parent finds.
fn fork(first: Entry) {
    let mut word = 0_u64;
    let mut status = 0_u64;
    let word_address = (&raw mut word).expose_provenance() as u64;
    let status_address = (&raw mut status).expose_provenance() as u64;
    let mut fork = first;
    fork.on_neg = JUMP_EXIT;
    fork.on_pos = 2;
    let mut count = call(Sysno::getpid, &[word_address, 1]);
    count.nr = BuiltIn::UserMemoryAdd.number();
    let exit = call(Sysno::exit_group, &[7]);
    let mut wait = call(Sysno::wait4, &[0, status_address, 0, 0]);
    wait.modes = Mode::Result.bits(0);
    // SAFETY: the child does nothing but add to a word and exit.
    let (results, run) = run(&[fork, count, exit, wait]);
    assert_eq!(Status::from_raw(run.status), Some(Status::Done));
    assert!(results[0] > 0, "{}", results[0]);
    assert_eq!(results[3], results[0], "the child was waited for");
    assert_eq!(status, 7 << 8, "it exited with 7");
    assert_eq!(word, 0, "it has memory of its own");
    assert_eq!(run.steps, 2);
}

#[cfg(target_arch = "x86_64")]
#[test]
fn fork_and_vfork() {
    fork(call(Sysno::fork, &[]));
    fork(call(Sysno::vfork, &[]));
}

#[test]
fn clone_without_a_stack() {
    fork(call(Sysno::clone, &[SIGCHLD]));
    fork(call(Sysno::clone, &[CLONE_VFORK | CLONE_VM | SIGCHLD]));
    let stack = 0x1000;
    for args in [
        [SIGCHLD, stack],
        [CLONE_VM | SIGCHLD, 0],
        [CLONE_VM | SIGCHLD, stack],
        [CLONE_VM | CLONE_VFORK | CLONE_SIGHAND, 0],
    ] {
        assert_eq!(one(Sysno::clone, &args), Err(Errno::NOSYS), "{args:x?}");
    }
}

#[test]
fn clone3_without_a_stack() {
    // struct clone_args: flags, pidfd, child_tid, parent_tid, exit_signal,
    // stack, stack_size, tls.
    let clone3 = |args: &[u64; 8], size| {
        call(
            Sysno::clone3,
            &[args.as_ptr().expose_provenance() as u64, size],
        )
    };
    let plain = [0, 0, 0, 0, SIGCHLD, 0, 0, 0];
    fork(clone3(&plain, 64));
    let like_vfork = [CLONE_VFORK | CLONE_VM, 0, 0, 0, SIGCHLD, 0, 0, 0];
    fork(clone3(&like_vfork, 64));
    for bad in [
        [CLONE_VM, 0, 0, 0, SIGCHLD, 0, 0, 0],
        [0, 0, 0, 0, SIGCHLD, 0x1000, 0x1000, 0],
    ] {
        let (results, _) = run(&[clone3(&bad, 64)]);
        assert_eq!(results, [-i64::from(Errno::NOSYS.raw_os_error())]);
    }
    for (size, errno) in [
        (0, Errno::INVAL),
        (63, Errno::INVAL),
        (4097, Errno::TOOBIG),
        (u64::MAX, Errno::TOOBIG),
    ] {
        let (results, _) = run(&[clone3(&plain, size)]);
        assert_eq!(results, [-i64::from(errno.raw_os_error())]);
    }
    for address in [0, 8, u64::MAX - 7] {
        assert_eq!(one(Sysno::clone3, &[address, 64]), Err(Errno::FAULT));
    }
}

#[test]
fn returning_from_a_signal_that_never_came() {
    assert_eq!(one(Sysno::rt_sigreturn, &[]), Err(Errno::NOSYS));
}

#[test]
fn numbers_that_are_none() {
    for number in [0x7FFF_FFFF, 100_000, 600] {
        let mut entry = call(Sysno::getpid, &[]);
        entry.nr = number;
        let (results, _) = run(&[entry]);
        assert_eq!(results, [-i64::from(Errno::NOSYS.raw_os_error())]);
    }
}
