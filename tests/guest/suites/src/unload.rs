//! Loading and unloading the module while it is in use.

use std::fs::File;
use std::os::fd::{AsRawFd as _, OwnedFd};

use rustix::io::Errno;
use rustix::process::{Pid, Signal};
use sysbatch::Backend;
use sysbatch::abi::{DEVICE_PATH, Status};
use syscalls::Sysno;

use crate::harness::{Options, cases};
use crate::lab::{Batch, Lab, address_of, address_of_mut, at, imm, set, sys};
use crate::process::{ended, fork, until_state, wait_for};
use crate::signal;

cases! {
    kernel module_stays_while_a_batch_waits;
    kernel module_stays_while_a_batch_has_closed_its_device;
    kernel module_is_free_after_a_batch_was_killed;
    kernel module_comes_and_goes_a_hundred_times within 300;
}

/// The module's name.
const NAME: &core::ffi::CStr = c"sysbatch";

/// Unloads the module, if nobody uses it.
fn unload() -> Result<(), Errno> {
    rustix::system::delete_module(NAME, libc::O_NONBLOCK)
}

fn load(options: &Options) {
    let path = options
        .module
        .as_ref()
        .expect("--module says where the module's file is");
    let file = File::open(path).expect("the module's file");
    rustix::system::finit_module(&file, c"", 0).expect("the module loads");
}

/// How many use the module, as the kernel counts.
fn users() -> u64 {
    let text =
        std::fs::read_to_string("/sys/module/sysbatch/refcnt").expect("the module is loaded");
    text.trim().parse().expect("a number")
}

/// Closes what this process has open of the device.
fn let_go(lab: &mut Lab) {
    // The shared descriptor stays open for the life of the process.
    lab.backend = Backend::user();
    for entry in std::fs::read_dir("/proc/self/fd").expect("procfs") {
        let entry = entry.expect("an entry");
        if std::fs::read_link(entry.path()).is_ok_and(|to| to.as_os_str() == DEVICE_PATH) {
            let number: i32 = entry
                .file_name()
                .to_str()
                .expect("a number")
                .parse()
                .expect("a number");
            #[expect(
                unsafe_code,
                reason = "the descriptor belongs to nobody that still uses it"
            )]
            // SAFETY: the library's own descriptor, in a process that does not
            // use the library's device any more.
            unsafe {
                libc::close(number)
            };
        }
    }
}

/// A backend with a descriptor of its own, if the module is there.
fn open() -> Option<(Backend, i32)> {
    let file = File::options()
        .read(true)
        .write(true)
        .open(DEVICE_PATH)
        .ok()?;
    let fd = OwnedFd::from(file);
    let number = fd.as_raw_fd();
    Some((Backend::from_device(fd).expect("the module fits"), number))
}

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

/// Opens the device when it is there, runs batches, and closes it, for ever.
fn user_of_the_module(lab: &mut Lab) {
    let nothing = [0_u64, 100_000];
    loop {
        let Some((backend, _)) = open() else {
            std::thread::yield_now();
            continue;
        };
        lab.backend = backend;
        let sleep = sys(Sysno::nanosleep, [at(address_of(&nothing)), imm(0)]);
        for _ in 0..5 {
            let mut batch = Batch::new([set(1), sys(Sysno::getpid, []), sleep]);
            assert_eq!(lab.run(&mut batch), Ok(Status::Done));
            assert_eq!(batch.results, [1, i64::from(std::process::id()), 0]);
        }
        lab.backend = Backend::user();
        // Without a pause three of these would never all be out.
        std::thread::sleep(std::time::Duration::from_millis(3));
    }
}

fn module_comes_and_goes_a_hundred_times(lab: &mut Lab) {
    let_go(lab);
    let workers: Vec<Pid> = (0..3).map(|_| fork(|| user_of_the_module(lab))).collect();
    let mut busy = 0_u64;
    for _ in 0..100 {
        loop {
            match unload() {
                Ok(()) => break,
                Err(Errno::AGAIN) => busy += 1,
                Err(error) => panic!("unloading: {error}"),
            }
            std::thread::sleep(std::time::Duration::from_micros(200));
        }
        load(&lab.options);
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    for worker in workers {
        let gone = rustix::process::waitpid(Some(worker), rustix::process::WaitOptions::NOHANG);
        assert_eq!(
            gone.map(|status| status.is_some()),
            Ok(false),
            "a worker has failed"
        );
        signal::send(worker, Signal::KILL);
        ended(worker);
    }
    println!("unloading was refused {busy} times because batches were running");
    assert!(busy > 0, "the module was in use at times");
    assert_eq!(users(), 0);
}
