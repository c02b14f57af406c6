//! Asynchronous batches: in a machine with one processor, where the clock counts
//! the instructions of all threads and of the kernel, and of which nothing is lost
//! while something waits.
//!
//! ```text
//!  measure ── a machine with a disk that takes a millisecond for each request
//!    ├─ figures ── what the programs print there
//!    ├─ targets ── what is to be reached of it
//!    └─ report ── tables
//! ```

pub(super) mod figures;
pub(super) mod report;
pub(super) mod targets;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde::de::DeserializeOwned;
use sysbatch_guest::Suite;

use super::Programs;
use super::host::printed;
use crate::kernel::{self, Flavour, Need, Series};
use crate::progress::Progress;
use crate::vm::{self, Accel, GuestFile, Verdict, VmSpec};
use crate::{disk, kmod, paths};

use figures::{Asynchronous, Files};

const PROGRAM: &str = "/bin/sysbatch-bench";
/// The disk's image in the guest, and where it is mounted.
const IMAGE: &str = "/files.ext4";
const DISK: &str = "/disk";
/// Files on tmpfs.
const TMPFS: &str = "/dev/shm/files";
/// Seconds that a suite may take.
const LIMIT: u64 = 300;

/// The ways in which 1,000 files are read, and whether it matters to them where
/// batches run.
const WAYS: &[(&str, bool)] = &[
    ("sync-syslets", true),
    ("syslets", true),
    ("ring", true),
    ("asys", true),
    ("io-uring", false),
];
/// The ways in which something trivial is done.
const TRIVIAL: &[(&str, bool)] = &[
    ("asys", true),
    ("ring", true),
    ("ring-worker", true),
    ("io-uring-async", false),
    ("io-uring", false),
    ("rayon", false),
];

/// Boots a kernel and measures there with `sysbatch-bench`.
///
/// # Errors
/// When something can't be built, or fails in the guest.
pub(super) fn measure(series: Series, program: &Path, quick: bool) -> Result<Asynchronous> {
    let kernel = kernel::ensure(series, Flavour::Cloud, Need::Image)?;
    let module = kmod::build(&kernel)?;
    let spec = VmSpec {
        files: vec![
            GuestFile::host(PROGRAM, program),
            GuestFile::host(IMAGE, disk::files()?),
        ],
        stock_modules: vec!["null_blk"],
        suites: suites(quick),
        processors: 1,
        // The kernel's own start-up work is to be over.
        settle: Duration::from_secs(3),
        ..VmSpec::new(
            format!("asynchronous-{}", series.name()),
            &kernel,
            Accel::Icount,
            Some(module),
        )
    };
    let progress = Progress::start(format!(
        "measuring asynchronous batches on Linux {}",
        kernel.release
    ));
    let verdict = vm::run(&spec)?;
    progress.end(if verdict.passed() { "ok" } else { "failed" });
    ensure!(
        verdict.passed(),
        "measuring asynchronous batches failed in the guest:\n{}",
        verdict.failures().join("\n")
    );
    Ok(Asynchronous {
        files: all(&verdict, "files")?,
        trivial: all(&verdict, "trivial")?,
        outstanding: all(&verdict, "outstanding")?,
    })
}

/// Reads files on this machine by the clock, without the module: on the disk of
/// this project, and on tmpfs.
///
/// # Errors
/// When a program fails.
pub(super) fn on_host(programs: &Programs, quick: bool) -> Result<Vec<Files>> {
    let rounds = if quick { "5" } else { "25" };
    let places = [paths::output().join("bench/files"), TMPFS.into()];
    let mut measured = Vec::new();
    for place in places {
        let run = |arguments: &[&str], name| {
            let mut command = Command::new(&programs.beside);
            command.arg(arguments[0]).arg(&place).args(&arguments[1..]);
            command.env("SYSBATCH_BACKEND", "user");
            printed::<serde_json::Value>(&mut command, name)
        };
        run(&["make-files"], "make-files")?;
        for way in ["syslets", "ring"] {
            let arguments = ["files", "--way", way, "--rounds", rounds];
            measured.push(serde_json::from_value(run(&arguments, "files")?)?);
        }
        remove(&place)?;
    }
    Ok(measured)
}

fn remove(folder: &Path) -> Result<()> {
    std::fs::remove_dir_all(folder).with_context(|| format!("can't remove {}", folder.display()))
}

fn suites(quick: bool) -> Vec<Suite> {
    let (rounds, few) = if quick { ("2", "2") } else { ("7", "3") };
    let suite = |name: &str, command: &[&str], backend: &str| Suite {
        name: name.to_owned(),
        command: [PROGRAM]
            .iter()
            .chain(command)
            .map(|&word| word.to_owned())
            .collect(),
        environment: vec![("SYSBATCH_BACKEND".to_owned(), backend.to_owned())],
        limit_seconds: LIMIT,
        // Of the lines that it logs when a file system is unmounted.
        expected: vec!["callbacks suppressed".to_owned()],
        ..Suite::default()
    };
    let mut suites = vec![
        suite("disk", &["slow-disk", DISK, "--image", IMAGE], "kernel"),
        suite("make-files", &["make-files", TMPFS], "kernel"),
    ];
    // Where it does not matter once is enough.
    let each = |ways: &'static [(&str, bool)]| {
        let of_way = |&(way, matters): &(&'static str, bool)| {
            let backends: &[&str] = if matters {
                &["kernel", "user"]
            } else {
                &["kernel"]
            };
            backends.iter().map(move |&backend| (way, backend))
        };
        ways.iter().flat_map(of_way)
    };
    let (many, apart) = (format!("{DISK}/files"), format!("{DISK}/apart"));
    for folder in [&many, TMPFS] {
        for (way, backend) in each(WAYS) {
            let files = ["files", folder, "--way", way, "--rounds", rounds];
            suites.push(suite("files", &files, backend));
        }
    }
    for (folder, count) in [(&many, "1000"), (&apart, "64")] {
        for (way, backend) in each(WAYS) {
            let files = ["files", folder, "--way", way, "--rounds", few];
            let uncached = [&files[..], &["--uncached", "--files", count]].concat();
            suites.push(suite("files", &uncached, backend));
        }
    }
    for (way, backend) in each(TRIVIAL) {
        let trivial = ["trivial", "--way", way, "--rounds", rounds];
        suites.push(suite("trivial", &trivial, backend));
    }
    suites.push(suite("outstanding", &["outstanding"], "kernel"));
    suites
}

/// What all suites of this name printed.
fn all<T: DeserializeOwned>(verdict: &Verdict, name: &str) -> Result<Vec<T>> {
    let suites = verdict.suites.iter().filter(|suite| suite.name == name);
    let printed = suites.map(|suite| {
        super::parse(&suite.output.join("\n")).with_context(|| format!("what {name} printed"))
    });
    printed.collect()
}
