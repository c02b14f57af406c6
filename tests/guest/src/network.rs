//! The network inside the machine, which has no other.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};

/// Brings the loopback interface up. Needs the shell's commands.
///
/// # Errors
/// When `ip` fails.
pub(crate) fn loopback() -> Result<()> {
    let status = Command::new("/bin/ip")
        .args(["link", "set", "lo", "up"])
        .status()
        .context("can't run ip")?;
    ensure!(status.success(), "ip link set lo up ended with {status}");
    Ok(())
}
