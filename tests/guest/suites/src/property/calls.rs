//! The system calls that random programs make.
//!
//! None of them can block, end or change the process beyond its descriptors and
//! its directory, whatever the arguments are that [`Kind`] allows; and none
//! writes anything that differs from run to run, except to the sink.

use syscalls::Sysno;

/// What an argument is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A file descriptor, good or bad.
    Fd,
    /// The address of a name.
    Name,
    /// The address of something to read.
    From,
    /// The address of something to write.
    To,
    /// The address of the sink, and nothing else.
    Sink,
    /// A number of bytes.
    Length,
    /// A position in a file.
    Offset,
    /// One of these values, and nothing else: anything else might block, or do
    /// harm.
    One(&'static [i64]),
    /// One of these values, or anything.
    Near(&'static [i64]),
}

impl Kind {
    /// Whether any value will do.
    pub(super) const fn is_free(self) -> bool {
        !matches!(self, Self::One(_) | Self::Sink)
    }

    /// Whether it is the address of anything.
    pub(super) const fn points(self) -> bool {
        matches!(self, Self::Name | Self::From | Self::To)
    }
}

use Kind::{Fd, From, Length, Name, Near, Offset, One, Sink, To};

const OPEN: &[i64] = &[
    0,
    1,
    2,
    0o100,
    0o102,
    0o301,
    0o1102,
    0o2001,
    libc::O_DIRECTORY as i64,
    0o2_000_000,
    0o10_000_000,
];
const MODE: &[i64] = &[0, 0o600, 0o644, 0o755, 0o777];
const ZERO: &[i64] = &[0];

/// A call with its arguments.
pub(super) type Call = (Sysno, &'static [Kind]);

pub(super) const CALLS: &[Call] = &[
    (Sysno::openat, &[Fd, Name, Near(OPEN), Near(MODE)]),
    (Sysno::openat, &[One(&[-100]), Name, Near(OPEN), Near(MODE)]),
    #[cfg(target_arch = "x86_64")]
    (Sysno::open, &[Name, Near(OPEN), Near(MODE)]),
    (Sysno::read, &[Fd, To, Length]),
    (Sysno::write, &[Fd, From, Length]),
    (Sysno::pread64, &[Fd, To, Length, Offset]),
    (Sysno::pwrite64, &[Fd, From, Length, Offset]),
    (Sysno::readv, &[Fd, From, Near(&[0, 1, 2, 3])]),
    (Sysno::writev, &[Fd, From, Near(&[0, 1, 2, 3])]),
    (Sysno::lseek, &[Fd, Offset, Near(&[0, 1, 2, 3, 4])]),
    (Sysno::close, &[Fd]),
    (Sysno::close, &[Fd]),
    (Sysno::dup, &[Fd]),
    #[cfg(target_arch = "x86_64")]
    (Sysno::dup2, &[Fd, Fd]),
    (Sysno::dup3, &[Fd, Fd, Near(&[0, 0o2_000_000])]),
    (
        Sysno::fcntl,
        &[Fd, One(&[0, 1, 2, 3, 1030, 1032]), Near(&[0, 1, 5, 20])],
    ),
    (
        Sysno::ioctl,
        &[Fd, One(&[0x541B, 0x5450, 0x5451, 0x1234]), To],
    ),
    (Sysno::flock, &[Fd, One(&[5, 6, 12, 8])]),
    (Sysno::ftruncate, &[Fd, Offset]),
    (Sysno::truncate, &[Name, Offset]),
    (Sysno::fsync, &[Fd]),
    (
        Sysno::fallocate,
        &[Fd, Near(&[0, 1, 3]), Near(&[0, 100]), Near(&[1, 5000])],
    ),
    (Sysno::sendfile, &[Fd, Fd, One(ZERO), Length]),
    (
        Sysno::copy_file_range,
        &[Fd, One(ZERO), Fd, One(ZERO), Length, One(ZERO)],
    ),
    (Sysno::pipe2, &[To, One(&[0o4000, 0o2_004_000])]),
    (Sysno::eventfd2, &[Near(&[0, 1, 7]), One(&[0o4000, 0o4001])]),
    (
        Sysno::sendto,
        &[Fd, From, Length, One(&[0x40, 0x4040]), One(ZERO), One(ZERO)],
    ),
    (
        Sysno::recvfrom,
        &[Fd, To, Length, One(&[0x40, 0x42]), One(ZERO), One(ZERO)],
    ),
    (Sysno::shutdown, &[Fd, Near(&[0, 1, 2])]),
    #[cfg(target_arch = "x86_64")]
    (Sysno::poll, &[From, Near(&[0, 1, 2]), One(ZERO)]),
    (Sysno::mkdirat, &[Fd, Name, Near(MODE)]),
    #[cfg(target_arch = "x86_64")]
    (Sysno::mkdir, &[Name, Near(MODE)]),
    (Sysno::unlinkat, &[One(&[-100]), Name, Near(&[0, 0x200])]),
    (Sysno::unlinkat, &[Fd, Name, Near(&[0, 0x200])]),
    (
        Sysno::renameat2,
        &[One(&[-100]), Name, One(&[-100]), Name, Near(&[0, 1, 2])],
    ),
    (
        Sysno::linkat,
        &[One(&[-100]), Name, One(&[-100]), Name, Near(&[0, 0x400])],
    ),
    (Sysno::symlinkat, &[Name, One(&[-100]), Name]),
    (Sysno::readlinkat, &[One(&[-100]), Name, To, Length]),
    (Sysno::fchmodat, &[One(&[-100]), Name, Near(MODE)]),
    (Sysno::faccessat, &[One(&[-100]), Name, Near(&[0, 1, 2, 4])]),
    (
        Sysno::statx,
        &[
            One(&[-100]),
            Name,
            Near(&[0, 0x100, 0x1000]),
            Near(&[0xFFF]),
            Sink,
        ],
    ),
    (Sysno::fstat, &[Fd, Sink]),
    (Sysno::getdents64, &[Fd, Sink, One(&[0, 8, 24, 200, 4096])]),
    (Sysno::getcwd, &[To, Length]),
    (Sysno::clock_gettime, &[Near(&[0, 1, 77]), Sink]),
    (Sysno::uname, &[To]),
    (Sysno::getpid, &[]),
    (Sysno::getppid, &[]),
    (Sysno::gettid, &[]),
    (Sysno::getuid, &[]),
    (Sysno::umask, &[Near(MODE)]),
    (
        Sysno::rt_sigprocmask,
        &[One(&[0]), One(ZERO), To, Near(&[8, 0])],
    ),
    (Sysno::kill, &[One(ZERO), One(ZERO)]),
    (Sysno::prctl, &[One(&[16]), To]),
    (Sysno::sched_yield, &[]),
    // Handed back by the kernel.
    (Sysno::restart_syscall, &[]),
    (Sysno::prctl, &[One(&[22]), One(&[77])]),
    (Sysno::seccomp, &[One(&[2]), One(ZERO), From]),
    (Sysno::ioctl, &[One(&[-1]), One(&[0xC501]), From]),
    // Unknown to every kernel.
    #[cfg(target_arch = "x86_64")]
    (Sysno::uselib, &[Name]),
];

/// Numbers without a name.
pub(super) const NUMBERS: &[i32] = &[471, 1000, 0x4000_0000, 0x7FFF_FFFF];

/// Those of them that end early, or with another result, if a signal comes while
/// they are made.
pub(super) const INTERRUPTIBLE: &[Sysno] = &[
    Sysno::copy_file_range,
    Sysno::fallocate,
    Sysno::getdents64,
    #[cfg(target_arch = "x86_64")]
    Sysno::poll,
    Sysno::sendfile,
];
