//! Numbers of x86-64 system calls (`arch/x86/entry/syscalls/syscall_64.tbl`).

pub(super) const IOCTL: u32 = 16;
pub(super) const PRCTL: u32 = 157;
pub(super) const ARCH_PRCTL: u32 = 158;

/// The numbers that were read: those of Linux 7.3, of which 337 to 423 are
/// none.
pub(super) const fn is_reviewed(number: u32) -> bool {
    matches!(number, 0..=336 | 424..=472)
}

/// Whether a call is never made in a batch, whatever its arguments.
pub(super) const fn is_never_made(number: u32) -> bool {
    const RT_SIGRETURN: u32 = 15;
    const CLONE: u32 = 56;
    const FORK: u32 = 57;
    const VFORK: u32 = 58;
    const EXECVE: u32 = 59;
    const EXIT: u32 = 60;
    const REBOOT: u32 = 169;
    const RESTART_SYSCALL: u32 = 219;
    const EXIT_GROUP: u32 = 231;
    const SECCOMP: u32 = 317;
    const EXECVEAT: u32 = 322;
    const URETPROBE: u32 = 335;
    const UPROBE: u32 = 336;
    const CLONE3: u32 = 435;
    // Its result is what the entry of this very call has noted.
    const RSEQ_SLICE_YIELD: u32 = 471;
    matches!(
        number,
        RT_SIGRETURN
            | CLONE
            | FORK
            | VFORK
            | EXECVE
            | EXIT
            | REBOOT
            | RESTART_SYSCALL
            | EXIT_GROUP
            | SECCOMP
            | EXECVEAT
            | URETPROBE
            | UPROBE
            | CLONE3
            | RSEQ_SLICE_YIELD
    )
}
