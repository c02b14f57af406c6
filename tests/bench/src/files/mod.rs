//! Files that are opened, read and closed: by plain calls, and in each of the ways
//! that need not wait for one before the next is begun.
//!
//! ```text
//!  measure ── plain calls, then a way, on the same files
//!    ├─ plain ── call after call
//!    ├─ syslets ── async_exec, a syslet for each file
//!    ├─ asys ── a list of opens, one of reads, one of closes
//!    ├─ ring ── a list of batches
//!    └─ uring ── linked operations of io_uring
//! ```

mod asys;
mod mounted;
mod plain;
mod requests;
mod ring;
mod syslets;
mod uring;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use clap::ValueEnum;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::Serialize;
use sysbatch::Backend;

use crate::clock::{median, now};
pub(crate) use mounted::Mounted;
use plain::Plain;
use requests::Requests;

/// Bytes that are read of a file, which is all of it.
pub(crate) const SIZE: usize = 4096;
/// Files that are in a directory.
const IN_EACH: usize = 40;
/// Descriptors beside those of the files.
const DESCRIPTORS: u64 = 64;

/// How the files are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Way {
    /// `async_exec` for each file.
    Syslets,
    /// The same with `SYSLET_SYNC`: a batch for each file, on the caller's thread.
    SyncSyslets,
    /// `asys_submit` of all opens, then of all reads, then of all closes.
    Asys,
    /// A batch for each file, all submitted to a ring.
    Ring,
    /// Three linked operations for each file, all submitted to `io_uring`.
    IoUring,
}

/// What reading all files took, for each of them.
#[derive(Debug, Serialize)]
pub(crate) struct Measured {
    way: Way,
    /// Where batches ran: `kernel` or `user`.
    backend: &'static str,
    filesystem: String,
    files: usize,
    /// Whether they were in no cache.
    uncached: bool,
    /// Plain calls one after another, nanoseconds: median.
    plain: f64,
    /// The way, nanoseconds: median, least, and most.
    took: f64,
    least: f64,
    most: f64,
    /// How many files were not read on the submitting thread, if that is known.
    elsewhere: Option<usize>,
}

/// Something that reads all files.
trait Reads {
    /// Reads them.
    fn read(&mut self) -> anyhow::Result<()>;
    /// Sees that they were read, and makes ready for the next time; how many were
    /// not read on this thread.
    fn check(&mut self) -> anyhow::Result<Option<usize>>;
}

/// Makes `count` files below a folder.
///
/// # Errors
/// When one can't be written.
pub(crate) fn make(folder: &Path, count: usize) -> anyhow::Result<()> {
    for number in 0..count {
        let file = path(folder, number);
        let inner = file.parent().unwrap_or(folder);
        std::fs::create_dir_all(inner)
            .and_then(|()| std::fs::write(&file, requests::contents(number)))
            .with_context(|| format!("can't write {}", file.display()))?;
    }
    Ok(())
}

/// Reads the files `first` to `first + count` of a folder by plain calls, and in
/// a way.
///
/// Plain calls come first: a process with threads shares its descriptors among
/// them, which makes each call on one dearer.
///
/// # Errors
/// When a file can't be read.
pub(crate) fn measure(
    folder: &Path,
    count: usize,
    way: Way,
    rounds: u32,
    uncached: bool,
) -> anyhow::Result<Measured> {
    allow_descriptors(count as u64 + DESCRIPTORS)?;
    let paths = paths(folder, count)?;
    let mounted = uncached.then(|| Mounted::find(folder)).transpose()?;
    let backend = Backend::select()?.kind().name();
    let mut plain = Plain::new(Requests::new(&paths)?);
    let (alone, _) = samples(&mut plain, rounds, mounted.as_ref())?;
    drop(plain);
    let mut reads: Box<dyn Reads> = match way {
        Way::Syslets => Box::new(syslets::Syslets::new(&paths, 0)?),
        Way::SyncSyslets => Box::new(syslets::Syslets::new(&paths, sysbatch::abi::SYSLET_SYNC)?),
        Way::Asys => Box::new(asys::Lists::new(Requests::new(&paths)?)),
        Way::Ring => Box::new(ring::Batches::new(&paths)?),
        Way::IoUring => Box::new(uring::Linked::new(Requests::new(&paths)?)?),
    };
    let (mut took, elsewhere) = samples(&mut *reads, rounds, mounted.as_ref())?;
    let each = |sample: f64| sample / count as f64;
    Ok(Measured {
        way,
        backend,
        filesystem: filesystem(folder)?,
        files: count,
        uncached,
        plain: each(median(&mut { alone })),
        took: each(median(&mut took)),
        least: each(took.first().copied().unwrap_or(f64::NAN)),
        most: each(took.last().copied().unwrap_or(f64::NAN)),
        elsewhere,
    })
}

/// What each round took, after one that is not measured.
fn samples(
    reads: &mut dyn Reads,
    rounds: u32,
    mounted: Option<&Mounted>,
) -> anyhow::Result<(Vec<f64>, Option<usize>)> {
    let mut samples = Vec::new();
    let mut elsewhere = None;
    for round in 0..=rounds {
        if let Some(mounted) = mounted {
            mounted.forget()?;
        }
        let begin = now();
        reads.read()?;
        let took = now() - begin;
        elsewhere = reads.check()?;
        if round > 0 {
            samples.push(took);
        }
    }
    Ok((samples, elsewhere))
}

/// The file with a number.
fn path(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("{:02}/{number:04}", number / IN_EACH))
}

/// The files, in an order that is the same each time and that of no disk.
fn paths(folder: &Path, count: usize) -> anyhow::Result<Vec<(usize, PathBuf)>> {
    let mut paths = Vec::new();
    for number in 0..count {
        // A prime that divides no number of files there is.
        let number = (number * 7919) % count;
        // Alone at the end of a path, or among others.
        let apart = folder.join(format!("{number:04}/a/b/c/d/file"));
        let path = if apart.exists() {
            apart
        } else {
            path(folder, number)
        };
        paths.push((number, path));
    }
    ensure!(!paths.is_empty(), "no files are no measure");
    Ok(paths)
}

/// Has as many descriptors as this allowed.
fn allow_descriptors(wanted: u64) -> anyhow::Result<()> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= wanted) {
        return Ok(());
    }
    let limit = Rlimit {
        current: Some(wanted),
        maximum: maximum.map(|maximum| maximum.max(wanted)),
    };
    setrlimit(Resource::Nofile, limit)
        .with_context(|| format!("it takes {wanted} descriptors, which ulimit -n forbids"))
}

/// What a file system is called, or its magic number (statfs(2)).
fn filesystem(folder: &Path) -> anyhow::Result<String> {
    Ok(match rustix::fs::statfs(folder)?.f_type {
        0xEF53 => "ext4".to_owned(),
        0x0102_1994 => "tmpfs".to_owned(),
        0x794C_7630 => "overlayfs".to_owned(),
        other => format!("{other:#x}"),
    })
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::{Way, make, measure};

    #[test]
    fn every_way_reads_all_files() {
        let folder = tempfile::tempdir().expect("there is a place");
        make(folder.path(), 70).expect("they can be made");
        for &way in Way::value_variants() {
            let measured = match measure(folder.path(), 70, way, 1, false) {
                // Containers often have no io_uring.
                Err(error) if way == Way::IoUring => {
                    assert!(format!("{error:#}").contains("io_uring"), "{error:#}");
                    continue;
                }
                measured => measured.expect("they can be read"),
            };
            assert!(measured.took > 0.0 && measured.plain > 0.0, "{measured:?}");
        }
    }

    #[test]
    fn what_is_not_read_is_told() {
        let folder = tempfile::tempdir().expect("there is a place");
        make(folder.path(), 3).expect("they can be made");
        std::fs::write(folder.path().join("00/0001"), "short").expect("it can be written");
        for &way in Way::value_variants() {
            let error = measure(folder.path(), 3, way, 1, false).expect_err("one is short");
            assert!(format!("{error:#}").contains("0001"), "{error:#}");
        }
    }
}
