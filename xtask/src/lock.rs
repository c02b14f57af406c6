//! One writer at a time for a folder that several runs share.

use std::fs::File;
use std::path::Path;

use anyhow::{Context as _, Result};
use rustix::fs::{FlockOperation, flock};

/// Held as long as the value lives.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "open as long as the lock is held")] File);

/// Creates `folder` and waits until no other process holds its lock.
///
/// # Errors
/// When the folder or the lock file in it can't be made.
pub(crate) fn lock(folder: &Path) -> Result<Lock> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("can't create {}", folder.display()))?;
    let path = folder.join(".lock");
    let file = File::create(&path).with_context(|| format!("can't create {}", path.display()))?;
    flock(&file, FlockOperation::LockExclusive)
        .with_context(|| format!("can't lock {}", path.display()))?;
    Ok(Lock(file))
}
