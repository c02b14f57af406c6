//! Seccomp: no filter is ever bypassed.
#![expect(
    unsafe_code,
    reason = "filters are installed, and a handler changes registers"
)]

use core::ffi::{c_int, c_void};
use core::sync::atomic::{AtomicU64, Ordering};

use rustix::io::Errno;
use rustix::process::Signal;
use sysbatch::abi::{Entry, Status};
use syscalls::Sysno;

use super::assert_handed_back;
use crate::harness::cases;
use crate::lab::{Batch, Lab, address_of, at, error, imm, set, sys, to_u64};
use crate::process::{ended, fork};

cases! {
    both filter_that_allows_everything;
    both filter_that_fails_one_call;
    both filter_that_looks_at_arguments;
    both filter_that_traps_one_call;
    both filter_that_kills_the_process;
    both filter_that_kills_the_thread;
    both filter_installed_in_the_batch;
    both filter_installed_by_prctl_in_the_batch;
    kernel filter_that_forbids_the_device;
    kernel strict_mode_forbids_the_device;
    both filter_inherited_over_fork;
    both filter_of_another_thread;
}

/// One instruction of classic BPF (`linux/filter.h`).
pub(crate) type Instruction = libc::sock_filter;

const fn instruction(code: u32, jt: u8, jf: u8, k: u32) -> Instruction {
    #[expect(clippy::as_conversions, reason = "codes have 16 bits")]
    let code = code as u16;
    Instruction { code, jt, jf, k }
}

/// `return action` for one call, allow for the others.
pub(crate) fn filter(call: Sysno, action: u32) -> [Instruction; 4] {
    let number = u32::try_from(call.id()).expect("a call number");
    [
        // struct seccomp_data: the number is at offset 0.
        instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0),
        instruction(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 0, 1, number),
        instruction(libc::BPF_RET | libc::BPF_K, 0, 0, action),
        instruction(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ALLOW),
    ]
}

/// The same, if the low half of argument 0 has this value.
fn filter_argument(call: Sysno, value: u32, action: u32) -> [Instruction; 6] {
    let [load, compare, matched, allow] = filter(call, action);
    [
        load,
        Instruction { jf: 3, ..compare },
        // The arguments begin at offset 16.
        instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 16),
        instruction(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 0, 1, value),
        matched,
        allow,
    ]
}

pub(crate) fn fail_with(errno: Errno) -> u32 {
    libc::SECCOMP_RET_ERRNO | errno.raw_os_error().cast_unsigned()
}

/// `struct sock_fprog`: how many instructions, and where.
pub(crate) fn program(filter: &[Instruction]) -> [u64; 2] {
    [to_u64(filter.len()), address_of(filter)]
}

/// The two calls that install a filter.
fn install_entries(program: &[u64; 2]) -> [Entry; 2] {
    [
        sys(
            Sysno::prctl,
            [
                imm(libc::PR_SET_NO_NEW_PRIVS),
                imm(1),
                imm(0),
                imm(0),
                imm(0),
            ],
        ),
        sys(
            Sysno::seccomp,
            [
                imm(libc::SECCOMP_SET_MODE_FILTER),
                imm(0),
                at(address_of(program)),
            ],
        ),
    ]
}

/// Installs a filter for this process, by calls of its own.
pub(crate) fn install(filter: &[Instruction]) {
    // SAFETY: arguments are no addresses.
    let result = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    assert_eq!(result, 0, "prctl");
    let program = program(filter);
    // SAFETY: the program lies there and is as long as it says.
    let result = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            0,
            program.as_ptr(),
        )
    };
    assert_eq!(result, 0, "seccomp");
}

fn ids() -> (i64, i64) {
    let uid = rustix::process::getuid().as_raw();
    (i64::from(std::process::id()), i64::from(uid))
}

/// A batch with a built-in, and `call` between two others.
fn with(call: Entry) -> Batch {
    Batch::new([set(1), sys(Sysno::getpid, []), call, sys(Sysno::getuid, [])])
}

fn filter_that_allows_everything(lab: &mut Lab) {
    install(&filter(Sysno::getppid, libc::SECCOMP_RET_ALLOW));
    let (pid, uid) = ids();
    let mut batch = with(sys(Sysno::getpgrp, []));
    assert_handed_back(lab, &batch);
    let before = lab.backend.crossings();
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert_eq!(batch.results[..2], [1, pid]);
    assert_eq!(batch.results[3], uid);
    // One crossing is lost to finding out, and each call has its own.
    let expected = if lab.is_kernel() { 4 } else { 3 };
    assert_eq!(lab.backend.crossings() - before, expected);
}

fn filter_that_fails_one_call(lab: &mut Lab) {
    install(&filter(Sysno::getppid, fail_with(Errno::XDEV)));
    let (pid, uid) = ids();
    let mut batch = with(sys(Sysno::getppid, []));
    assert_handed_back(lab, &batch);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert_eq!(batch.results, [1, pid, error(Errno::XDEV), uid]);
}

fn filter_that_looks_at_arguments(lab: &mut Lab) {
    install(&filter_argument(Sysno::umask, 0o123, fail_with(Errno::DOM)));
    for (mask, forbidden) in [(0o022, false), (0o123, true), (0o077, false)] {
        let mut batch = with(sys(Sysno::umask, [imm(mask)]));
        assert_handed_back(lab, &batch);
        assert_eq!(lab.run(&mut batch), Ok(Status::Done));
        assert_eq!(batch.results[2] == error(Errno::DOM), forbidden, "{mask:o}");
    }
}

/// What the handler of `SIGSYS` saw: the number and two arguments.
static TRAPPED: [AtomicU64; 3] = [const { AtomicU64::new(0) }; 3];

extern "C" fn trapped(_: c_int, _: *mut libc::siginfo_t, context: *mut c_void) {
    let context: *mut libc::ucontext_t = context.cast();
    // SAFETY: the kernel passes the context of the interrupted code, which
    // is this handler's alone while it runs.
    let registers = unsafe { &mut (*context).uc_mcontext.gregs };
    let register = |index: c_int| usize::try_from(index).expect("an index");
    let wanted = [libc::REG_RAX, libc::REG_RDI, libc::REG_R9];
    for (place, index) in TRAPPED.iter().zip(wanted) {
        place.store(registers[register(index)].cast_unsigned(), Ordering::SeqCst);
    }
    registers[register(libc::REG_RAX)] = 4711;
}

fn filter_that_traps_one_call(lab: &mut Lab) {
    crate::signal::handle(Signal::SYS, 0, trapped);
    install(&filter(Sysno::mremap, libc::SECCOMP_RET_TRAP));
    let (pid, uid) = ids();
    let call = sys(
        Sysno::mremap,
        [imm(11), imm(12), imm(13), imm(14), imm(15), imm(16)],
    );
    let mut batch = with(call);
    assert_handed_back(lab, &batch);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert_eq!(
        batch.results,
        [1, pid, 4711, uid],
        "the handler's value is the result"
    );
    let seen = [0, 1, 2].map(|index: usize| TRAPPED[index].load(Ordering::SeqCst));
    assert_eq!(
        seen,
        [u64::try_from(Sysno::mremap.id()).expect("a number"), 11, 16]
    );
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
        assert_handed_back(lab, &batch);
        assert_eq!(lab.run(&mut batch), Ok(Status::Done));
        assert_eq!(batch.results[2], error(Errno::XDEV));
    });
    crate::process::wait_for(child);
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
