//! Seccomp filters: making and installing them (`seccomp(2)`).
#![expect(unsafe_code, reason = "filters are installed")]

use std::os::fd::{FromRawFd as _, OwnedFd};

use rustix::io::Errno;
use sysbatch::abi::Entry;
use syscalls::Sysno;

use crate::lab::{address_of, at, imm, sys, to_u64};

/// One instruction of classic BPF (`linux/filter.h`).
pub(crate) type Instruction = libc::sock_filter;

/// Loads a word of 32 bits of `struct seccomp_data`.
pub(crate) const LOAD_WORD: u32 = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
/// Jumps if the word has a value.
pub(crate) const JUMP_IF_EQUAL: u32 = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
/// Ends with an action.
pub(crate) const RETURN: u32 = libc::BPF_RET | libc::BPF_K;

/// An instruction, with how far its jumps lead.
pub(crate) const fn instruction(code: u32, jt: u8, jf: u8, k: u32) -> Instruction {
    #[expect(clippy::as_conversions, reason = "codes have 16 bits")]
    let code = code as u16;
    Instruction { code, jt, jf, k }
}

/// `return action` for one call, allow for the others.
pub(crate) fn filter(call: Sysno, action: u32) -> [Instruction; 4] {
    let number = u32::try_from(call.id()).expect("a call number");
    [
        // struct seccomp_data: the number is at offset 0.
        instruction(LOAD_WORD, 0, 0, 0),
        instruction(JUMP_IF_EQUAL, 0, 1, number),
        instruction(RETURN, 0, 0, action),
        instruction(RETURN, 0, 0, libc::SECCOMP_RET_ALLOW),
    ]
}

/// The same, if the low half of argument 0 has this value.
pub(crate) fn filter_argument(call: Sysno, value: u32, action: u32) -> [Instruction; 6] {
    filter_argument_of(call, 0, value, action)
}

/// The same, if the low half of this argument has this value.
pub(crate) fn filter_argument_of(
    call: Sysno,
    argument: u32,
    value: u32,
    action: u32,
) -> [Instruction; 6] {
    let [load, compare, matched, allow] = filter(call, action);
    [
        load,
        Instruction { jf: 3, ..compare },
        // The arguments begin at offset 16.
        instruction(LOAD_WORD, 0, 0, 16 + 8 * argument),
        instruction(JUMP_IF_EQUAL, 0, 1, value),
        matched,
        allow,
    ]
}

/// `return action` for each of some calls, allow for the others.
pub(crate) fn filters_of(calls: &[Sysno], action: u32) -> Vec<Instruction> {
    let mut program = Vec::new();
    for &call in calls {
        let [load, compare, matched, _] = filter(call, action);
        program.extend([load, compare, matched]);
    }
    let [.., allow] = filter(Sysno::getpid, action);
    program.push(allow);
    program
}

pub(crate) fn fail_with(errno: Errno) -> u32 {
    libc::SECCOMP_RET_ERRNO | errno.raw_os_error().cast_unsigned()
}

/// `struct sock_fprog`: how many instructions, and where.
pub(crate) fn program(filter: &[Instruction]) -> [u64; 2] {
    [to_u64(filter.len()), address_of(filter)]
}

/// The two calls that install a filter.
pub(crate) fn install_entries(program: &[u64; 2]) -> [Entry; 2] {
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

/// Keeps the kernel from logging each thread that a filter ends, if this is a guest:
/// where many are, it complains of so many lines.
pub(crate) fn log_no_ends() {
    // Who may not write it is on a machine whose log is nobody's affair here.
    let _ = std::fs::write("/proc/sys/kernel/seccomp/actions_logged", "errno");
}

/// Installs a filter for this thread, by calls of its own.
pub(crate) fn install(filter: &[Instruction]) {
    assert_eq!(install_with(filter, 0), 0, "seccomp");
}

/// Installs a filter for all threads of the process.
pub(crate) fn install_for_all(filter: &[Instruction]) {
    let result = install_with(filter, libc::SECCOMP_FILTER_FLAG_TSYNC);
    assert_eq!(result, 0, "seccomp");
}

/// Installs a filter for this thread, with the descriptor that its
/// notifications are read from.
pub(crate) fn install_with_listener(filter: &[Instruction]) -> OwnedFd {
    let fd = install_with(filter, libc::SECCOMP_FILTER_FLAG_NEW_LISTENER);
    let fd = i32::try_from(fd).expect("a descriptor");
    assert!(fd >= 0, "seccomp: {}", std::io::Error::last_os_error());
    // SAFETY: the descriptor is new and nobody else's.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

fn install_with(filter: &[Instruction], flags: libc::c_ulong) -> i64 {
    // SAFETY: arguments are no addresses.
    let result = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    assert_eq!(result, 0, "prctl");
    let program = program(filter);
    // SAFETY: the program lies there and is as long as it says.
    unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            flags,
            program.as_ptr(),
        )
    }
}
