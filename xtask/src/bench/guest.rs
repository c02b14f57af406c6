//! What is measured in a machine.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde::de::DeserializeOwned;
use sysbatch_guest::Suite;

use super::Programs;
use super::figures::{CommandBench, Entries, Filtered, Guest};
use super::trees::{BATCHED, LIBRARIES, named};
use crate::kernel::{self, Flavour, Need, Series};
use crate::kmod;
use crate::progress::Progress;
use crate::vm::{self, Accel, GuestFile, SuiteResult, Verdict, VmSpec};

/// Where coreutils' command is in the guest.
const COREUTILS_DU: &str = "/coreutils/du";
/// A tree on tmpfs.
const TREE: &str = "/dev/shm/tree";
/// Seconds that a suite may take.
const LIMIT: u64 = 300;

/// The walks: what they are called, and what is run.
const WALKS: &[(&str, &str)] = &[
    (
        "sysbatch du, module",
        "SYSBATCH_BACKEND=kernel /bin/sysbatch du -s /dev/shm/tree",
    ),
    (
        "sysbatch du, user",
        "SYSBATCH_BACKEND=user /bin/sysbatch du -s /dev/shm/tree",
    ),
    ("GNU du", "/coreutils/du -s /dev/shm/tree"),
    ("busybox du", "/bin/busybox du -s /dev/shm/tree"),
];

/// Interfaces whose kernel entries are counted, with and without the module.
const INTERFACES: &[&str] = &["batch", "syslet"];

/// Boots a kernel and measures there.
///
/// # Errors
/// When something can't be built, or fails in the guest.
pub(super) fn measure(
    series: Series,
    accel: Accel,
    programs: &Programs,
    quick: bool,
) -> Result<Guest> {
    let kernel = kernel::ensure(series, Flavour::Cloud, Need::Image)?;
    let module = kmod::build(&kernel)?;
    let mut files = GuestFile::with_libraries(Path::new("/usr/bin/du"), COREUTILS_DU)?;
    files.push(GuestFile::host("/bin/sysbatch", &programs.command));
    files.push(GuestFile::host("/bin/sysbatch-bench", &programs.beside));
    let spec = VmSpec {
        files,
        suites: suites(accel, quick),
        processors: 1,
        // The kernel's own start-up work is to be over.
        settle: Duration::from_secs(3),
        ..VmSpec::new(
            format!("bench-{}", series.name()),
            &kernel,
            accel,
            Some(module),
        )
    };
    let progress = Progress::start(format!(
        "measuring on Linux {} ({})",
        kernel.release,
        accel.name()
    ));
    let verdict = vm::run(&spec)?;
    progress.end(if verdict.passed() { "ok" } else { "failed" });
    ensure!(
        verdict.passed(),
        "measuring failed in the guest:\n{}",
        verdict.failures().join("\n")
    );
    let bench: CommandBench = printed(&verdict, "bench")?;
    let entries = verdict
        .suites
        .iter()
        .filter(|suite| suite.name == "entries");
    let names: Vec<String> = libraries().map(|(name, _)| name).collect();
    let filtered = verdict
        .suites
        .iter()
        .filter(|suite| suite.name == "filtered");
    Ok(Guest {
        series: series.name().to_owned(),
        kernel_release: bench.kernel_release.clone(),
        accel: accel.name().to_owned(),
        bench,
        calls: printed(&verdict, "calls")?,
        entries: entries.map(parse::<Entries>).collect::<Result<_>>()?,
        trees: named(
            printed(&verdict, "walks")?,
            WALKS.iter().map(|(name, _)| *name),
        )?,
        libraries: named(
            printed(&verdict, "libraries")?,
            names.iter().map(String::as_str),
        )?,
        filtered: filtered.map(parse::<Filtered>).collect::<Result<_>>()?,
        asynchronous: None,
    })
}

fn suites(accel: Accel, quick: bool) -> Vec<Suite> {
    let suite = |name: &str, command: Vec<&str>| Suite {
        name: name.to_owned(),
        command: command.into_iter().map(str::to_owned).collect(),
        limit_seconds: LIMIT,
        ..Suite::default()
    };
    let (rounds, sample) = if quick { ("3", "1024") } else { ("7", "2048") };
    let mut bench = vec!["/bin/sysbatch", "bench", "--json", "--rounds", rounds];
    bench.extend(["--sample", sample]);
    if accel == Accel::Icount {
        bench.push("--icount");
    }
    let beside = "/bin/sysbatch-bench";
    let calls = vec![
        beside,
        "calls",
        "--rounds",
        rounds,
        "--file",
        "/bin/sysbatch",
    ];
    let tree = [
        beside,
        "tree",
        TREE,
        "--directories",
        "500",
        "--files",
        "20000",
    ];
    let run = [beside, "run", "--rounds", if quick { "1" } else { "3" }];
    let mut walks = run.to_vec();
    for (_, program) in WALKS {
        walks.extend(["--program", program]);
    }
    let lines: Vec<String> = libraries().map(|(_, line)| line).collect();
    let mut libraries = run.to_vec();
    for line in &lines {
        libraries.extend(["--program", line]);
    }
    let mut suites = vec![
        suite("bench", bench),
        suite("calls", calls),
        suite("tree", tree.to_vec()),
        suite("walks", walks),
    ];
    suites.push(suite("libraries", libraries));
    for rules in ["number", "argument"] {
        let filtered = [
            beside,
            "filtered",
            "--rounds",
            rounds,
            "--rules",
            rules,
            "--file",
            "/bin/sysbatch",
        ];
        suites.push(suite("filtered", filtered.to_vec()));
    }
    for interface in INTERFACES {
        for backend in ["kernel", "user"] {
            let mut entries = suite("entries", vec![beside, "entries", "--interface", interface]);
            entries.environment = [("SYSBATCH_BACKEND".to_owned(), backend.to_owned())].into();
            suites.push(entries);
        }
    }
    suites
}

/// Walks by libraries: what they are called, and what is run.
fn libraries() -> impl Iterator<Item = (String, String)> {
    let line = |variables: &str, arguments: &str| {
        format!("{variables}/bin/sysbatch-bench walk {arguments} {TREE}")
    };
    let others = LIBRARIES
        .iter()
        .map(move |(name, arguments)| ((*name).to_owned(), line("", arguments)));
    let ours = BATCHED.iter().flat_map(move |(name, arguments)| {
        [("module", "kernel"), ("user", "user")].map(|(host, backend)| {
            let backend = format!("SYSBATCH_BACKEND={backend} ");
            (format!("{name}, {host}"), line(&backend, arguments))
        })
    });
    others.chain(ours)
}

/// What a suite printed.
fn printed<T: DeserializeOwned>(verdict: &Verdict, name: &str) -> Result<T> {
    let suite = verdict.suites.iter().find(|suite| suite.name == name);
    parse(suite.with_context(|| format!("the guest did not run {name}"))?)
}

fn parse<T: DeserializeOwned>(suite: &SuiteResult) -> Result<T> {
    super::parse(&suite.output.join("\n")).with_context(|| format!("what {} printed", suite.name))
}
