//! Numbers of aarch64 and of the other architectures with the common table
//! (`include/uapi/asm-generic/unistd.h`).

pub(super) const IOCTL: u32 = 29;
pub(super) const PRCTL: u32 = 167;
/// There is none.
pub(super) const ARCH_PRCTL: u32 = u32::MAX;

/// The numbers that were read: those of Linux 6.12, of which 295 to 423 are
/// those of 32-bit tasks, or none.
pub(super) const fn is_reviewed(number: u32) -> bool {
    matches!(number, 0..=294 | 424..=462)
}

/// Whether a call is never made in a batch, whatever its arguments.
pub(super) const fn is_never_made(number: u32) -> bool {
    const EXIT: u32 = 93;
    const EXIT_GROUP: u32 = 94;
    const RESTART_SYSCALL: u32 = 128;
    const RT_SIGRETURN: u32 = 139;
    const REBOOT: u32 = 142;
    const CLONE: u32 = 220;
    const EXECVE: u32 = 221;
    const SECCOMP: u32 = 277;
    const EXECVEAT: u32 = 281;
    const CLONE3: u32 = 435;
    matches!(
        number,
        EXIT | EXIT_GROUP
            | RESTART_SYSCALL
            | RT_SIGRETURN
            | REBOOT
            | CLONE
            | EXECVE
            | SECCOMP
            | EXECVEAT
            | CLONE3
    )
}
