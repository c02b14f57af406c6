//! Functions made at random, with `combine` and without: many of them on this machine, and
//! programs of them for the guest.

use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use sysbatch_functions::{Package, check, lists};

use super::tally::Tally;
use crate::progress::{Progress, say};
use crate::{disk, paths};

/// How many are made by somebody who has time.
const MANY: u64 = 10_000;

/// Compares what they do, in user space.
///
/// # Errors
/// When the package that they are compiled in can't be made.
pub(super) fn run() -> Result<Tally> {
    let package = package()?;
    let seed = seed(true)?;
    let progress = Progress::start(format!("{MANY} functions with `combine`, seed {seed}"));
    let compared = check(&package, seed, MANY, &mut |done, totals| {
        say(&format!("{done} functions, no difference in {totals}"));
    });
    Ok(match compared {
        Ok(_) => {
            progress.end("no difference");
            Tally::passed(1)
        }
        Err(error) => {
            progress.end("failed");
            Tally::failure(format!(
                "functions of seed {seed}: {error:#}\n(SYSBATCH_SEED={seed} makes them again)"
            ))
        }
    })
}

/// What they are compiled in, the same as in the tests of the step `host`.
fn package() -> Result<Package> {
    let folder = paths::cargo_target().join("tmp/functions");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    Package::new(&folder, cargo)
}

/// Which functions the guest has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice {
    pub(super) seed: u64,
    pub(super) count: u64,
}

impl Choice {
    /// Those for somebody who has time, or not.
    ///
    /// # Errors
    /// When the environment's seed is none.
    pub(super) fn new(is_long: bool) -> Result<Self> {
        Ok(Self {
            seed: seed(is_long)?,
            count: if is_long { MANY } else { FEW },
        })
    }

    /// What the suite is told.
    pub(super) fn arguments(self) -> [String; 4] {
        let Self { seed, count } = self;
        [
            "--seed".into(),
            seed.to_string(),
            "--count".into(),
            count.to_string(),
        ]
    }
}

/// How many functions the guest has in the ordinary run.
const FEW: u64 = 60;

/// The size of the programs' disk in MiB at most, of which a sparse image has what they take.
const DISK_SIZE: u32 = 512;

/// A disk with the programs, for reading only. Made once in a run.
///
/// # Errors
/// When they can't be compiled.
pub(super) fn disk(choice: Choice) -> Result<PathBuf> {
    static MADE: Mutex<Option<PathBuf>> = Mutex::new(None);
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(image) = &*made {
        return Ok(image.clone());
    }
    let package = package()?;
    let progress = Progress::start(format!(
        "compiling {} functions for the guest",
        choice.count
    ));
    let folder = paths::output().join("disks/functions");
    paths::remove(&folder)?;
    std::fs::create_dir_all(&folder)?;
    let lists = lists(choice.seed, choice.count);
    for (part, lists) in lists.chunks(AT_ONCE).enumerate() {
        for (index, program) in package.build(lists)?.iter().enumerate() {
            let file = folder.join((part * AT_ONCE + index).to_string());
            std::fs::copy(&program.file, &file)
                .with_context(|| format!("can't write {}", file.display()))?;
        }
    }
    progress.end("ok");
    let image = folder.with_extension("ext4");
    disk::make(&image, DISK_SIZE, Some(&folder))?;
    paths::remove(&folder)?;
    *made = Some(image.clone());
    Ok(image)
}

/// How many programs are compiled at a time.
const AT_ONCE: usize = 8;

/// Where random numbers begin: as the environment says, or by the clock, or where they begin
/// in each ordinary run.
fn seed(is_long: bool) -> Result<u64> {
    static CLOCK: OnceLock<u64> = OnceLock::new();
    let name = "SYSBATCH_SEED";
    match std::env::var(name) {
        Ok(text) => text
            .parse()
            .with_context(|| format!("{name} is no number: `{text}`")),
        Err(_) if is_long => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
            Ok(*CLOCK.get_or_init(|| now))
        }
        // Others than on the host.
        Err(_) => Ok(2),
    }
}
