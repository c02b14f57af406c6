//! Numbers of the calls that are not only passed on
//! (`arch/x86/entry/syscalls/syscall_64.tbl`).

pub(crate) const READ: u32 = 0;
pub(crate) const WRITE: u32 = 1;
pub(crate) const OPEN: u32 = 2;
pub(crate) const CLOSE: u32 = 3;
pub(crate) const FSTAT: u32 = 5;
pub(crate) const MMAP: u32 = 9;
pub(crate) const MPROTECT: u32 = 10;
pub(crate) const MUNMAP: u32 = 11;
pub(crate) const RT_SIGACTION: u32 = 13;
pub(crate) const RT_SIGPROCMASK: u32 = 14;
pub(crate) const RT_SIGRETURN: u32 = 15;
pub(crate) const IOCTL: u32 = 16;
pub(crate) const PREAD64: u32 = 17;
pub(crate) const DUP: u32 = 32;
pub(crate) const DUP2: u32 = 33;
pub(crate) const GETPID: u32 = 39;
pub(crate) const CLONE: u32 = 56;
pub(crate) const FORK: u32 = 57;
pub(crate) const VFORK: u32 = 58;
pub(crate) const EXECVE: u32 = 59;
pub(crate) const EXIT: u32 = 60;
pub(crate) const KILL: u32 = 62;
pub(crate) const FCNTL: u32 = 72;
pub(crate) const READLINK: u32 = 89;
pub(crate) const SIGALTSTACK: u32 = 131;
pub(crate) const RT_SIGSUSPEND: u32 = 130;
pub(crate) const PERSONALITY: u32 = 135;
pub(crate) const PRCTL: u32 = 157;
pub(crate) const GETTID: u32 = 186;
pub(crate) const TKILL: u32 = 200;
pub(crate) const RESTART_SYSCALL: u32 = 219;
pub(crate) const EXIT_GROUP: u32 = 231;
pub(crate) const OPENAT: u32 = 257;
pub(crate) const NEWFSTATAT: u32 = 262;
pub(crate) const READLINKAT: u32 = 267;
pub(crate) const PSELECT6: u32 = 270;
pub(crate) const PPOLL: u32 = 271;
pub(crate) const EPOLL_PWAIT: u32 = 281;
pub(crate) const DUP3: u32 = 292;
pub(crate) const PIPE2: u32 = 293;
pub(crate) const PRLIMIT64: u32 = 302;
pub(crate) const PROCESS_VM_READV: u32 = 310;
pub(crate) const PROCESS_VM_WRITEV: u32 = 311;
pub(crate) const SECCOMP: u32 = 317;
pub(crate) const GETRANDOM: u32 = 318;
pub(crate) const EXECVEAT: u32 = 322;
pub(crate) const IO_PGETEVENTS: u32 = 333;
pub(crate) const CLONE3: u32 = 435;
pub(crate) const CLOSE_RANGE: u32 = 436;
pub(crate) const FACCESSAT2: u32 = 439;
pub(crate) const EPOLL_PWAIT2: u32 = 441;

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_are_those_of_the_c_library() {
        macro_rules! same {
            ($($name:ident = $libc:ident),* $(,)?) => {
                $(assert_eq!(i64::from(super::$name), libc::$libc);)*
            };
        }
        same!(
            READ = SYS_read,
            WRITE = SYS_write,
            OPEN = SYS_open,
            CLOSE = SYS_close,
            FSTAT = SYS_fstat,
            MMAP = SYS_mmap,
            MPROTECT = SYS_mprotect,
            MUNMAP = SYS_munmap,
            RT_SIGACTION = SYS_rt_sigaction,
            RT_SIGPROCMASK = SYS_rt_sigprocmask,
            RT_SIGRETURN = SYS_rt_sigreturn,
            IOCTL = SYS_ioctl,
            PREAD64 = SYS_pread64,
            DUP = SYS_dup,
            DUP2 = SYS_dup2,
            GETPID = SYS_getpid,
            CLONE = SYS_clone,
            FORK = SYS_fork,
            VFORK = SYS_vfork,
            EXECVE = SYS_execve,
            EXIT = SYS_exit,
            KILL = SYS_kill,
            FCNTL = SYS_fcntl,
            READLINK = SYS_readlink,
            SIGALTSTACK = SYS_sigaltstack,
            RT_SIGSUSPEND = SYS_rt_sigsuspend,
            PERSONALITY = SYS_personality,
            PRCTL = SYS_prctl,
            GETTID = SYS_gettid,
            TKILL = SYS_tkill,
            RESTART_SYSCALL = SYS_restart_syscall,
            EXIT_GROUP = SYS_exit_group,
            OPENAT = SYS_openat,
            NEWFSTATAT = SYS_newfstatat,
            PSELECT6 = SYS_pselect6,
            PPOLL = SYS_ppoll,
            EPOLL_PWAIT = SYS_epoll_pwait,
            DUP3 = SYS_dup3,
            PIPE2 = SYS_pipe2,
            READLINKAT = SYS_readlinkat,
            PRLIMIT64 = SYS_prlimit64,
            PROCESS_VM_READV = SYS_process_vm_readv,
            PROCESS_VM_WRITEV = SYS_process_vm_writev,
            SECCOMP = SYS_seccomp,
            GETRANDOM = SYS_getrandom,
            EXECVEAT = SYS_execveat,
            CLONE3 = SYS_clone3,
            CLOSE_RANGE = SYS_close_range,
            FACCESSAT2 = SYS_faccessat2,
            EPOLL_PWAIT2 = SYS_epoll_pwait2,
        );
        // The crate has no name for io_pgetevents(2).
        assert_eq!(super::IO_PGETEVENTS, 333);
    }
}
