//! By the device's descriptor: whose it was, how it came here, how it is called.
#![expect(unsafe_code, reason = "clone, and ioctl with any request")]

use core::ffi::{c_int, c_void};
use std::os::fd::AsRawFd as _;

use rustix::process::{PidfdFlags, PidfdGetfdFlags};
use sysbatch::Backend;
use sysbatch::abi::{RUN_REQUEST, Status};
use syscalls::Sysno;

use super::{Goal, Guard, attempt, attempt_with, done};
use crate::arch::{MKDIR, OPEN};
use crate::harness::cases;
use crate::lab::{Batch, Lab, address_of_mut, imm, set, sys};
use crate::process::{fork, wait_for};
use crate::watched::filter::{fail_with, filter_argument_of, filters_of};
use crate::watched::notifications::{hand_over, pair, take_over};

cases! {
    kernel device_opened_before_the_filter;
    kernel device_received_over_a_socket;
    kernel device_taken_from_another_process;
    kernel device_inherited_over_fork;
    kernel device_used_by_a_child_in_the_same_memory;
    kernel device_closed_in_the_batch;
    kernel request_that_is_forbidden;
    kernel request_that_is_forbidden_with_more_bits;
}

/// Makes the call by a batch, and looks at its result.
#[track_caller]
fn by_batch(lab: &mut Lab, goal: &Goal, guard: &Guard<'_>) {
    let mut batch = Batch::new([set(1), goal.mkdir()]);
    done(lab, &mut batch);
    assert_eq!(batch.results, [1, guard.result()]);
}

/// A filter that forbids to open anything, too.
fn refusing_to_open(_: &Goal) -> Vec<crate::watched::filter::Instruction> {
    let calls = [MKDIR, Sysno::mkdirat, OPEN, Sysno::openat];
    filters_of(&calls, fail_with(super::REFUSED))
}

fn device_opened_before_the_filter(lab: &mut Lab) {
    attempt_with(lab, refusing_to_open, &|lab, goal, guard| {
        let (backend, _) = crate::module::open().expect("the module is loaded");
        guard.install();
        lab.backend = backend;
        by_batch(lab, goal, guard);
    });
}

fn device_received_over_a_socket(lab: &mut Lab) {
    attempt_with(lab, refusing_to_open, &|lab, goal, guard| {
        // From a process without a filter.
        let (here, there) = pair();
        let other = fork(|| {
            let device = crate::module::device().expect("the module is loaded");
            hand_over(&there, &device);
        });
        guard.install();
        let device = take_over(&here);
        wait_for(other);
        lab.backend = Backend::from_device(device).expect("the module fits");
        by_batch(lab, goal, guard);
    });
}

fn device_taken_from_another_process(lab: &mut Lab) {
    attempt_with(lab, refusing_to_open, &|lab, goal, guard| {
        let device = crate::module::device().expect("the module is loaded");
        let number = device.as_raw_fd();
        let (told, _tell) = rustix::pipe::pipe().expect("pipe");
        let other = fork(|| {
            // Waits until it is killed.
            let _ = rustix::io::read(&told, &mut [0_u8]);
        });
        drop(device);
        guard.install();
        let other_fd = rustix::process::pidfd_open(other, PidfdFlags::empty());
        let other_fd = other_fd.expect("pidfd_open");
        let taken = rustix::process::pidfd_getfd(&other_fd, number, PidfdGetfdFlags::empty());
        lab.backend = Backend::from_device(taken.expect("pidfd_getfd")).expect("it fits");
        by_batch(lab, goal, guard);
        crate::signal::send(other, rustix::process::Signal::KILL);
        crate::process::ended(other);
    });
}

fn device_inherited_over_fork(lab: &mut Lab) {
    attempt(lab, &|lab, goal, guard| {
        guard.install();
        wait_for(fork(|| by_batch(lab, goal, guard)));
    });
}

/// What the child in the same memory runs.
struct Shared {
    device: c_int,
    header: u64,
    outcome: i64,
}

extern "C" fn enters(shared: *mut c_void) -> c_int {
    let shared: *mut Shared = shared.cast();
    // SAFETY: the parent keeps it, and waits until the child has ended.
    let shared = unsafe { &mut *shared };
    // SAFETY: the header is the case's own. The call does not touch the thread's
    // memory but its errno, which the parent does not look at.
    let result = unsafe { libc::ioctl(shared.device, u64::from(RUN_REQUEST), shared.header) };
    shared.outcome = result.into();
    0
}

fn device_used_by_a_child_in_the_same_memory(lab: &mut Lab) {
    attempt(lab, &|lab, goal, guard| {
        let device = lab.backend.device().expect("in the kernel").as_raw_fd();
        let mut batch = Batch::new([set(1), goal.mkdir()]);
        let header = address_of_mut(core::slice::from_mut(&mut batch.run));
        let mut shared = Shared {
            device,
            header,
            outcome: -1,
        };
        let mut stack = vec![0_u64; 8192];
        guard.install();
        let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
        let top = stack.as_mut_ptr_range().end.cast();
        // SAFETY: the stack is the child's alone, and this thread waits until it has
        // ended.
        let child = unsafe { libc::clone(enters, top, flags, (&raw mut shared).cast()) };
        let child = rustix::process::Pid::from_raw(child).expect("clone");
        wait_for(child);
        assert_eq!((shared.outcome, batch.status()), (0, Some(Status::Done)));
        assert_eq!(batch.results, [1, guard.result()]);
    });
}

fn device_closed_in_the_batch(lab: &mut Lab) {
    attempt(lab, &|lab, goal, guard| {
        let (backend, number) = crate::module::open().expect("the module is loaded");
        guard.install();
        let closed = std::mem::replace(&mut lab.backend, backend);
        let mut batch = Batch::new([sys(Sysno::close, [imm(number)]), goal.mkdir()]);
        done(lab, &mut batch);
        assert_eq!(batch.results, [0, guard.result()]);
        // Its own descriptor is gone: it must not close it again.
        std::mem::forget(std::mem::replace(&mut lab.backend, closed));
    });
}

/// `ioctl` with this request, under a filter that forbids to run batches.
fn with_request(lab: &mut Lab, upper: u64) {
    let forbids_batches = |_: &Goal| {
        let request = RUN_REQUEST;
        filter_argument_of(Sysno::ioctl, 1, request, fail_with(super::REFUSED)).to_vec()
    };
    attempt_with(lab, forbids_batches, &|lab, goal, guard| {
        let device = lab.backend.device().expect("in the kernel").as_raw_fd();
        guard.install();
        let mut batch = Batch::new([goal.mkdir()]);
        let header = address_of_mut(core::slice::from_mut(&mut batch.run));
        let request = u64::from(RUN_REQUEST) | upper << 32;
        // SAFETY: the header is the case's own.
        let result = unsafe { libc::syscall(libc::SYS_ioctl, device, request, header) };
        assert_eq!(result, guard.or(0, -1));
        assert_eq!(batch.status(), Some(guard.or(Status::Done, Status::None)));
    });
}

fn request_that_is_forbidden(lab: &mut Lab) {
    with_request(lab, 0);
}

fn request_that_is_forbidden_with_more_bits(lab: &mut Lab) {
    with_request(lab, 1);
}
