//! Loading and unloading the module while it is in use.

use core::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions};
use sysbatch::Backend;
use sysbatch::abi::Status;
use syscalls::Sysno;

use crate::harness::cases;
use crate::lab::{Batch, Lab, address_of, address_of_mut, at, imm, set, sys};
use crate::module::{let_go, load, open, unload, users};
use crate::pages::Pages;
use crate::process::{ended, fork, until_state, wait_for};
use crate::signal;
use crate::watched::filter::{filter, install, log_no_ends};
use crate::watched::threads::{thread_that_is_ended, until_alone};

cases! {
    kernel module_stays_while_a_batch_waits;
    kernel module_stays_while_a_batch_has_closed_its_device;
    kernel module_is_free_after_a_batch_was_killed;
    kernel module_is_free_after_a_filter_has_ended_a_thread;
    kernel module_is_free_after_a_filter_has_ended_a_thread_with_a_ring;
    kernel module_is_free_after_a_filter_has_ended_a_thread_with_its_own_files;
    kernel module_is_free_after_a_filter_has_ended_a_process;
    kernel module_comes_and_goes_while_it_is_used within 300;
}

/// When to look again for what cannot be waited for.
const SOON: Duration = Duration::from_micros(200);

/// A child that reports by a pipe, from within its batch, and waits by another,
/// its device closed or not.
fn child_that_waits(lab: &mut Lab, close: bool) -> (Pid, OwnedFd) {
    let (told, tell) = rustix::pipe::pipe().expect("pipe");
    let (wake, waker) = rustix::pipe::pipe().expect("pipe");
    let child = fork(|| {
        let (backend, number) = open().expect("the module is loaded");
        lab.backend = backend;
        let mut byte = [b'x'];
        let byte_at = at(address_of_mut(&mut byte));
        let lose = if close {
            sys(Sysno::close, [imm(number)])
        } else {
            set(0)
        };
        let mut batch = Batch::new([
            lose,
            sys(Sysno::write, [imm(tell.as_raw_fd()), byte_at, imm(1)]),
            sys(Sysno::read, [imm(wake.as_raw_fd()), byte_at, imm(1)]),
            sys(Sysno::getpid, []),
        ]);
        assert_eq!(lab.run(&mut batch), Ok(Status::Done));
        assert_eq!(batch.results, [0, 1, 1, i64::from(std::process::id())]);
        if close {
            std::mem::forget(std::mem::replace(&mut lab.backend, Backend::user()));
        }
    });
    let mut byte = [0; 1];
    assert_eq!(rustix::io::read(&told, &mut byte), Ok(1));
    until_state(child, 'S');
    (child, waker)
}

/// Unloads and loads again: nobody may be using it.
fn free(lab: &Lab) {
    assert_eq!(users(), 0);
    assert_eq!(unload(), Ok(()));
    load(&lab.options);
}

fn module_stays_while_a_batch_waits(lab: &mut Lab) {
    let_go(lab);
    let (child, waker) = child_that_waits(lab, false);
    assert_eq!(unload(), Err(Errno::AGAIN));
    rustix::io::write(&waker, b"w").expect("write");
    wait_for(child);
    free(lab);
}

fn module_stays_while_a_batch_has_closed_its_device(lab: &mut Lab) {
    let_go(lab);
    let (child, waker) = child_that_waits(lab, true);
    assert_eq!(users(), 1, "the running batch holds on to it");
    assert_eq!(unload(), Err(Errno::AGAIN));
    rustix::io::write(&waker, b"w").expect("write");
    wait_for(child);
    free(lab);
}

fn module_is_free_after_a_batch_was_killed(lab: &mut Lab) {
    let_go(lab);
    for close in [false, true] {
        let (child, _waker) = child_that_waits(lab, close);
        signal::send(child, Signal::KILL);
        assert_eq!(
            ended(child).terminating_signal(),
            Some(Signal::KILL.as_raw())
        );
        free(lab);
    }
}

/// Has filters end threads in batches, and sees what of the module stays in use:
/// the descriptor that each has opened, or nothing if it had a table of its own.
/// `prepare` is run in each thread.
fn ends_threads(lab: &mut Lab, stays: u64, prepare: fn()) {
    let_go(lab);
    log_no_ends();
    let child = fork(|| {
        let (told, tell) = rustix::pipe::pipe().expect("pipe");
        for count in 1..=10 {
            let action = libc::SECCOMP_RET_KILL_THREAD;
            thread_that_is_ended(lab, action, tell.as_raw_fd(), move || {
                prepare();
                open().expect("the module is loaded").0
            });
            until_alone();
            let mut bytes = [0; 4];
            assert_eq!(rustix::io::read(&told, &mut bytes), Ok(1));
            // What a task that ends gives back may take a moment longer.
            until(&[], || users() == stays * count);
        }
    });
    wait_for(child);
    free(lab);
}

fn module_is_free_after_a_filter_has_ended_a_thread(lab: &mut Lab) {
    ends_threads(lab, 1, || {});
}

/// Leaves something to a thread that the kernel sees to when it ends.
fn ring_and_filter() {
    let mut parameters = [0_u64; 15];
    #[expect(unsafe_code, reason = "io_uring_setup")]
    // SAFETY: the parameters are as long as they are.
    let ring = unsafe { libc::syscall(libc::SYS_io_uring_setup, 8, parameters.as_mut_ptr()) };
    assert!(ring >= 0, "io_uring_setup");
    install(&filter(Sysno::getpgid, libc::SECCOMP_RET_ALLOW));
}

fn module_is_free_after_a_filter_has_ended_a_thread_with_a_ring(lab: &mut Lab) {
    ends_threads(lab, 1, ring_and_filter);
}

fn module_is_free_after_a_filter_has_ended_a_thread_with_its_own_files(lab: &mut Lab) {
    ends_threads(lab, 0, || {
        let files = rustix::thread::UnshareFlags::FILES;
        #[expect(unsafe_code, reason = "unshare")]
        // SAFETY: this thread's descriptors are used by it alone.
        let unshared = unsafe { rustix::thread::unshare_unsafe(files) };
        unshared.expect("unshare");
    });
}

fn module_is_free_after_a_filter_has_ended_a_process(lab: &mut Lab) {
    let_go(lab);
    for action in [
        libc::SECCOMP_RET_KILL_PROCESS,
        libc::SECCOMP_RET_KILL_THREAD,
    ] {
        let child = fork(|| {
            let (backend, _) = open().expect("the module is loaded");
            lab.backend = backend;
            install(&filter(Sysno::getppid, action));
            let mut batch = Batch::new([set(1), sys(Sysno::getppid, [])]);
            let status = lab.run(&mut batch);
            panic!("it came back with {status:?}");
        });
        let signal = ended(child).terminating_signal();
        assert_eq!(signal, Some(Signal::SYS.as_raw()));
        free(lab);
    }
}

/// How often unloading may be refused before the users are asked to pause: where
/// three of them are slow, there would never be a moment without one.
const REFUSALS: u32 = 20;

/// Words that the case shares with its users of the module.
struct Words {
    /// How often one has opened the device.
    uses: &'static AtomicU64,
    /// Not zero: none is to open it now.
    pause: &'static AtomicU64,
}

impl Words {
    fn new() -> Self {
        let page = Pages::shared(1);
        Self {
            uses: page.atomic(0),
            pause: page.atomic(8),
        }
    }
}

/// Opens the device when it is there, runs batches, and closes it, for ever.
fn user_of_the_module(lab: &mut Lab, words: &Words) {
    let nothing = [0_u64, 100_000];
    loop {
        if words.pause.load(SeqCst) != 0 {
            std::thread::sleep(SOON);
            continue;
        }
        let Some((backend, _)) = open() else {
            std::thread::yield_now();
            continue;
        };
        words.uses.fetch_add(1, SeqCst);
        lab.backend = backend;
        let sleep = sys(Sysno::nanosleep, [at(address_of(&nothing)), imm(0)]);
        for _ in 0..5 {
            let mut batch = Batch::new([set(1), sys(Sysno::getpid, []), sleep]);
            assert_eq!(lab.run(&mut batch), Ok(Status::Done));
            assert_eq!(batch.results, [1, i64::from(std::process::id()), 0]);
        }
        lab.backend = Backend::user();
    }
}

/// Looks again and again until `is_so`, as long as no user has failed.
fn until(users: &[Pid], mut is_so: impl FnMut() -> bool) {
    while !is_so() {
        for &user in users {
            let gone = rustix::process::waitpid(Some(user), WaitOptions::NOHANG);
            let gone = gone.map(|status| status.is_some());
            assert_eq!(gone, Ok(false), "a user of the module has failed");
        }
        std::thread::sleep(SOON);
    }
}

fn module_comes_and_goes_while_it_is_used(lab: &mut Lab) {
    let_go(lab);
    let words = Words::new();
    let users: Vec<Pid> = (0..3)
        .map(|_| fork(|| user_of_the_module(lab, &words)))
        .collect();
    let (mut loads, mut refused) = (0, 0_u64);
    while loads < lab.options.loads || refused == 0 {
        // Whoever opened it may have closed it again: then it can be unloaded.
        let before = words.uses.load(SeqCst);
        until(&users, || words.uses.load(SeqCst) > before);
        let mut refusals = 0;
        until(&users, || match unload() {
            Ok(()) => true,
            Err(Errno::AGAIN) => {
                refusals += 1;
                words.pause.store((refusals >= REFUSALS).into(), SeqCst);
                false
            }
            Err(error) => panic!("unloading: {error}"),
        });
        refused += u64::from(refusals);
        load(&lab.options);
        words.pause.store(0, SeqCst);
        loads += 1;
    }
    for user in users {
        signal::send(user, Signal::KILL);
        assert_eq!(
            ended(user).terminating_signal(),
            Some(Signal::KILL.as_raw()),
            "it had not failed"
        );
    }
    println!("{loads} times; unloading was refused {refused} times");
    assert_eq!(crate::module::users(), 0);
}
