//! Numbers of x86-64 (`arch/x86/entry/syscalls/syscall_64.tbl`).

pub(super) const LSEEK: u32 = 8;
pub(super) const FCNTL: u32 = 72;
pub(super) const FUTEX: u32 = 202;
pub(super) const EPOLL_PWAIT: u32 = 281;

/// Whether it is a call that polls, and with these third and fourth arguments does
/// not wait.
pub(super) const fn polls_once(number: u32, third: u32, fourth: u32) -> bool {
    const POLL: u32 = 7;
    const EPOLL_WAIT: u32 = 232;
    match number {
        POLL => third == 0,
        EPOLL_WAIT => fourth == 0,
        _ => false,
    }
}

/// Whether a call never waits, whatever its arguments.
pub(super) const fn never_waits(number: u32) -> bool {
    const PIPE: u32 = 22;
    const SCHED_YIELD: u32 = 24;
    const DUP: u32 = 32;
    const GETITIMER: u32 = 36;
    const GETPID: u32 = 39;
    const GETSOCKNAME: u32 = 51;
    const GETPEERNAME: u32 = 52;
    const UNAME: u32 = 63;
    const UMASK: u32 = 95;
    const GETTIMEOFDAY: u32 = 96;
    const GETRLIMIT: u32 = 97;
    const GETRUSAGE: u32 = 98;
    const SYSINFO: u32 = 99;
    const TIMES: u32 = 100;
    const GETUID: u32 = 102;
    const GETGID: u32 = 104;
    const GETEUID: u32 = 107;
    const GETEGID: u32 = 108;
    const GETPPID: u32 = 110;
    const GETPGRP: u32 = 111;
    const GETGROUPS: u32 = 115;
    const GETRESUID: u32 = 118;
    const GETRESGID: u32 = 120;
    const GETPGID: u32 = 121;
    const GETSID: u32 = 124;
    const CAPGET: u32 = 125;
    const GETPRIORITY: u32 = 140;
    const SCHED_GETPARAM: u32 = 143;
    const SCHED_GETSCHEDULER: u32 = 145;
    const SCHED_GET_PRIORITY_MAX: u32 = 146;
    const SCHED_GET_PRIORITY_MIN: u32 = 147;
    const GETTID: u32 = 186;
    const TIME: u32 = 201;
    const SCHED_GETAFFINITY: u32 = 204;
    const CLOCK_GETTIME: u32 = 228;
    const CLOCK_GETRES: u32 = 229;
    const TIMERFD_CREATE: u32 = 283;
    const EVENTFD: u32 = 284;
    const EVENTFD2: u32 = 290;
    const EPOLL_CREATE1: u32 = 291;
    const PIPE2: u32 = 293;
    const GETCPU: u32 = 309;
    matches!(
        number,
        PIPE | SCHED_YIELD
            | DUP
            | GETITIMER
            | GETPID
            | GETSOCKNAME
            | GETPEERNAME
            | UNAME
            | UMASK
            | GETTIMEOFDAY
            | GETRLIMIT
            | GETRUSAGE
            | SYSINFO
            | TIMES
            | GETUID
            | GETGID
            | GETEUID
            | GETEGID
            | GETPPID
            | GETPGRP
            | GETGROUPS
            | GETRESUID
            | GETRESGID
            | GETPGID
            | GETSID
            | CAPGET
            | GETPRIORITY
            | SCHED_GETPARAM
            | SCHED_GETSCHEDULER
            | SCHED_GET_PRIORITY_MAX
            | SCHED_GET_PRIORITY_MIN
            | GETTID
            | TIME
            | SCHED_GETAFFINITY
            | CLOCK_GETTIME
            | CLOCK_GETRES
            | TIMERFD_CREATE
            | EVENTFD
            | EVENTFD2
            | EPOLL_CREATE1
            | PIPE2
            | GETCPU
    )
}
