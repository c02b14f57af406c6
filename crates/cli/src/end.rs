//! Waiting for a command, and ending as it did.
#![expect(unsafe_code, reason = "dispositions of signals")]

use std::os::unix::process::ExitStatusExt as _;
use std::process::{ExitCode, ExitStatus};

use rustix::process::{Resource, Rlimit, Signal, getpid, kill_process, setrlimit};

/// Leaves it to the command what an interrupt from the terminal does, as shells do.
pub(crate) fn ignore_interrupts() {
    for signal in [libc::SIGINT, libc::SIGQUIT] {
        // SAFETY: no handler is installed.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
}

/// Ends by the signal that the command ended by, or with its exit status.
pub(crate) fn as_status(status: ExitStatus) -> ExitCode {
    let Some(signal) = status.signal() else {
        return u8::try_from(status.code().unwrap_or(1)).map_or(ExitCode::FAILURE, ExitCode::from);
    };
    // The command has left a core dump, if there is to be one.
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    // Without it there would only be one more.
    let _ = setrlimit(Resource::Core, none);
    // SAFETY: no handler is installed.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
    if let Some(signal) = Signal::from_named_raw(signal) {
        // Comes back only where the signal does not end a process.
        let _ = kill_process(getpid(), signal);
    }
    u8::try_from(128 + signal).map_or(ExitCode::FAILURE, ExitCode::from)
}
