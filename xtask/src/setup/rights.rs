//! Doing things with the rights of root.

use std::io::IsTerminal as _;
use std::process::{Command, Stdio};

use crate::process::{output_of, path_with_sbin};
use crate::progress::say;

/// How this user becomes root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rights {
    /// By being it.
    Root,
    /// By `sudo`, which needs no password now.
    Sudo,
}

impl Rights {
    /// Those that this user has; on a terminal `sudo` may ask for a password,
    /// having been told what `purpose` it serves.
    pub(super) fn obtain(purpose: &str) -> Option<Self> {
        if rustix::process::geteuid().is_root() {
            return Some(Self::Root);
        }
        if sudo_needs_no_password() {
            return Some(Self::Sudo);
        }
        if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
            return None;
        }
        say(&format!("sudo is asked for the right of {purpose}"));
        let status = Command::new("sudo")
            .arg("--validate")
            .stdout(Stdio::null())
            .status();
        (status.is_ok_and(|status| status.success()) && sudo_needs_no_password())
            .then_some(Self::Sudo)
    }

    /// `program`, to be run by root.
    pub(super) fn command(self, program: &str) -> Command {
        let mut command = match self {
            Self::Root => {
                let mut command = Command::new(program);
                command.env("DEBIAN_FRONTEND", "noninteractive");
                command
            }
            Self::Sudo => {
                let mut command = Command::new("sudo");
                command.args(["--non-interactive", program]);
                command
            }
        };
        // A root by `su` may lack them, and dpkg wants them.
        command.env("PATH", path_with_sbin());
        command
    }
}

fn sudo_needs_no_password() -> bool {
    output_of(Command::new("sudo").args(["--non-interactive", "true"])).is_ok()
}
