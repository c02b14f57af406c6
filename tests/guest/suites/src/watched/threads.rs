//! Filters and threads: `SECCOMP_FILTER_FLAG_TSYNC` meets batches of others,
//! and a thread is ended in a batch.

use std::os::fd::AsRawFd as _;
use std::time::Duration;

use rustix::io::Errno;
use sysbatch::Backend;
use sysbatch::abi::{Entry, Status};
use sysbatch_reference::EntryExt as _;
use syscalls::Sysno;

use super::filter::{fail_with, filter, install, install_for_all, log_no_ends};
use crate::harness::cases;
use crate::lab::{Batch, Lab, address_of, at, error, imm, set, sys};
use crate::process::{fork, wait_for};

cases! {
    both filter_for_all_meets_a_running_batch;
    both filter_for_all_meets_a_filtered_batch;
    both filter_for_all_meets_a_batch_that_waits;
    both filter_for_all_meets_a_filtered_batch_that_waits;
    both threads_with_filters_of_their_own;
    both filter_that_ends_a_thread;
    both filter_that_ends_the_process_from_a_thread;
    both filter_that_ends_threads_one_after_the_other;
}

/// Waits until this process has one thread.
pub(crate) fn until_alone() {
    while std::fs::read_dir("/proc/self/task")
        .expect("procfs")
        .count()
        > 1
    {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Installs a filter for all threads while another one runs a batch; that
/// thread has a filter of its own if it `is_filtered`.
fn meets(lab: &mut Lab, is_filtered: bool, waits: bool) {
    let options = lab.options.clone();
    let child = fork(|| {
        let (told, tell) = rustix::pipe::pipe().expect("pipe");
        let (wake, waker) = rustix::pipe::pipe().expect("pipe");
        if is_filtered {
            install(&filter(Sysno::getpgid, libc::SECCOMP_RET_ALLOW));
        }
        let runs = std::thread::spawn(move || {
            let mut lab = Lab::new(&options);
            let mut byte = [b'x'];
            let byte_at = at(crate::lab::address_of_mut(&mut byte));
            let write = sys(Sysno::write, [imm(tell.as_raw_fd()), byte_at, imm(1)]);
            let next: Entry = if waits {
                sys(Sysno::read, [imm(wake.as_raw_fd()), byte_at, imm(1)])
            } else {
                // Round and round, until it fails.
                sys(Sysno::getppid, []).jumps(i16::MIN, -1, -1)
            };
            let mut batch =
                Batch::new([set(1), write, next, sys(Sysno::getppid, [])]).with_fuel(u64::MAX);
            let before = lab.backend.crossings();
            let status = lab.run_direct(&mut batch);
            (status, batch, lab.backend.crossings() - before)
        });
        let mut byte = [0; 1];
        assert_eq!(rustix::io::read(&told, &mut byte), Ok(1), "it runs");
        std::thread::sleep(Duration::from_millis(20));
        install_for_all(&filter(Sysno::getppid, fail_with(Errno::XDEV)));
        if waits {
            rustix::io::write(&waker, b"w").expect("write");
        }
        let (status, batch, crossings) = runs.join().expect("the thread");
        let refused = error(Errno::XDEV);
        if waits {
            assert_eq!(status, Ok(Status::Done));
            assert_eq!(batch.results, [1, 1, 1, refused]);
        } else {
            assert_eq!(status, Ok(Status::Exit));
            assert_eq!((batch.run.pc, batch.results[2]), (2, refused));
        }
        if lab.is_kernel() {
            // A batch that began without observers is handed back when filters
            // come: its next call is made in user space.
            let is_observed = is_filtered || lab.options.audited;
            assert_eq!(crossings, if is_observed { 1 } else { 2 });
        }
    });
    wait_for(child);
}

fn filter_for_all_meets_a_running_batch(lab: &mut Lab) {
    meets(lab, false, false);
}

fn filter_for_all_meets_a_filtered_batch(lab: &mut Lab) {
    meets(lab, true, false);
}

fn filter_for_all_meets_a_batch_that_waits(lab: &mut Lab) {
    meets(lab, false, true);
}

fn filter_for_all_meets_a_filtered_batch_that_waits(lab: &mut Lab) {
    meets(lab, true, true);
}

fn threads_with_filters_of_their_own(lab: &mut Lab) {
    let options = lab.options.clone();
    let child = fork(|| {
        let threads = [Errno::XDEV, Errno::DOM, Errno::NOTTY, Errno::PIPE].map(|errno| {
            let options = options.clone();
            std::thread::spawn(move || {
                let mut lab = Lab::new(&options);
                install(&filter(Sysno::getppid, fail_with(errno)));
                for _ in 0..50 {
                    let calls = [sys(Sysno::getpid, []), sys(Sysno::getppid, [])];
                    let mut batch = Batch::new(calls.repeat(10));
                    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
                    let pid = i64::from(std::process::id());
                    assert_eq!(batch.results, [pid, error(errno)].repeat(10));
                }
            })
        });
        for thread in threads {
            thread.join().expect("the thread");
        }
    });
    wait_for(child);
}

/// Starts a thread that is ended by its filter in a batch, between writing an
/// `a` and a `b`. `prepare` is run in the thread, and gives the backend.
pub(crate) fn thread_that_is_ended(
    lab: &Lab,
    action: u32,
    tell: i32,
    prepare: impl FnOnce() -> Backend + Send + 'static,
) {
    let options = lab.options.clone();
    // Nobody can join it: what it would hand over is never written.
    drop(std::thread::spawn(move || {
        let mut lab = Lab::new(&options);
        lab.backend = prepare();
        install(&filter(Sysno::getppid, action));
        let text = b"ab";
        let write = |index| {
            sys(
                Sysno::write,
                [imm(tell), at(address_of(text) + index), imm(1)],
            )
        };
        let mut batch = Batch::new([set(1), write(0), sys(Sysno::getppid, []), write(1)]);
        let status = lab.run(&mut batch);
        panic!("it came back with {status:?}");
    }));
}

/// The backend of a lab, for another thread.
fn of(lab: &Lab) -> impl FnOnce() -> Backend + Send + 'static {
    let options = lab.options.clone();
    move || Lab::new(&options).backend
}

fn filter_that_ends_a_thread(lab: &mut Lab) {
    let child = fork(|| {
        let (told, tell) = rustix::pipe::pipe().expect("pipe");
        let action = libc::SECCOMP_RET_KILL_THREAD;
        thread_that_is_ended(lab, action, tell.as_raw_fd(), of(lab));
        until_alone();
        drop(tell);
        let mut bytes = [0; 4];
        assert_eq!(rustix::io::read(&told, &mut bytes), Ok(1));
        assert_eq!(bytes[0], b'a');
        // The process goes on.
        let mut batch = Batch::new([sys(Sysno::getpid, [])]);
        assert_eq!(lab.run(&mut batch), Ok(Status::Done));
        assert_eq!(batch.results[0], i64::from(std::process::id()));
    });
    wait_for(child);
}

fn filter_that_ends_the_process_from_a_thread(lab: &mut Lab) {
    let (told, tell) = rustix::pipe::pipe().expect("pipe");
    let child = fork(|| {
        let action = libc::SECCOMP_RET_KILL_PROCESS;
        thread_that_is_ended(lab, action, tell.as_raw_fd(), of(lab));
        loop {
            std::thread::sleep(Duration::from_secs(1));
        }
    });
    let signal = crate::process::ended(child).terminating_signal();
    assert_eq!(signal, Some(libc::SIGSYS));
    drop(tell);
    let mut bytes = [0; 4];
    assert_eq!(rustix::io::read(&told, &mut bytes), Ok(1));
}

fn filter_that_ends_threads_one_after_the_other(lab: &mut Lab) {
    log_no_ends();
    let child = fork(|| {
        let (told, tell) = rustix::pipe::pipe().expect("pipe");
        for _ in 0..40 {
            let action = libc::SECCOMP_RET_KILL_THREAD;
            thread_that_is_ended(lab, action, tell.as_raw_fd(), of(lab));
        }
        until_alone();
        drop(tell);
        let mut bytes = [0; 64];
        assert_eq!(rustix::io::read(&told, &mut bytes), Ok(40));
        assert_eq!(bytes[..40], [b'a'; 40]);
    });
    wait_for(child);
}
