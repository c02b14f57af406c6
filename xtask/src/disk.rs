//! Disk images with an ext4 file system, made without any right of root.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::kernel::Kernel;
use crate::{lock, paths, process};

const LIMIT: Duration = Duration::from_secs(5 * 60);

/// A disk that holds the kernel's common headers, some ten thousand files in
/// a thousand directories. Made once for each kernel, and for reading only.
///
/// # Errors
/// When it can't be made.
pub(crate) fn headers(kernel: &Kernel) -> Result<PathBuf> {
    let folder = folder();
    let _lock = lock::lock(&folder)?;
    let image = folder.join(format!("headers-{}.ext4", kernel.release));
    if !image.exists() {
        // Not under its own name until it is whole.
        let unfinished = image.with_extension("unfinished");
        make(&unfinished, 256, Some(&kernel.folder.join("usr/src")))?;
        std::fs::rename(&unfinished, &image)
            .with_context(|| format!("can't make {}", image.display()))?;
    }
    Ok(image)
}

/// A disk with 64 files of 8 KiB, each at the end of a path of directories of
/// its own, so that most of what is read for one file serves no other. Made
/// once, and for reading only.
///
/// # Errors
/// When it can't be made.
pub(crate) fn apart() -> Result<PathBuf> {
    let folder = folder();
    let _lock = lock::lock(&folder)?;
    let image = folder.join("apart.ext4");
    if !image.exists() {
        let contents = folder.join("apart");
        for number in 0..64_u32 {
            let inner = contents.join(format!("{number:02}/a/b/c/d"));
            std::fs::create_dir_all(&inner)
                .with_context(|| format!("can't create {}", inner.display()))?;
            let lines = (0..1024).map(|line| format!("{number:02}.{line:04}\n"));
            std::fs::write(inner.join("file"), lines.collect::<String>())
                .with_context(|| format!("can't write to {}", inner.display()))?;
        }
        let unfinished = image.with_extension("unfinished");
        make(&unfinished, 64, Some(&contents))?;
        std::fs::rename(&unfinished, &image)
            .with_context(|| format!("can't make {}", image.display()))?;
    }
    Ok(image)
}

/// A disk with 1,000 files of 4 KiB in directories of 40 below `files`, and with 64
/// below `apart`, each at the end of a path of its own. Made once, and for reading only.
///
/// # Errors
/// When it can't be made.
pub(crate) fn files() -> Result<PathBuf> {
    let folder = folder();
    let _lock = lock::lock(&folder)?;
    let image = folder.join("files.ext4");
    if !image.exists() {
        let contents = folder.join("files");
        let write = |file: &Path, number: u32| {
            let bytes = [b'a' + (number % 26) as u8; 4096];
            std::fs::create_dir_all(file.parent().unwrap_or(file))
                .and_then(|()| std::fs::write(file, bytes))
                .with_context(|| format!("can't write {}", file.display()))
        };
        for number in 0..1000 {
            write(
                &contents.join(format!("files/{:02}/{number:04}", number / 40)),
                number,
            )?;
        }
        for number in 0..64 {
            let inner = format!("apart/{number:04}/a/b/c/d/file");
            write(&contents.join(inner), number)?;
        }
        let unfinished = image.with_extension("unfinished");
        make(&unfinished, 16, Some(&contents))?;
        std::fs::rename(&unfinished, &image)
            .with_context(|| format!("can't make {}", image.display()))?;
    }
    Ok(image)
}

/// A disk that holds a copy of `contents`, made new each time.
///
/// # Errors
/// When it can't be made.
pub(crate) fn tree(name: &str, kernel: &Kernel, contents: &Path) -> Result<PathBuf> {
    let folder = folder();
    let _lock = lock::lock(&folder)?;
    let image = folder.join(format!("{name}-{}.ext4", kernel.release));
    make(&image, 512, Some(contents))?;
    Ok(image)
}

/// A disk of 64 MiB with nothing on it, made new each time.
///
/// # Errors
/// When it can't be made.
pub(crate) fn empty(name: &str, kernel: &Kernel) -> Result<PathBuf> {
    let folder = folder();
    let _lock = lock::lock(&folder)?;
    let image = folder.join(format!("{name}-{}.ext4", kernel.release));
    make(&image, 64, None)?;
    Ok(image)
}

fn folder() -> PathBuf {
    paths::output().join("disks")
}

/// Makes a disk with a copy of `contents`, or with nothing.
///
/// # Errors
/// When it can't be made.
pub(crate) fn make(image: &Path, mebibytes: u32, contents: Option<&Path>) -> Result<()> {
    let name = image
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let mut command = Command::new("mke2fs");
    // Not on the path of everyone but root.
    command.env("PATH", process::path_with_sbin());
    command.args(["-q", "-F", "-t", "ext4"]);
    // Debian 13 has it on, and kernels that are some months old complain of it when
    // the disk is for reading only.
    command.args(["-O", "^orphan_file"]);
    if let Some(contents) = contents {
        command.arg("-d").arg(contents);
    }
    command.arg(image).arg(format!("{mebibytes}M"));
    process::run(
        &format!("making the disk {name}"),
        &format!("disk-{name}"),
        LIMIT,
        &mut command,
    )
    .map(drop)
}
