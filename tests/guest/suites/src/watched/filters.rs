//! Seccomp: each sub-call is judged by the filters, as itself.
#![expect(unsafe_code, reason = "strict mode is switched on")]

use rustix::io::Errno;
use rustix::process::Signal;
use sysbatch::abi::{Entry, Status};
use syscalls::Sysno;

use super::filter::{fail_with, filter, filter_argument, install, install_entries, program};
use crate::harness::cases;
use crate::lab::{Batch, Lab, address_of, at, error, imm, set, sys, to_u64};
use crate::process::{ended, fork, until_state, wait_for};
use crate::signal;

cases! {
    both filter_that_allows_everything;
    both filter_that_fails_one_call;
    both filter_that_looks_at_arguments;
    both filter_that_logs_one_call;
    both filter_that_asks_a_tracer_who_is_not_there;
    both filter_that_fails_a_number_of_no_call;
    both filter_that_fails_with_a_restart_code;
    both filter_of_the_call_that_continues_another;
    both filters_one_above_the_other;
    both filter_of_many_calls;
    both filter_that_kills_the_process;
    both filter_that_kills_the_thread;
    both filter_installed_in_the_batch;
    both filter_installed_by_prctl_in_the_batch;
    kernel filter_that_forbids_the_device;
    kernel strict_mode_forbids_the_device;
    both filter_inherited_over_fork;
    both filter_of_another_thread;
    both filter_beside_a_call_that_is_handed_back;
}

fn ids() -> (i64, i64) {
    let uid = rustix::process::getuid().as_raw();
    (i64::from(std::process::id()), i64::from(uid))
}

/// A batch with a built-in, and `call` between two others.
fn with(call: Entry) -> Batch {
    Batch::new([set(1), sys(Sysno::getpid, []), call, sys(Sysno::getuid, [])])
}

/// Runs a batch to its end: in one crossing in the kernel, in one for each
/// call in user space.
#[track_caller]
fn run_at_once(lab: &mut Lab, batch: &mut Batch) {
    let calls = batch.entries.iter().filter(|entry| entry.nr >= 0).count();
    let before = lab.backend.crossings();
    assert_eq!(lab.run(batch), Ok(Status::Done));
    let expected = if lab.is_kernel() { 1 } else { to_u64(calls) };
    assert_eq!(lab.backend.crossings() - before, expected);
}

fn filter_that_allows_everything(lab: &mut Lab) {
    install(&filter(Sysno::getppid, libc::SECCOMP_RET_ALLOW));
    let (pid, uid) = ids();
    let mut batch = with(sys(Sysno::getpgid, [imm(0)]));
    run_at_once(lab, &mut batch);
    assert_eq!(batch.results[..2], [1, pid]);
    assert_eq!(batch.results[3], uid);
}

fn filter_that_fails_one_call(lab: &mut Lab) {
    install(&filter(Sysno::getppid, fail_with(Errno::XDEV)));
    let (pid, uid) = ids();
    let mut batch = with(sys(Sysno::getppid, []));
    run_at_once(lab, &mut batch);
    assert_eq!(batch.results, [1, pid, error(Errno::XDEV), uid]);
}

fn filter_that_logs_one_call(lab: &mut Lab) {
    install(&filter(Sysno::getppid, libc::SECCOMP_RET_LOG));
    let parent = rustix::process::getppid().map_or(0, |pid| pid.as_raw_nonzero().get());
    let mut batch = with(sys(Sysno::getppid, []));
    run_at_once(lab, &mut batch);
    assert_eq!(batch.results[2], i64::from(parent));
}

fn filter_that_asks_a_tracer_who_is_not_there(lab: &mut Lab) {
    install(&filter(Sysno::getppid, libc::SECCOMP_RET_TRACE | 7));
    let mut batch = with(sys(Sysno::getppid, []));
    run_at_once(lab, &mut batch);
    assert_eq!(batch.results[2], error(Errno::NOSYS));
}

fn filter_that_fails_a_number_of_no_call(lab: &mut Lab) {
    // Beyond the table of calls, and with the bit of the x32 interface.
    for number in [500, 0x1FFF, 0x7FFF_FFFF] {
        let child = fork(|| {
            let mut filter = filter(Sysno::getppid, fail_with(Errno::XDEV));
            filter[1].k = u32::try_from(number).expect("a number");
            install(&filter);
            let mut batch = with(Entry {
                nr: number,
                ..sys(Sysno::getppid, [imm(5)])
            });
            run_at_once(lab, &mut batch);
            assert_eq!(batch.results[2], error(Errno::XDEV), "{number:#x}");
        });
        wait_for(child);
    }
}

fn filter_that_fails_with_a_restart_code(lab: &mut Lab) {
    // Without a signal it is a value like any other.
    install(&filter(Sysno::getppid, libc::SECCOMP_RET_ERRNO | 512));
    let mut batch = with(sys(Sysno::getppid, []));
    run_at_once(lab, &mut batch);
    assert_eq!(batch.results[2], -512);
}

fn filter_of_the_call_that_continues_another(lab: &mut Lab) {
    // A sleep that has been stopped goes on by restart_syscall(2), which is what
    // the filter is asked about then.
    let child = fork(|| {
        install(&filter(Sysno::restart_syscall, fail_with(Errno::XDEV)));
        let long = [1000_u64, 0];
        let sleep = sys(Sysno::nanosleep, [at(address_of(&long)), imm(0)]);
        let mut batch = with(sleep);
        assert_eq!(lab.run(&mut batch), Ok(Status::Done));
        assert_eq!(batch.results[2], error(Errno::XDEV));
    });
    until_state(child, 'S');
    signal::send(child, Signal::STOP);
    until_state(child, 'T');
    signal::send(child, Signal::CONT);
    wait_for(child);
}

fn filters_one_above_the_other(lab: &mut Lab) {
    // The strictest decides, whichever came first; of two alike the last.
    install(&filter(Sysno::getppid, fail_with(Errno::XDEV)));
    install(&filter(Sysno::getppid, libc::SECCOMP_RET_ALLOW));
    install(&filter(Sysno::getpgid, libc::SECCOMP_RET_LOG));
    install(&filter(Sysno::umask, fail_with(Errno::DOM)));
    install(&filter(Sysno::umask, fail_with(Errno::NOTTY)));
    let mut batch = Batch::new([
        sys(Sysno::getppid, []),
        sys(Sysno::umask, [imm(0o22)]),
        sys(Sysno::getpid, []),
    ]);
    run_at_once(lab, &mut batch);
    let (pid, _) = ids();
    assert_eq!(
        batch.results,
        [error(Errno::XDEV), error(Errno::NOTTY), pid]
    );
}

fn filter_of_many_calls(lab: &mut Lab) {
    install(&filter(Sysno::getppid, fail_with(Errno::XDEV)));
    let (pid, _) = ids();
    let pair = [sys(Sysno::getpid, []), sys(Sysno::getppid, [])];
    let mut batch = Batch::new(pair.repeat(100));
    run_at_once(lab, &mut batch);
    assert_eq!(batch.results, [pid, error(Errno::XDEV)].repeat(100));
}

fn filter_beside_a_call_that_is_handed_back(lab: &mut Lab) {
    // Only that one comes back, and it is judged, too.
    install(&filter(Sysno::reboot, fail_with(Errno::XDEV)));
    let (pid, uid) = ids();
    let mut batch = with(sys(Sysno::reboot, [imm(1), imm(2), imm(3), imm(0)]));
    if lab.is_kernel() {
        use sysbatch::abi::PuntReason;
        let mut batch = batch.clone();
        assert_eq!(lab.enter(&mut batch), Ok(Status::Punt));
        assert_eq!(batch.run.reason, PuntReason::Call.raw());
    }
    let before = lab.backend.crossings();
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert_eq!(batch.results, [1, pid, error(Errno::XDEV), uid]);
    assert_eq!(lab.backend.crossings() - before, 3);
}

fn filter_that_looks_at_arguments(lab: &mut Lab) {
    install(&filter_argument(Sysno::umask, 0o123, fail_with(Errno::DOM)));
    for (mask, forbidden) in [(0o022, false), (0o123, true), (0o077, false)] {
        let mut batch = with(sys(Sysno::umask, [imm(mask)]));
        run_at_once(lab, &mut batch);
        assert_eq!(batch.results[2] == error(Errno::DOM), forbidden, "{mask:o}");
    }
}

/// Runs a batch under a filter in a child; what is written to the pipe before
/// it dies, and the signal.
fn dies(lab: &mut Lab, action: u32) -> Option<i32> {
    let (reader, writer) = rustix::pipe::pipe().expect("pipe");
    let child = fork(|| {
        install(&filter(Sysno::getppid, action));
        let fd = std::os::fd::AsRawFd::as_raw_fd(&writer);
        let text = b"ab";
        let write = |index: u64| {
            sys(
                Sysno::write,
                [imm(fd), at(address_of(text) + index), imm(1)],
            )
        };
        let mut batch = Batch::new([set(1), write(0), sys(Sysno::getppid, []), write(1)]);
        let status = lab.run(&mut batch);
        panic!("it came back with {status:?}");
    });
    drop(writer);
    let mut bytes = [0; 4];
    assert_eq!(
        rustix::io::read(&reader, &mut bytes),
        Ok(1),
        "the call before was made"
    );
    assert_eq!(bytes[0], b'a');
    assert_eq!(
        rustix::io::read(&reader, &mut bytes),
        Ok(0),
        "the call after was not"
    );
    ended(child).terminating_signal()
}

fn filter_that_kills_the_process(lab: &mut Lab) {
    let signal = dies(lab, libc::SECCOMP_RET_KILL_PROCESS);
    assert_eq!(signal, Some(Signal::SYS.as_raw()));
}

fn filter_that_kills_the_thread(lab: &mut Lab) {
    let signal = dies(lab, libc::SECCOMP_RET_KILL_THREAD);
    assert_eq!(signal, Some(Signal::SYS.as_raw()));
}

/// Runs a batch that installs a filter by these entries, between a call before
/// and the same call after.
fn installed_in_the_batch(lab: &mut Lab, entries: [Entry; 2]) {
    let parent = rustix::process::getppid().map_or(0, |pid| pid.as_raw_nonzero().get());
    let mut all = vec![set(1), sys(Sysno::getppid, [])];
    all.extend(entries);
    all.extend([sys(Sysno::getppid, []), sys(Sysno::getpid, [])]);
    let mut batch = Batch::new(all);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    let refused = error(Errno::XDEV);
    let (pid, _) = ids();
    assert_eq!(batch.results, [1, i64::from(parent), 0, 0, refused, pid]);
}

fn filter_installed_in_the_batch(lab: &mut Lab) {
    let filter = filter(Sysno::getppid, fail_with(Errno::XDEV));
    let program = program(&filter);
    installed_in_the_batch(lab, install_entries(&program));
}

fn filter_installed_by_prctl_in_the_batch(lab: &mut Lab) {
    let filter = filter(Sysno::getppid, fail_with(Errno::XDEV));
    let program = program(&filter);
    let [no_new_privileges, _] = install_entries(&program);
    let mode = imm(libc::SECCOMP_MODE_FILTER);
    let install = sys(
        Sysno::prctl,
        [imm(libc::PR_SET_SECCOMP), mode, at(address_of(&program))],
    );
    installed_in_the_batch(lab, [no_new_privileges, install]);
}

fn filter_that_forbids_the_device(lab: &mut Lab) {
    install(&filter(Sysno::ioctl, fail_with(Errno::PERM)));
    let mut batch = with(sys(Sysno::getppid, []));
    assert_eq!(lab.run(&mut batch), Err(Errno::PERM));
    assert_eq!(
        batch.status(),
        Some(Status::None),
        "nothing of the batch has run"
    );
}

fn strict_mode_forbids_the_device(lab: &mut Lab) {
    let child = fork(|| {
        let mut batch = with(sys(Sysno::getppid, []));
        batch.prepare();
        // SAFETY: arguments are no addresses.
        let result =
            unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_STRICT, 0, 0, 0) };
        assert_eq!(result, 0);
        let status = lab.run(&mut batch);
        panic!("it came back with {status:?}");
    });
    assert_eq!(
        ended(child).terminating_signal(),
        Some(Signal::KILL.as_raw())
    );
}

fn filter_inherited_over_fork(lab: &mut Lab) {
    install(&filter(Sysno::getppid, fail_with(Errno::XDEV)));
    let child = fork(|| {
        let mut batch = with(sys(Sysno::getppid, []));
        run_at_once(lab, &mut batch);
        assert_eq!(batch.results[2], error(Errno::XDEV));
    });
    wait_for(child);
}

fn filter_of_another_thread(lab: &mut Lab) {
    // Filters belong to threads: this one is not watched.
    std::thread::scope(|scope| {
        let other = scope.spawn(|| install(&filter(Sysno::getppid, fail_with(Errno::XDEV))));
        other.join().expect("the other thread");
    });
    let mut batch = with(sys(Sysno::getppid, []));
    let before = lab.backend.crossings();
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert!(batch.results[2] >= 0);
    let expected = if lab.is_kernel() { 1 } else { 3 };
    assert_eq!(lab.backend.crossings() - before, expected);
}
