//! Sets of constants that an argument may be made of.

use crate::constants;

/// The constants of one argument: one of some values in some of its bits,
/// and flags in the others.
#[derive(Clone, Copy, Debug)]
pub struct Set {
    /// The bits that hold one of [`choices`](Self::choices).
    mask: u64,
    choices: &'static [&'static str],
    /// Flags; those that contain others come first.
    flags: &'static [&'static str],
}

impl Set {
    const fn flags(flags: &'static [&'static str]) -> Self {
        Self {
            mask: 0,
            choices: &[],
            flags,
        }
    }

    const fn choices(choices: &'static [&'static str]) -> Self {
        Self {
            mask: u64::MAX,
            choices,
            flags: &[],
        }
    }

    /// The names in the set.
    #[cfg(test)]
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.choices.iter().chain(self.flags).copied()
    }

    /// A value in terms of the constants, what is left over in hexadecimal.
    #[must_use]
    pub fn text(&self, value: u64) -> String {
        let mut parts: Vec<String> = Vec::new();
        let choice = value & self.mask;
        let mut rest = value & !self.mask;
        let known = |name: &&&str| constants::value(name) == Some(choice);
        match self.choices.iter().find(known) {
            Some(name) => parts.push((*name).into()),
            None => rest |= choice,
        }
        for name in self.flags {
            let flag = constants::value(name).unwrap_or(0);
            if flag != 0 && rest & flag == flag {
                parts.push((*name).into());
                rest &= !flag;
            }
        }
        if rest != 0 {
            parts.push(format!("{rest:#x}"));
        }
        if parts.is_empty() {
            parts.push("0".into());
        }
        parts.join("|")
    }
}

pub(super) static OPEN: Set = Set {
    mask: libc::O_ACCMODE as u64,
    choices: &["O_RDONLY", "O_WRONLY", "O_RDWR"],
    flags: &[
        "O_CREAT",
        "O_EXCL",
        "O_NOCTTY",
        "O_TRUNC",
        "O_APPEND",
        "O_NONBLOCK",
        "O_SYNC",
        "O_DSYNC",
        "O_ASYNC",
        "O_DIRECT",
        "O_TMPFILE",
        "O_DIRECTORY",
        "O_NOFOLLOW",
        "O_NOATIME",
        "O_CLOEXEC",
        "O_PATH",
    ],
};
pub(super) static AT: Set = Set::flags(&[
    "AT_SYMLINK_NOFOLLOW",
    "AT_SYMLINK_FOLLOW",
    "AT_NO_AUTOMOUNT",
    "AT_EMPTY_PATH",
    "AT_STATX_FORCE_SYNC",
    "AT_STATX_DONT_SYNC",
    "AT_RECURSIVE",
]);
pub(super) static UNLINK: Set = Set::flags(&["AT_REMOVEDIR"]);
pub(super) static STATX: Set = Set::flags(&[
    "STATX_ALL",
    "STATX_BASIC_STATS",
    "STATX_TYPE",
    "STATX_MODE",
    "STATX_NLINK",
    "STATX_UID",
    "STATX_GID",
    "STATX_ATIME",
    "STATX_MTIME",
    "STATX_CTIME",
    "STATX_INO",
    "STATX_SIZE",
    "STATX_BLOCKS",
    "STATX_BTIME",
    "STATX_MNT_ID",
    "STATX_DIOALIGN",
]);
pub(super) static ACCESS: Set = Set {
    mask: u64::MAX,
    choices: &["F_OK"],
    flags: &["R_OK", "W_OK", "X_OK"],
};
pub(super) static SEEK: Set =
    Set::choices(&["SEEK_SET", "SEEK_CUR", "SEEK_END", "SEEK_DATA", "SEEK_HOLE"]);
pub(super) static RENAME: Set =
    Set::flags(&["RENAME_NOREPLACE", "RENAME_EXCHANGE", "RENAME_WHITEOUT"]);
pub(super) static DESCRIPTOR_COMMAND: Set = Set::choices(&[
    "F_DUPFD",
    "F_DUPFD_CLOEXEC",
    "F_GETFD",
    "F_SETFD",
    "F_GETFL",
    "F_SETFL",
    "F_GETLK",
    "F_SETLK",
    "F_SETLKW",
    "F_GETPIPE_SZ",
    "F_SETPIPE_SZ",
    "F_ADD_SEALS",
    "F_GET_SEALS",
]);
pub(super) static PIPE: Set = Set::flags(&["O_NONBLOCK", "O_DIRECT", "O_CLOEXEC"]);
pub(super) static READ_WRITE: Set = Set::flags(&[
    "RWF_HIPRI",
    "RWF_DSYNC",
    "RWF_SYNC",
    "RWF_NOWAIT",
    "RWF_APPEND",
]);
pub(super) static MEMFD: Set = Set::flags(&["MFD_CLOEXEC", "MFD_ALLOW_SEALING"]);
pub(super) static PROTECTION: Set = Set {
    mask: u64::MAX,
    choices: &["PROT_NONE"],
    flags: &["PROT_READ", "PROT_WRITE", "PROT_EXEC"],
};
pub(super) static MAP: Set = Set {
    mask: 3,
    choices: &["MAP_SHARED", "MAP_PRIVATE", "MAP_SHARED_VALIDATE"],
    flags: &[
        "MAP_FIXED",
        "MAP_FIXED_NOREPLACE",
        "MAP_ANONYMOUS",
        "MAP_GROWSDOWN",
        "MAP_HUGETLB",
        "MAP_LOCKED",
        "MAP_NONBLOCK",
        "MAP_NORESERVE",
        "MAP_POPULATE",
        "MAP_STACK",
        "MAP_SYNC",
    ],
};
pub(super) static ADVICE: Set = Set::choices(&[
    "MADV_NORMAL",
    "MADV_RANDOM",
    "MADV_SEQUENTIAL",
    "MADV_WILLNEED",
    "MADV_DONTNEED",
    "MADV_FREE",
    "MADV_COLD",
    "MADV_PAGEOUT",
    "MADV_POPULATE_READ",
    "MADV_POPULATE_WRITE",
]);
pub(super) static FAMILY: Set = Set::choices(&[
    "AF_UNSPEC",
    "AF_UNIX",
    "AF_INET",
    "AF_INET6",
    "AF_NETLINK",
    "AF_PACKET",
    "AF_VSOCK",
]);
pub(super) static SOCKET: Set = Set {
    mask: 0xf,
    choices: &["SOCK_STREAM", "SOCK_DGRAM", "SOCK_RAW", "SOCK_SEQPACKET"],
    flags: &["SOCK_NONBLOCK", "SOCK_CLOEXEC"],
};
pub(super) static ACCEPT: Set = Set::flags(&["SOCK_NONBLOCK", "SOCK_CLOEXEC"]);
pub(super) static MESSAGE: Set = Set::flags(&[
    "MSG_OOB",
    "MSG_PEEK",
    "MSG_DONTROUTE",
    "MSG_CTRUNC",
    "MSG_TRUNC",
    "MSG_DONTWAIT",
    "MSG_EOR",
    "MSG_WAITALL",
    "MSG_CONFIRM",
    "MSG_ERRQUEUE",
    "MSG_NOSIGNAL",
    "MSG_MORE",
    "MSG_CMSG_CLOEXEC",
]);
pub(super) static SHUTDOWN: Set = Set::choices(&["SHUT_RD", "SHUT_WR", "SHUT_RDWR"]);
pub(super) static LEVEL: Set =
    Set::choices(&["SOL_SOCKET", "SOL_IP", "SOL_IPV6", "SOL_TCP", "SOL_UDP"]);
pub(super) static EPOLL: Set = Set::flags(&["EPOLL_CLOEXEC"]);
pub(super) static EPOLL_COMMAND: Set =
    Set::choices(&["EPOLL_CTL_ADD", "EPOLL_CTL_MOD", "EPOLL_CTL_DEL"]);
pub(super) static EVENTFD: Set = Set::flags(&["EFD_CLOEXEC", "EFD_NONBLOCK", "EFD_SEMAPHORE"]);
pub(super) static CLOCK: Set = Set::choices(&[
    "CLOCK_REALTIME",
    "CLOCK_MONOTONIC",
    "CLOCK_PROCESS_CPUTIME_ID",
    "CLOCK_THREAD_CPUTIME_ID",
    "CLOCK_MONOTONIC_RAW",
    "CLOCK_REALTIME_COARSE",
    "CLOCK_MONOTONIC_COARSE",
    "CLOCK_BOOTTIME",
    "CLOCK_TAI",
]);
pub(super) static TIMER: Set = Set::flags(&["TIMER_ABSTIME"]);
pub(super) static RANDOM: Set = Set::flags(&["GRND_NONBLOCK", "GRND_RANDOM", "GRND_INSECURE"]);
pub(super) static SIGNAL: Set = Set::choices(&[
    "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL",
    "SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGCHLD", "SIGCONT",
    "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGWINCH", "SIGIO", "SIGSYS",
]);
pub(super) static SIGNAL_MASK: Set = Set::choices(&["SIG_BLOCK", "SIG_UNBLOCK", "SIG_SETMASK"]);
