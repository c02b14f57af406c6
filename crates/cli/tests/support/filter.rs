//! Commands under a seccomp filter.
#![expect(unsafe_code, reason = "a filter is installed between fork and exec")]

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch};

/// Has a command run under a filter that answers a system call with an errno.
pub(crate) fn forbid(command: &mut Command, call: i64, errno: u32) {
    let architecture = TargetArch::try_from(std::env::consts::ARCH).unwrap();
    let filter = SeccompFilter::new(
        [(call, Vec::new())].into(),
        SeccompAction::Allow,
        SeccompAction::Errno(errno),
        architecture,
    );
    let program: BpfProgram = filter.unwrap().try_into().unwrap();
    let install =
        move || seccompiler::apply_filter(&program).map_err(|_| std::io::Error::last_os_error());
    // SAFETY: installing a filter is two system calls, which allocate nothing
    // and take no lock.
    unsafe { command.pre_exec(install) };
}
