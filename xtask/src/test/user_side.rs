//! `cargo xtask test --architecture`: the tests of the user side on a guest of another
//! architecture, which is emulated.
//!
//! They are those that the step `host` runs here, built for the other architecture, each
//! program in the folder of its package and with the project around it as it is here.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use sysbatch_guest::Suite;

use super::check;
use super::repeat::{self, Attempt};
use super::report::Report;
use super::steps;
use super::tally::{Tally, harness};
use crate::architecture::Architecture;
use crate::guest::{self, Artifact, Built};
use crate::kernel::{self, Flavour, Kernel, Need, Series};
use crate::setup::{self, Purpose};
use crate::system::{SEARCH_PATH, System};
use crate::vm::{self, Accel, Disk, MountPoint, Verdict, VmSpec};
use crate::{disk, lock, paths, process};

/// What none of the test programs takes on an idle machine, in seconds.
const LIMIT_SECONDS: u64 = 900;

/// What copying the project may take.
const COPY_LIMIT: Duration = Duration::from_secs(2 * 60);

/// The size of the project's disk in MiB, of which a sparse image takes what its files do.
const DISK_SIZE: u32 = 2048;

/// Test programs that are run on the host alone. Three call the compiler, which the guest
/// does not have, or are part of it; one runs every short program through the interpreter,
/// which is of no architecture, and takes longer in an emulated machine than all the rest;
/// and one runs `git` and others that the guest does not have either.
const ON_THE_HOST: &[&str] = &[
    "combine_errors",
    "combine_random",
    "sysbatch_macros",
    "exhaustive",
    "programs",
];

/// Parts of the project's folder that no test reads.
const LEFT_OUT: &[&str] = &["target", ".git"];

/// The kernels that there are for an architecture: that for virtual machines.
fn flavour(architecture: Architecture) -> Result<Flavour> {
    match architecture {
        Architecture::Aarch64 => Ok(Flavour::CloudArm64),
        Architecture::X86_64 => bail!(
            "{} is this machine's architecture: `cargo xtask test` tests on it",
            architecture.name()
        ),
    }
}

/// Runs the test programs named in `suites`, or all, on the kernels of these series; true
/// if nothing failed.
///
/// # Errors
/// When the machine lacks a package, or a name is no program's.
pub(crate) fn run(
    architecture: Architecture,
    suites: &[String],
    series: &[Series],
) -> Result<bool> {
    let flavour = flavour(architecture)?;
    let wanted: Vec<_> = series
        .iter()
        .map(|&series| (series, flavour, Need::Image))
        .collect();
    setup::prepare(Purpose::OtherArchitecture, &wanted)?;
    setup::prepare_target(architecture)?;
    let system = System::ensure(architecture)?;
    let built = guest::build_all_tests(architecture)?;
    let programs = chosen(&built, suites)?;
    let image = project(architecture, &built)?;
    let mut report = Report::start(!suites.is_empty());
    report.step("clippy", || steps::clippy_for(architecture));
    for &(series, flavour, need) in &wanted {
        let kernel = kernel::ensure(series, flavour, need)?;
        let machine = Machine {
            kernel: &kernel,
            system: &system,
            project: &image,
            programs: &programs,
        };
        report.step(series.name(), || {
            let mut tally = machine.run()?;
            tally.add(is_refused(&kernel));
            Ok(tally)
        });
    }
    Ok(report.print())
}

/// Has the module built for a kernel, which its Makefile must refuse in words.
fn is_refused(kernel: &Kernel) -> Tally {
    check(
        "the module's build says that it is for another architecture",
        || {
            let mut make = Command::new("make");
            make.arg("--directory").arg(paths::root().join("kernel"));
            make.arg(format!("KDIR={}", kernel.headers().display()));
            make.env("LC_ALL", "C");
            let output = make.output().context("can't run make")?;
            let text = String::from_utf8_lossy(&output.stderr);
            ensure!(
                !output.status.success() && text.contains("the module is for x86-64"),
                "make ended with {} and said:\n{text}",
                output.status
            );
            Ok(())
        },
    )
}

/// What is run of that which was built.
fn chosen<'a>(built: &'a Built, suites: &[String]) -> Result<Vec<&'a Artifact>> {
    let runs = |built: &&Artifact| built.is_test && !ON_THE_HOST.contains(&built.name.as_str());
    let tests: Vec<&Artifact> = built.artifacts.iter().filter(runs).collect();
    ensure!(
        !tests.is_empty(),
        "there are no tests: see {}",
        built.log.display()
    );
    for suite in suites {
        let names: Vec<String> = tests.iter().map(|test| name(test)).collect();
        ensure!(
            names.contains(suite),
            "there is no test program `{suite}`; they are: {}",
            names.join(", ")
        );
    }
    let is_wanted = |test: &&Artifact| suites.is_empty() || suites.contains(&name(test));
    Ok(tests.into_iter().filter(is_wanted).collect())
}

/// What a test program is called: its package's folder, and what it tests.
fn name(program: &Artifact) -> String {
    let package = program.package.file_name().unwrap_or_default();
    format!("{}/{}", package.to_string_lossy(), program.name)
}

/// A disk with the project and what was built of it, made new each time.
fn project(architecture: Architecture, built: &Built) -> Result<PathBuf> {
    let folder = paths::output().join("disks");
    let _lock = lock::lock(&folder)?;
    let tree = folder.join(format!("project-{}", architecture.debian()));
    paths::remove(&tree)?;
    let root = paths::root();
    for entry in std::fs::read_dir(root)? {
        let entry = entry?;
        if !LEFT_OUT.iter().any(|name| entry.file_name() == *name) {
            copy(&entry.path(), &tree)?;
        }
    }
    for artifact in &built.artifacts {
        let file = &artifact.executable;
        let inside = file.strip_prefix(root)?.parent().unwrap_or(Path::new(""));
        copy(file, &tree.join(inside))?;
    }
    // Where cargo has tests put what they write.
    let scratch = tree.join("target").join(architecture.name()).join("tmp");
    std::fs::create_dir_all(&scratch)
        .with_context(|| format!("can't create {}", scratch.display()))?;
    let image = tree.with_extension("ext4");
    disk::make(&image, DISK_SIZE, Some(&tree))?;
    paths::remove(&tree)?;
    Ok(image)
}

/// Copies a file or a folder into a folder; both have one file until it is removed.
fn copy(from: &Path, into: &Path) -> Result<()> {
    std::fs::create_dir_all(into).with_context(|| format!("can't create {}", into.display()))?;
    let mut command = Command::new("cp");
    command.args(["--archive", "--link"]).arg(from).arg(into);
    process::run_quietly("copying the project", "project", COPY_LIMIT, &mut command).map(drop)
}

/// The machine with one kernel.
struct Machine<'a> {
    kernel: &'a Kernel,
    system: &'a System,
    project: &'a Path,
    programs: &'a [&'a Artifact],
}

impl Machine<'_> {
    /// Runs the programs there, one after the other.
    fn run(&self) -> Result<Tally> {
        let title = format!(
            "{} test programs on {}",
            self.programs.len(),
            self.kernel.release
        );
        let name = format!("user-side-{}", self.kernel.release);
        repeat::once(&title, &name, |name| {
            let verdict = self.boot(name)?;
            Ok(Attempt {
                tally: judge(&verdict)?,
                slow: verdict.is_slowness(),
                scale: verdict.scale,
            })
        })
    }

    fn boot(&self, name: &str) -> Result<Verdict> {
        let project = Disk {
            image: self.project.to_owned(),
            mount: Some(MountPoint {
                directory: paths::root().display().to_string(),
                filesystem: "ext4".to_owned(),
            }),
            read_only: false,
        };
        let spec = VmSpec {
            files: System::files(),
            busybox: self.system.busybox.clone(),
            disks: vec![self.system.disk(), project],
            suites: self.programs.iter().map(|program| suite(program)).collect(),
            memory: 2048,
            ..VmSpec::new(name, self.kernel, Accel::Tcg, None)
        };
        vm::run(&spec)
    }
}

/// How a program is run, as cargo does it.
fn suite(program: &Artifact) -> Suite {
    let folder = program.package.display().to_string();
    let script = "cd \"$CARGO_MANIFEST_DIR\" && exec \"$0\"";
    let file = program.executable.display().to_string();
    Suite {
        name: name(program),
        command: ["/bin/sh", "-c", script, &file].map(str::to_owned).to_vec(),
        environment: vec![
            ("CARGO_MANIFEST_DIR".to_owned(), folder),
            ("PATH".to_owned(), SEARCH_PATH.to_owned()),
        ],
        limit_seconds: LIMIT_SECONDS,
        ..Suite::default()
    }
}

/// Counts the tests. A program of which none runs, as all of it is for another
/// architecture, counts for nothing.
fn judge(verdict: &Verdict) -> Result<Tally> {
    let mut tally = Tally::default();
    for suite in verdict.suites.iter().filter(|suite| suite.passed()) {
        let tests = harness(suite.output.iter().map(String::as_str))?;
        let tests = tests.with_context(|| format!("{} ran no tests", suite.name))?;
        tally.add(tests);
    }
    for failure in verdict.failures() {
        tally.add(Tally::failure(failure));
    }
    ensure!(tally != Tally::default(), "no test was run");
    Ok(tally)
}
