//! Numbers of aarch64 and of the other architectures with the common table
//! (`include/uapi/asm-generic/unistd.h`).

pub(super) const EPOLL_PWAIT: u32 = 22;
pub(super) const FCNTL: u32 = 25;
pub(super) const LSEEK: u32 = 62;
pub(super) const FUTEX: u32 = 98;

/// Whether it is a call that polls, and with these third and fourth arguments does
/// not wait. Those with a time-out that is no pointer are not in this table.
pub(super) const fn polls_once(_: u32, _: u32, _: u32) -> bool {
    false
}

/// Whether a call never waits, whatever its arguments.
pub(super) const fn never_waits(number: u32) -> bool {
    const EVENTFD2: u32 = 19;
    const EPOLL_CREATE1: u32 = 20;
    const DUP: u32 = 23;
    const PIPE2: u32 = 59;
    const TIMERFD_CREATE: u32 = 85;
    const CAPGET: u32 = 90;
    const GETITIMER: u32 = 102;
    const CLOCK_GETTIME: u32 = 113;
    const CLOCK_GETRES: u32 = 114;
    const SCHED_GETSCHEDULER: u32 = 120;
    const SCHED_GETPARAM: u32 = 121;
    const SCHED_GETAFFINITY: u32 = 123;
    const SCHED_YIELD: u32 = 124;
    const SCHED_GET_PRIORITY_MAX: u32 = 125;
    const SCHED_GET_PRIORITY_MIN: u32 = 126;
    const GETPRIORITY: u32 = 141;
    const GETRESUID: u32 = 148;
    const GETRESGID: u32 = 150;
    const TIMES: u32 = 153;
    const GETPGID: u32 = 155;
    const GETSID: u32 = 156;
    const GETGROUPS: u32 = 158;
    const UNAME: u32 = 160;
    const GETRLIMIT: u32 = 163;
    const GETRUSAGE: u32 = 165;
    const UMASK: u32 = 166;
    const GETCPU: u32 = 168;
    const GETTIMEOFDAY: u32 = 169;
    const GETPID: u32 = 172;
    const GETPPID: u32 = 173;
    const GETUID: u32 = 174;
    const GETEUID: u32 = 175;
    const GETGID: u32 = 176;
    const GETEGID: u32 = 177;
    const GETTID: u32 = 178;
    const SYSINFO: u32 = 179;
    const GETSOCKNAME: u32 = 204;
    const GETPEERNAME: u32 = 205;
    matches!(
        number,
        EVENTFD2
            | EPOLL_CREATE1
            | DUP
            | PIPE2
            | TIMERFD_CREATE
            | CAPGET
            | GETITIMER
            | CLOCK_GETTIME
            | CLOCK_GETRES
            | SCHED_GETSCHEDULER
            | SCHED_GETPARAM
            | SCHED_GETAFFINITY
            | SCHED_YIELD
            | SCHED_GET_PRIORITY_MAX
            | SCHED_GET_PRIORITY_MIN
            | GETPRIORITY
            | GETRESUID
            | GETRESGID
            | TIMES
            | GETPGID
            | GETSID
            | GETGROUPS
            | UNAME
            | GETRLIMIT
            | GETRUSAGE
            | UMASK
            | GETCPU
            | GETTIMEOFDAY
            | GETPID
            | GETPPID
            | GETUID
            | GETEUID
            | GETGID
            | GETEGID
            | GETTID
            | SYSINFO
            | GETSOCKNAME
            | GETPEERNAME
    )
}
