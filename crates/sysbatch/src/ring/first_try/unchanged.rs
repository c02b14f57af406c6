//! Calls that never wait, and are made as they are.

use linux_raw_sys::general::{
    F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_GETFL, F_SETFD, SEEK_CUR, SEEK_SET,
};
use syscalls::Sysno;

/// Whether a call waits for nothing but, at most, memory and another call on
/// the same open file.
///
/// Calls that change what belongs to the thread (its signal mask, its
/// credentials) are not among them: the rest of the batch may run on another.
pub(super) fn never_waits(sysno: Sysno, args: &[u64; 6]) -> bool {
    match sysno {
        Sysno::getpid
        | Sysno::getppid
        | Sysno::gettid
        | Sysno::getuid
        | Sysno::geteuid
        | Sysno::getgid
        | Sysno::getegid
        | Sysno::getresuid
        | Sysno::getresgid
        | Sysno::getgroups
        | Sysno::getpgid
        | Sysno::getsid
        | Sysno::umask
        | Sysno::uname
        | Sysno::times
        | Sysno::getrusage
        | Sysno::sysinfo
        | Sysno::gettimeofday
        | Sysno::clock_gettime
        | Sysno::clock_getres
        | Sysno::sched_yield
        | Sysno::getcpu
        | Sysno::dup
        | Sysno::pipe2
        | Sysno::eventfd2
        | Sysno::epoll_create1
        | Sysno::timerfd_create
        | Sysno::getsockname => true,
        #[cfg(target_arch = "x86_64")]
        Sysno::getpgrp | Sysno::time | Sysno::pipe | Sysno::eventfd => true,
        Sysno::lseek => matches!(args[2] as u32, SEEK_SET | SEEK_CUR),
        Sysno::fcntl => matches!(
            args[1] as u32,
            F_DUPFD | F_DUPFD_CLOEXEC | F_GETFD | F_SETFD | F_GETFL
        ),
        _ => false,
    }
}
