//! The same command on this machine, which need not have the module.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};

use crate::kernel::Kernel;
use crate::process::output_of;

/// Runs `sysbatch du` and `du` on the kernel's headers and prints both.
///
/// # Errors
/// When one fails or they differ.
pub(super) fn run(command: &Path, kernel: &Kernel) -> Result<()> {
    let tree = kernel.folder.join("usr/src");
    println!("\non this machine, with the backend it has:");
    let batched = Command::new(command)
        .env("BATCH_VERBOSE", "1")
        .args(["du", "--stats", "-s", "-B1"])
        .arg(&tree)
        .output()?;
    print!(
        "{}{}",
        String::from_utf8_lossy(&batched.stderr),
        String::from_utf8_lossy(&batched.stdout)
    );
    ensure!(
        batched.status.success(),
        "sysbatch du ended with {}",
        batched.status
    );
    let coreutils = output_of(Command::new("du").args(["-s", "-B1"]).arg(&tree))?;
    print!("du (coreutils): {coreutils}");
    ensure!(
        coreutils.as_bytes() == batched.stdout,
        "the two totals differ"
    );
    Ok(())
}
