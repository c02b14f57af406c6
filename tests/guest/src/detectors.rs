//! The detectors of a kernel that looks for mistakes, as far as they have to be
//! asked: `kmemleak`, which reports what nobody refers to any more, and lockdep,
//! which switches itself off when it has something to report or not enough room.
//!
//! What the others find is in the kernel's log.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use rustix::mount::{MountFlags, mount};

const DEBUG: &str = "/sys/kernel/debug";
const LEAKS: &str = "/sys/kernel/debug/kmemleak";
const LOCKS: &str = "/proc/lockdep_stats";

/// `mm/kmemleak.c`, `MSECS_MIN_AGE`: what is younger than five seconds is not
/// reported, for its address may still be on its way to where it is kept.
const AGE: Duration = Duration::from_secs(6);

/// The same, `update_checksum()`: what has changed since the scan before, as all has
/// at the first, is not reported either.
const SCANS: u32 = 2;

/// Makes sure that the detectors are at work.
///
/// # Errors
/// When one is not.
pub(crate) fn begin() -> Result<()> {
    if !Path::new(LEAKS).exists() {
        mount("debugfs", DEBUG, "debugfs", MountFlags::empty(), c"")
            .with_context(|| format!("can't mount debugfs on {DEBUG}"))?;
    }
    locks()?;
    // There is nothing to be switched off, but it is refused by one that has
    // stopped.
    ask("scan=off")
}

/// Fails on what the detectors have found by now, and if they are not at work.
///
/// # Errors
/// Then; both if both are so.
pub(crate) fn end() -> Result<()> {
    match (leaks(), locks()) {
        (Err(leaks), Err(locks)) => bail!("{leaks:#}\n{locks:#}"),
        (leaks, locks) => leaks.and(locks),
    }
}

fn leaks() -> Result<()> {
    let read = || std::fs::read_to_string(LEAKS).with_context(|| format!("can't read {LEAKS}"));
    std::thread::sleep(AGE);
    for _ in 0..SCANS {
        ask("scan")?;
    }
    let mut found = read()?;
    if !found.is_empty() {
        // What a look at the wrong moment misses is there at the next.
        std::thread::sleep(AGE);
        ask("scan")?;
        found = read()?;
    }
    ensure!(
        found.is_empty(),
        "nobody refers to memory that was not freed:\n{found}"
    );
    Ok(())
}

fn ask(order: &str) -> Result<()> {
    std::fs::write(LEAKS, order).with_context(|| format!("kmemleak does not {order}"))
}

/// Whether lockdep is at work.
fn locks() -> Result<()> {
    let text = std::fs::read_to_string(LOCKS).with_context(|| format!("can't read {LOCKS}"))?;
    let line = text.lines().find(|line| line.contains("debug_locks:"));
    let line = line.with_context(|| format!("{LOCKS} does not say whether lockdep is on"))?;
    ensure!(
        line.split_whitespace().last() == Some("1"),
        "lockdep has switched itself off"
    );
    Ok(())
}
