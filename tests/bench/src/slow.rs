//! A disk in memory that takes a while for each request: the kernel's null block
//! device with memory behind it (`Documentation/block/null_blk.rst`).

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use rustix::mount::{MountFlags, mount};
use serde::Serialize;

use crate::files::Mounted;

const CONFIGURATION: &str = "/sys/kernel/config";
/// One more than the device that is there anyway.
const NAME: &str = "nullb1";
/// Requests that it takes at a time, none of which waits for another.
const DEPTH: u32 = 256;
const MEBIBYTE: u64 = 1 << 20;

/// What was made.
#[derive(Debug, Serialize)]
pub(crate) struct Made {
    device: PathBuf,
    directory: PathBuf,
}

/// Makes one that takes `nanoseconds` for a request, with a copy of `image`, and
/// mounts it.
///
/// # Errors
/// When the kernel has no such device, or something can't be written.
pub(crate) fn make(image: &Path, nanoseconds: u64, directory: &Path) -> anyhow::Result<Made> {
    mount(
        "configfs",
        CONFIGURATION,
        "configfs",
        MountFlags::empty(),
        c"",
    )
    .context("can't mount configfs")?;
    let folder = Path::new(CONFIGURATION).join("nullb").join(NAME);
    fs::create_dir(&folder).with_context(|| format!("can't create {}", folder.display()))?;
    let bytes = fs::read(image).with_context(|| format!("can't read {}", image.display()))?;
    for (attribute, value) in [
        ("size", (bytes.len() as u64).div_ceil(MEBIBYTE)),
        ("memory_backed", 1),
        // Requests complete by a timer.
        ("irqmode", 2),
        ("completion_nsec", nanoseconds),
        ("hw_queue_depth", DEPTH.into()),
        ("power", 1),
    ] {
        let attribute = folder.join(attribute);
        fs::write(&attribute, value.to_string())
            .with_context(|| format!("can't write to {}", attribute.display()))?;
    }
    let device = Path::new("/dev").join(NAME);
    let written = OpenOptions::new()
        .write(true)
        .open(&device)
        .and_then(|mut open| open.write_all(&bytes).and_then(|()| open.sync_all()));
    written.with_context(|| format!("can't write to {}", device.display()))?;
    ensure!(
        fs::read(&device)?.starts_with(&bytes),
        "{} does not keep what is written to it",
        device.display()
    );
    Mounted::new(device.clone(), directory)?;
    Ok(Made {
        device,
        directory: directory.to_owned(),
    })
}
