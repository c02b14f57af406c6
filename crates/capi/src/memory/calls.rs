//! The system calls by what they may do to memory that was found good.

use syscalls::Sysno;

#[cfg(target_arch = "x86_64")]
const NEWFSTATAT: Sysno = Sysno::newfstatat;
#[cfg(not(target_arch = "x86_64"))]
const NEWFSTATAT: Sysno = Sysno::fstatat;

/// Calls that take no memory away, wait for nobody who could, and raise no
/// signal.
#[rustfmt::skip]
pub(super) const TAKE_NOTHING: &[Sysno] = &[
    // Who one is.
    Sysno::getpid, Sysno::getppid, Sysno::gettid, Sysno::getuid, Sysno::geteuid, Sysno::getgid,
    Sysno::getegid, Sysno::getresuid, Sysno::getresgid, Sysno::getgroups, Sysno::getpgid,
    Sysno::getsid, Sysno::setpgid, Sysno::setsid, Sysno::umask, Sysno::uname, Sysno::times,
    Sysno::getrusage, Sysno::sysinfo, Sysno::getrlimit, Sysno::setrlimit, Sysno::prlimit64,
    Sysno::getpriority, Sysno::setpriority, Sysno::getcpu, Sysno::sched_getaffinity,
    Sysno::sched_setaffinity, Sysno::sched_getparam, Sysno::sched_getscheduler, Sysno::getrandom,
    Sysno::setuid, Sysno::setgid, Sysno::setreuid, Sysno::setregid, Sysno::setresuid,
    Sysno::setresgid, Sysno::setfsuid, Sysno::setfsgid, Sysno::setgroups, Sysno::capget,
    Sysno::capset,
    // Time.
    Sysno::gettimeofday, Sysno::clock_gettime, Sysno::clock_getres, Sysno::timerfd_create,
    Sysno::timerfd_settime, Sysno::timerfd_gettime,
    // Descriptors.
    Sysno::dup, Sysno::dup3, Sysno::pipe2, Sysno::eventfd2, Sysno::epoll_create1, Sysno::epoll_ctl,
    Sysno::signalfd4, Sysno::inotify_init1, Sysno::inotify_add_watch, Sysno::inotify_rm_watch,
    Sysno::memfd_create, Sysno::close, Sysno::close_range, Sysno::lseek, Sysno::pidfd_open,
    // Files by name, and what is known of them.
    Sysno::fstat, Sysno::statx, NEWFSTATAT, Sysno::statfs, Sysno::fstatfs,
    Sysno::faccessat, Sysno::faccessat2, Sysno::readlinkat, Sysno::getcwd, Sysno::chdir,
    Sysno::fchdir, Sysno::chroot, Sysno::getdents64, Sysno::mkdirat, Sysno::mknodat,
    Sysno::unlinkat, Sysno::linkat, Sysno::symlinkat, Sysno::renameat, Sysno::renameat2,
    Sysno::fchmod, Sysno::fchmodat, Sysno::fchown, Sysno::fchownat, Sysno::utimensat,
    Sysno::getxattr, Sysno::lgetxattr, Sysno::fgetxattr, Sysno::setxattr, Sysno::lsetxattr,
    Sysno::fsetxattr, Sysno::listxattr, Sysno::llistxattr, Sysno::flistxattr, Sysno::removexattr,
    Sysno::lremovexattr, Sysno::fremovexattr, Sysno::fadvise64, Sysno::readahead, Sysno::fsync,
    Sysno::fdatasync, Sysno::sync, Sysno::syncfs, Sysno::sync_file_range,
    // Sockets.
    Sysno::socket, Sysno::socketpair, Sysno::bind, Sysno::listen, Sysno::getsockname,
    Sysno::getpeername, Sysno::setsockopt, Sysno::getsockopt, Sysno::shutdown,
    // Memory that stays where it is.
    Sysno::msync, Sysno::mincore, Sysno::mlock, Sysno::mlock2, Sysno::munlock, Sysno::mlockall,
    Sysno::munlockall, Sysno::membarrier, Sysno::shmget,
    #[cfg(target_arch = "x86_64")] Sysno::dup2,
    #[cfg(target_arch = "x86_64")] Sysno::pipe,
    #[cfg(target_arch = "x86_64")] Sysno::eventfd,
    #[cfg(target_arch = "x86_64")] Sysno::epoll_create,
    #[cfg(target_arch = "x86_64")] Sysno::inotify_init,
    #[cfg(target_arch = "x86_64")] Sysno::getpgrp,
    #[cfg(target_arch = "x86_64")] Sysno::time,
    #[cfg(target_arch = "x86_64")] Sysno::stat,
    #[cfg(target_arch = "x86_64")] Sysno::lstat,
    #[cfg(target_arch = "x86_64")] Sysno::access,
    #[cfg(target_arch = "x86_64")] Sysno::readlink,
    #[cfg(target_arch = "x86_64")] Sysno::getdents,
    #[cfg(target_arch = "x86_64")] Sysno::mkdir,
    #[cfg(target_arch = "x86_64")] Sysno::mknod,
    #[cfg(target_arch = "x86_64")] Sysno::rmdir,
    #[cfg(target_arch = "x86_64")] Sysno::unlink,
    #[cfg(target_arch = "x86_64")] Sysno::link,
    #[cfg(target_arch = "x86_64")] Sysno::symlink,
    #[cfg(target_arch = "x86_64")] Sysno::rename,
    #[cfg(target_arch = "x86_64")] Sysno::chmod,
    #[cfg(target_arch = "x86_64")] Sysno::chown,
    #[cfg(target_arch = "x86_64")] Sysno::lchown,
    #[cfg(target_arch = "x86_64")] Sysno::utime,
    #[cfg(target_arch = "x86_64")] Sysno::utimes,
    #[cfg(target_arch = "x86_64")] Sysno::futimesat,
];

/// Calls that take nothing away, but by which one learns what another thread
/// has done, and may wait for it.
#[rustfmt::skip]
pub(super) const TRANSFER: &[Sysno] = &[
    Sysno::read, Sysno::write, Sysno::readv, Sysno::writev, Sysno::pread64, Sysno::pwrite64,
    Sysno::preadv, Sysno::pwritev, Sysno::preadv2, Sysno::pwritev2, Sysno::sendto, Sysno::recvfrom,
    Sysno::sendmsg, Sysno::recvmsg, Sysno::sendmmsg, Sysno::recvmmsg, Sysno::accept,
    Sysno::accept4, Sysno::connect, Sysno::sendfile, Sysno::splice, Sysno::tee,
    Sysno::copy_file_range, Sysno::sched_yield,
];

/// Calls in which a handler, another thread or another process may well have
/// run, and those that make a file shorter, which may be mapped.
#[rustfmt::skip]
pub(super) const FORGET: &[Sysno] = &[
    // Waiting.
    Sysno::nanosleep, Sysno::clock_nanosleep, Sysno::ppoll, Sysno::pselect6, Sysno::epoll_pwait,
    Sysno::epoll_pwait2, Sysno::futex, Sysno::futex_waitv, Sysno::wait4, Sysno::waitid,
    Sysno::flock, Sysno::semop, Sysno::semtimedop, Sysno::msgrcv, Sysno::msgsnd,
    Sysno::mq_timedsend, Sysno::mq_timedreceive, Sysno::restart_syscall,
    // Signals.
    Sysno::kill, Sysno::tkill, Sysno::tgkill, Sysno::rt_sigqueueinfo, Sysno::rt_tgsigqueueinfo,
    Sysno::pidfd_send_signal, Sysno::rt_sigprocmask, Sysno::rt_sigaction, Sysno::rt_sigsuspend,
    Sysno::rt_sigtimedwait, Sysno::rt_sigpending, Sysno::sigaltstack, Sysno::setitimer,
    Sysno::getitimer, Sysno::timer_create, Sysno::timer_settime, Sysno::timer_gettime,
    Sysno::timer_delete,
    // Files, which may be mapped.
    Sysno::truncate, Sysno::ftruncate, Sysno::fallocate, Sysno::openat2, Sysno::ioctl,
    // Memory of other kinds than what is taken to stay.
    Sysno::shmdt, Sysno::shmctl, Sysno::pkey_alloc, Sysno::pkey_free,
    // What the task may do; a child has not all of the memory (`MADV_DONTFORK`).
    Sysno::prctl, Sysno::seccomp, Sysno::unshare, Sysno::setns, Sysno::clone, Sysno::clone3,
    #[cfg(target_arch = "x86_64")] Sysno::fork,
    #[cfg(target_arch = "x86_64")] Sysno::vfork,
    #[cfg(target_arch = "x86_64")] Sysno::poll,
    #[cfg(target_arch = "x86_64")] Sysno::select,
    #[cfg(target_arch = "x86_64")] Sysno::epoll_wait,
    #[cfg(target_arch = "x86_64")] Sysno::pause,
    #[cfg(target_arch = "x86_64")] Sysno::alarm,
    #[cfg(target_arch = "x86_64")] Sysno::creat,
];

/// Calls whose arguments decide.
#[rustfmt::skip]
pub(super) const ASK: &[Sysno] = &[
    Sysno::openat, Sysno::fcntl, Sysno::mmap, Sysno::munmap, Sysno::mprotect,
    Sysno::pkey_mprotect, Sysno::mremap, Sysno::madvise, Sysno::shmat,
    #[cfg(target_arch = "x86_64")] Sysno::open,
];
