//! Calls that leave the thread that makes them as it was.

use syscalls::Sysno;

use crate::arch::NEWFSTATAT;

/// Whether a call changes nothing that belongs to the thread that makes it alone: its
/// credentials, name spaces, signal mask and stacks, scheduling, memory policy, keys,
/// names, and what the kernel is to do when it ends.
///
/// What belongs to the process (the working directory, limits, the session) is shared
/// by all of its threads anyway. Calls that are not listed count as changing it.
pub(super) fn changes_nothing(sysno: Sysno) -> bool {
    is_of_files(sysno)
        || is_of_names(sysno)
        || is_of_messages(sysno)
        || is_of_time_and_events(sysno)
        || is_of_the_process(sysno)
}

/// Open files and what is in them.
fn is_of_files(sysno: Sysno) -> bool {
    matches!(
        sysno,
        Sysno::read
            | Sysno::write
            | Sysno::readv
            | Sysno::writev
            | Sysno::pread64
            | Sysno::pwrite64
            | Sysno::preadv
            | Sysno::pwritev
            | Sysno::preadv2
            | Sysno::pwritev2
            | Sysno::close
            | Sysno::dup
            | Sysno::dup3
            | Sysno::fcntl
            | Sysno::flock
            | Sysno::lseek
            | Sysno::fstat
            | Sysno::fstatfs
            | Sysno::fsync
            | Sysno::fdatasync
            | Sysno::sync
            | Sysno::syncfs
            | Sysno::sync_file_range
            | Sysno::ftruncate
            | Sysno::fallocate
            | Sysno::fadvise64
            | Sysno::readahead
            | Sysno::copy_file_range
            | Sysno::sendfile
            | Sysno::splice
            | Sysno::tee
            | Sysno::vmsplice
            | Sysno::getdents64
            | Sysno::fchmod
            | Sysno::fchown
            | Sysno::fgetxattr
            | Sysno::fsetxattr
            | Sysno::flistxattr
            | Sysno::fremovexattr
            | Sysno::pipe2
            | Sysno::memfd_create
    ) || is_of_files_by_old_names(sysno)
}

/// Paths.
fn is_of_names(sysno: Sysno) -> bool {
    matches!(
        sysno,
        Sysno::openat
            | Sysno::openat2
            | NEWFSTATAT
            | Sysno::statx
            | Sysno::statfs
            | Sysno::faccessat
            | Sysno::faccessat2
            | Sysno::readlinkat
            | Sysno::mkdirat
            | Sysno::mknodat
            | Sysno::unlinkat
            | Sysno::renameat2
            | Sysno::linkat
            | Sysno::symlinkat
            | Sysno::fchmodat
            | Sysno::fchownat
            | Sysno::utimensat
            | Sysno::truncate
            | Sysno::getxattr
            | Sysno::lgetxattr
            | Sysno::setxattr
            | Sysno::lsetxattr
            | Sysno::listxattr
            | Sysno::llistxattr
            | Sysno::removexattr
            | Sysno::lremovexattr
            | Sysno::getcwd
            | Sysno::name_to_handle_at
            | Sysno::open_by_handle_at
    ) || is_of_names_by_old_names(sysno)
}

/// Sockets, queues and other ways of talking.
fn is_of_messages(sysno: Sysno) -> bool {
    matches!(
        sysno,
        Sysno::socket
            | Sysno::socketpair
            | Sysno::bind
            | Sysno::listen
            | Sysno::accept
            | Sysno::accept4
            | Sysno::connect
            | Sysno::shutdown
            | Sysno::getsockname
            | Sysno::getpeername
            | Sysno::getsockopt
            | Sysno::setsockopt
            | Sysno::sendto
            | Sysno::sendmsg
            | Sysno::sendmmsg
            | Sysno::recvfrom
            | Sysno::recvmsg
            | Sysno::recvmmsg
            | Sysno::mq_open
            | Sysno::mq_unlink
            | Sysno::mq_timedsend
            | Sysno::mq_timedreceive
            | Sysno::mq_getsetattr
            | Sysno::msgget
            | Sysno::msgsnd
            | Sysno::msgrcv
            | Sysno::msgctl
            | Sysno::semget
            | Sysno::semctl
            | Sysno::semtimedop
            | Sysno::shmget
            | Sysno::shmctl
            | Sysno::process_vm_readv
            | Sysno::process_vm_writev
    )
}

/// Clocks, timers, and waiting for something.
fn is_of_time_and_events(sysno: Sysno) -> bool {
    matches!(
        sysno,
        Sysno::nanosleep
            | Sysno::clock_nanosleep
            | Sysno::clock_gettime
            | Sysno::clock_getres
            | Sysno::gettimeofday
            | Sysno::times
            | Sysno::timerfd_create
            | Sysno::timerfd_settime
            | Sysno::timerfd_gettime
            | Sysno::eventfd2
            | Sysno::signalfd4
            | Sysno::epoll_create1
            | Sysno::epoll_ctl
            | Sysno::epoll_pwait
            | Sysno::epoll_pwait2
            | Sysno::ppoll
            | Sysno::pselect6
            | Sysno::inotify_init1
            | Sysno::inotify_add_watch
            | Sysno::inotify_rm_watch
            | Sysno::fanotify_init
            | Sysno::fanotify_mark
            | Sysno::futex
            | Sysno::futex_waitv
            | Sysno::rt_sigtimedwait
            | Sysno::rt_sigpending
            | Sysno::sched_yield
            | Sysno::wait4
            | Sysno::waitid
    ) || is_of_events_by_old_names(sysno)
}

/// Memory, and what is asked of or told to the process or another one.
fn is_of_the_process(sysno: Sysno) -> bool {
    matches!(
        sysno,
        Sysno::mmap
            | Sysno::munmap
            | Sysno::mremap
            | Sysno::mprotect
            | Sysno::madvise
            | Sysno::msync
            | Sysno::mincore
            | Sysno::mlock
            | Sysno::mlock2
            | Sysno::munlock
            | Sysno::brk
            | Sysno::getpid
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
            | Sysno::getpriority
            | Sysno::getrusage
            | Sysno::getrandom
            | Sysno::getcpu
            | Sysno::capget
            | Sysno::uname
            | Sysno::sysinfo
            | Sysno::umask
            | Sysno::kill
            | Sysno::tgkill
            | Sysno::rt_sigqueueinfo
            | Sysno::pidfd_open
            | Sysno::pidfd_send_signal
            | Sysno::pidfd_getfd
            | Sysno::sched_getaffinity
            | Sysno::sched_getparam
            | Sysno::sched_getscheduler
            | Sysno::sched_getattr
    ) || is_of_the_process_by_old_names(sysno)
}

#[cfg(target_arch = "x86_64")]
fn is_of_files_by_old_names(sysno: Sysno) -> bool {
    matches!(sysno, Sysno::dup2 | Sysno::getdents | Sysno::pipe)
}

#[cfg(target_arch = "x86_64")]
fn is_of_names_by_old_names(sysno: Sysno) -> bool {
    matches!(
        sysno,
        Sysno::open
            | Sysno::creat
            | Sysno::stat
            | Sysno::lstat
            | Sysno::access
            | Sysno::readlink
            | Sysno::mkdir
            | Sysno::mknod
            | Sysno::rmdir
            | Sysno::unlink
            | Sysno::rename
            | Sysno::renameat
            | Sysno::link
            | Sysno::symlink
            | Sysno::chmod
            | Sysno::chown
            | Sysno::lchown
            | Sysno::utime
            | Sysno::utimes
            | Sysno::futimesat
    )
}

#[cfg(target_arch = "x86_64")]
fn is_of_events_by_old_names(sysno: Sysno) -> bool {
    matches!(
        sysno,
        Sysno::poll
            | Sysno::select
            | Sysno::epoll_wait
            | Sysno::epoll_create
            | Sysno::eventfd
            | Sysno::signalfd
            | Sysno::inotify_init
            | Sysno::time
            | Sysno::pause
    )
}

#[cfg(target_arch = "x86_64")]
fn is_of_the_process_by_old_names(sysno: Sysno) -> bool {
    matches!(sysno, Sysno::getpgrp)
}

#[cfg(not(target_arch = "x86_64"))]
const fn is_of_files_by_old_names(_: Sysno) -> bool {
    false
}

#[cfg(not(target_arch = "x86_64"))]
const fn is_of_names_by_old_names(sysno: Sysno) -> bool {
    matches!(sysno, Sysno::renameat)
}

#[cfg(not(target_arch = "x86_64"))]
const fn is_of_events_by_old_names(_: Sysno) -> bool {
    false
}

#[cfg(not(target_arch = "x86_64"))]
const fn is_of_the_process_by_old_names(_: Sysno) -> bool {
    false
}
