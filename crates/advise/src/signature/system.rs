//! The calls that are about memory, threads, signals, time, events and sockets.

use syscalls::Sysno;

use super::Argument::{Descriptor as D, Number as N, Read as R, Text as T, Written};
use super::Tells::{Amount, Bytes, Descriptor, Done, Number};
use super::{Argument, Kind, Signature, table};

/// Memory that is written as far as the result says.
const B: Argument = Argument::WrittenByResult;
/// A `struct timespec` or another of two words.
const TIME: Argument = Written(16);
/// A `struct sigaction`.
const ACTION: Argument = Written(32);
/// A set of signals, or another word.
const WORD: Argument = Written(8);
/// A number of 32 bits.
const NUMBER: Argument = Written(4);
/// An address of a socket: as long as the caller says, which is more than most are.
const ADDRESS: Argument = Written(128);

table! {
    // Memory
    mmap(N, N, N, N, D, N) Works Number;
    munmap | mlock | munlock(N, N) Arranges Done;
    mprotect | madvise(N, N, N) Arranges Done;
    mremap(N, N, N, N, N) Arranges Number;
    brk(N) Arranges Number;
    msync(N, N, N) Works Done;
    mincore(N, N, Written(1)) Works Done;
    // Processes and threads
    execve(T, R, R) Ends Done;
    execveat(D, T, R, R, N) Ends Done;
    exit | exit_group(N) Ends Done;
    clone(N, N, N, N, N) Ends Number;
    clone3(R, N) Ends Number;
    unshare(N) Ends Done;
    setns(D, N) Ends Done;
    rt_sigreturn() Ends Number;
    restart_syscall() Waits Number;
    ptrace(N, N, N, N) Ends Number;
    seccomp(N, N, R) Ends Number;
    wait4(N, NUMBER, N, Written(144)) Waits Number;
    waitid(N, N, Written(128), N, Written(144)) Waits Number;
    futex(R, N, N, R, N, N) Waits Number;
    futex_waitv(R, N, N, R, N) Waits Number;
    sched_yield() Waits Done;
    set_tid_address(N) Works Number;
    set_robust_list | rseq(N, N) Works Done;
    getpid | getppid | gettid | getuid | geteuid | getgid | getegid() Works Number;
    getpgid | getsid(N) Works Number;
    setpgid(N, N) Works Done;
    setsid() Works Number;
    setuid | setgid(N) Works Done;
    setreuid | setregid(N, N) Works Done;
    setresuid | setresgid(N, N, N) Works Done;
    getresuid | getresgid(NUMBER, NUMBER, NUMBER) Works Done;
    getgroups(N, Written(4)) Works Number;
    setgroups(N, R) Works Done;
    capget(R, Written(24)) Works Done;
    capset(R, R) Works Done;
    prctl(N, N, N, N, N) Works Number;
    prlimit64(N, N, R, TIME) Works Done;
    getrusage(N, Written(144)) Works Done;
    sched_getaffinity(N, N, B) Works Bytes;
    sched_setaffinity(N, N, R) Works Done;
    getpriority(N, N) Works Number;
    setpriority(N, N, N) Works Done;
    getcpu(NUMBER, NUMBER) Works Done;
    membarrier(N, N, N) Works Number;
    uname(Written(390)) Works Done;
    sysinfo(Written(112)) Works Done;
    sethostname(R, N) Works Done;
    getrandom(B, N, N) Works Bytes;
    // Signals
    rt_sigaction(N, R, ACTION, N) Works Done;
    rt_sigprocmask(N, R, WORD, N) Works Done;
    rt_sigpending(WORD, N) Works Done;
    rt_sigsuspend(R, N) Waits Done;
    rt_sigtimedwait(R, Written(128), R, N) Waits Number;
    sigaltstack(R, Written(24)) Works Done;
    kill | tkill(N, N) Works Done;
    tgkill(N, N, N) Works Done;
    signalfd4(D, R, N, N) Works Descriptor;
    pidfd_open(N, N) Works Descriptor;
    pidfd_send_signal(D, N, R, N) Works Done;
    // Time
    clock_gettime | clock_getres(N, TIME) Works Done;
    gettimeofday(TIME, WORD) Works Done;
    times(Written(32)) Works Number;
    nanosleep(R, TIME) Waits Done;
    clock_nanosleep(N, N, R, TIME) Waits Done;
    getitimer(N, Written(32)) Works Done;
    setitimer(N, R, Written(32)) Works Done;
    timerfd_create(N, N) Works Descriptor;
    timerfd_settime(D, N, R, Written(32)) Works Done;
    timerfd_gettime(D, Written(32)) Works Done;
    timer_create(N, R, NUMBER) Works Done;
    timer_settime(N, N, R, Written(32)) Works Done;
    timer_delete(N) Works Done;
    // Events
    ppoll(R, N, R, R, N) Waits Number;
    pselect6(N, R, R, R, R, R) Waits Number;
    epoll_create1(N) Works Descriptor;
    epoll_ctl(D, N, D, R) Works Done;
    epoll_pwait(D, Written(12), N, N, R, N) Waits Number;
    epoll_pwait2(D, Written(12), N, R, R, N) Waits Number;
    eventfd2(N, N) Works Descriptor;
    io_uring_setup(N, Written(120)) Works Descriptor;
    io_uring_enter(D, N, N, N, R, N) Waits Number;
    io_uring_register(D, N, R, N) Works Number;
    // Sockets
    socket(N, N, N) Works Descriptor;
    socketpair(N, N, N, WORD) Works Done;
    bind(D, R, N) Works Done;
    listen(D, N) Works Done;
    connect(D, R, N) Works Done;
    accept(D, ADDRESS, NUMBER) Works Descriptor;
    accept4(D, ADDRESS, NUMBER, N) Works Descriptor;
    shutdown(D, N) Works Done;
    getsockname | getpeername(D, ADDRESS, NUMBER) Works Done;
    setsockopt(D, N, N, R, N) Works Done;
    getsockopt(D, N, N, Written(4), NUMBER) Works Done;
    sendto(D, R, N, N, R, N) Works Amount(2);
    sendmsg(D, R, N) Works Number;
    sendmmsg(D, R, N, N) Works Number;
    recvfrom(D, B, N, N, ADDRESS, NUMBER) Works Bytes;
    recvmsg(D, Written(56), N) Works Bytes;
    recvmmsg(D, Written(64), N, N, R) Waits Number;
    // Those that only x86-64 has
    #[cfg(target_arch = "x86_64")]
    fork | vfork() Ends Number;
    #[cfg(target_arch = "x86_64")]
    arch_prctl(N, N) Works Done;
    #[cfg(target_arch = "x86_64")]
    getpgrp() Works Number;
    #[cfg(target_arch = "x86_64")]
    getrlimit(N, TIME) Works Done;
    #[cfg(target_arch = "x86_64")]
    setrlimit(N, R) Works Done;
    #[cfg(target_arch = "x86_64")]
    time(WORD) Works Number;
    #[cfg(target_arch = "x86_64")]
    alarm(N) Works Number;
    #[cfg(target_arch = "x86_64")]
    pause() Waits Done;
    #[cfg(target_arch = "x86_64")]
    poll(R, N, N) Waits Number;
    #[cfg(target_arch = "x86_64")]
    select(N, R, R, R, R) Waits Number;
    #[cfg(target_arch = "x86_64")]
    epoll_create(N) Works Descriptor;
    #[cfg(target_arch = "x86_64")]
    epoll_wait(D, Written(12), N, N) Waits Number;
    #[cfg(target_arch = "x86_64")]
    eventfd(N) Works Descriptor;
    #[cfg(target_arch = "x86_64")]
    signalfd(D, R, N) Works Descriptor;
}
