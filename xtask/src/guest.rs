//! Programs for the guest: static, so that they need nothing else there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::architecture::Architecture;
use crate::{paths, process};

const BUILD_LIMIT: Duration = Duration::from_secs(15 * 60);

/// The package and the name of the guest's first program.
const INIT: (&str, &str) = ("sysbatch-guest", "sysbatch-guest-init");

/// How programs are compiled: a profile of cargo's.
#[derive(Clone, Copy, Debug)]
enum Profile {
    /// As what is released.
    Release,
    /// As `Cargo.toml` has it for the tests in guests.
    Guest,
}

impl Profile {
    const fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Guest => "guest",
        }
    }
}

/// The first programs that were built in this run, for each architecture.
static INITS: Mutex<Vec<(Architecture, PathBuf)>> = Mutex::new(Vec::new());

/// The guest's first program, built once in a run for each architecture.
///
/// # Errors
/// When it can't be built.
pub(crate) fn init(architecture: Architecture) -> Result<PathBuf> {
    let mut built = INITS.lock().unwrap_or_else(PoisonError::into_inner);
    let known = built.iter().find(|(of, _)| *of == architecture);
    if let Some((_, init)) = known {
        return Ok(init.clone());
    }
    let (package, name) = INIT;
    let arguments = ["build", "--package", package, "--bin", name];
    let init = compile(
        architecture,
        Profile::Guest,
        paths::root(),
        &output(),
        &arguments,
        name,
    )?;
    built.push((architecture, init.clone()));
    Ok(init)
}

/// Builds a binary of a package for this machine's architecture and returns its file.
///
/// # Errors
/// When cargo fails.
pub(crate) fn build(package: &str, name: &str) -> Result<PathBuf> {
    build_for(Architecture::X86_64, package, name)
}

/// [`build`] for any architecture.
///
/// # Errors
/// As [`build`].
pub(crate) fn build_for(architecture: Architecture, package: &str, name: &str) -> Result<PathBuf> {
    let arguments = ["build", "--package", package, "--bin", name];
    compile(
        architecture,
        Profile::Release,
        paths::root(),
        &output(),
        &arguments,
        name,
    )
}

/// [`build`] from another copy of the project, with cargo's output in a folder of
/// its own.
///
/// # Errors
/// As [`build`].
pub(crate) fn build_from(root: &Path, output: &Path, package: &str, name: &str) -> Result<PathBuf> {
    let arguments = ["build", "--package", package, "--bin", name];
    compile(
        Architecture::X86_64,
        Profile::Release,
        root,
        output,
        &arguments,
        name,
    )
}

/// Where cargo's output is: not where it usually is, for other flags would
/// rebuild everything each time.
fn output() -> PathBuf {
    paths::cargo_target().join("guest")
}

/// A target of a package: the names of both.
pub(crate) type Target = (&'static str, &'static str);

/// Builds binaries, integration tests and examples of packages for this machine's architecture, and
/// the guest's first program. One call of cargo does it all: another choice of packages
/// gives those that they depend on other features, and has them compiled again.
///
/// # Errors
/// When cargo fails.
pub(crate) fn build_together(
    programs: &[Target],
    tests: &[Target],
    examples: &[Target],
) -> Result<Built> {
    let mut arguments = vec!["build"];
    let binaries = programs.iter().chain([&INIT]);
    let all = binaries.clone().chain(tests).chain(examples);
    let packages = all.map(|(package, _)| *package);
    for package in packages.collect::<BTreeSet<_>>() {
        arguments.extend(["--package", package]);
    }
    for (_, name) in binaries.collect::<BTreeSet<_>>() {
        arguments.extend(["--bin", name]);
    }
    for (_, name) in tests {
        arguments.extend(["--test", name]);
    }
    for (_, name) in examples {
        arguments.extend(["--example", name]);
    }
    let architecture = Architecture::X86_64;
    let name = "all programs";
    let built = cargo(
        architecture,
        Profile::Guest,
        paths::root(),
        &output(),
        &arguments,
        name,
    )?;
    let mut inits = INITS.lock().unwrap_or_else(PoisonError::into_inner);
    inits.retain(|(of, _)| *of != architecture);
    inits.push((architecture, built.executable(INIT.1, false)?));
    drop(inits);
    Ok(built)
}

fn compile(
    architecture: Architecture,
    profile: Profile,
    root: &Path,
    output: &Path,
    arguments: &[&str],
    name: &str,
) -> Result<PathBuf> {
    cargo(architecture, profile, root, output, arguments, name)?.executable(name, false)
}

/// What cargo has built.
pub(crate) struct Built {
    /// The executables, in the order in which they came.
    pub(crate) artifacts: Vec<Artifact>,
    /// What it printed.
    pub(crate) log: PathBuf,
}

impl Built {
    /// The file of a binary or an example or, if so asked, of a test.
    ///
    /// # Errors
    /// When there is none, or there are two.
    pub(crate) fn executable(&self, name: &str, is_test: bool) -> Result<PathBuf> {
        let is_meant = |built: &&Artifact| built.name == name && built.is_test == is_test;
        let found: Vec<&Artifact> = self.artifacts.iter().filter(is_meant).collect();
        match found[..] {
            [one] => Ok(one.executable.clone()),
            [] => bail!("cargo built no {name}: see {}", self.log.display()),
            _ => bail!(
                "cargo built {name} more than once: see {}",
                self.log.display()
            ),
        }
    }
}

/// An executable.
pub(crate) struct Artifact {
    /// The name of the binary, example, test or library that it is of.
    pub(crate) name: String,
    /// Its file.
    pub(crate) executable: PathBuf,
    /// The folder of its package.
    pub(crate) package: PathBuf,
    /// Whether it is a harness with tests.
    pub(crate) is_test: bool,
}

/// What of the workspace is not for another architecture: this program, and the module's
/// Rust half.
pub(crate) const ON_THIS_ARCHITECTURE: [&str; 2] = ["xtask", "sysbatch-kernel-host"];

/// Builds all tests of the user side, and what they run: all of the workspace but
/// [`ON_THIS_ARCHITECTURE`].
///
/// # Errors
/// When cargo fails.
pub(crate) fn build_all_tests(architecture: Architecture) -> Result<Built> {
    let mut arguments = vec!["test", "--no-run", "--workspace"];
    for package in ON_THIS_ARCHITECTURE {
        arguments.extend(["--exclude", package]);
    }
    // Below the project, with which they are put into the guest.
    let output = paths::output().join(architecture.name());
    cargo(
        architecture,
        Profile::Release,
        paths::root(),
        &output,
        &arguments,
        "tests",
    )
}

fn cargo(
    architecture: Architecture,
    profile: Profile,
    root: &Path,
    output: &Path,
    arguments: &[&str],
    name: &str,
) -> Result<Built> {
    // They wait for each other anyway, and those of one name have one log.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let target = architecture.target();
    let variable = |name: &str| {
        let target = target.to_uppercase().replace('-', "_");
        format!("CARGO_TARGET_{target}_{name}")
    };
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root);
    cargo.env("CARGO_TARGET_DIR", output);
    cargo.env(variable("RUSTFLAGS"), "-Ctarget-feature=+crt-static");
    if !architecture.is_here() {
        cargo.env(variable("LINKER"), architecture.c_compiler());
        // There are many, and all of them are on a disk.
        cargo.env("CARGO_PROFILE_RELEASE_STRIP", "symbols");
    }
    cargo
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    cargo.args(arguments);
    cargo.args(["--profile", profile.name(), "--target", target]);
    cargo.args(["--message-format", "json"]);
    let log = process::run(
        &match architecture {
            Architecture::X86_64 => format!("building {name} for the guest"),
            other => format!("building {name} for a guest of {}", other.name()),
        },
        &format!("guest-{}", name.replace(' ', "-")),
        BUILD_LIMIT,
        &mut cargo,
    )?;
    let text =
        std::fs::read_to_string(&log).with_context(|| format!("can't read {}", log.display()))?;
    let artifacts = text.lines().filter_map(artifact).collect();
    Ok(Built { artifacts, log })
}

/// The 32-bit program of the tests, by the compiler for 64-bit ones: it has no C
/// library, for there mostly is none for it.
///
/// # Errors
/// When it can't be compiled.
pub(crate) fn build_ways() -> Result<PathBuf> {
    let folder = paths::output().join("ways");
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("can't create {}", folder.display()))?;
    let program = folder.join("ways");
    // The kernel's headers that are an architecture's, the same for both.
    let multiarch = process::output_of(Command::new("gcc").arg("-print-multiarch"))?;
    let mut compiler = Command::new("gcc");
    compiler.current_dir(paths::root());
    compiler.args(["-m32", "-std=c11", "-O1", "-Wall", "-Wextra", "-Werror"]);
    compiler.args(["-static", "-nostdlib", "-ffreestanding", "-no-pie"]);
    compiler.args(["-fno-pie", "-fno-stack-protector", "-I", "include"]);
    compiler.arg("-idirafter");
    compiler.arg(Path::new("/usr/include").join(multiarch.trim()));
    for source in WAYS {
        compiler.arg(Path::new("tests/c/ways").join(source));
    }
    compiler.arg("-o").arg(&program);
    process::run(
        "compiling the 32-bit program",
        "ways",
        BUILD_LIMIT,
        &mut compiler,
    )?;
    Ok(program)
}

/// The parts of the 32-bit program.
const WAYS: [&str; 6] = [
    "calls.c",
    "gate.S",
    "main.c",
    "observers.c",
    "signals.c",
    "support.c",
];

/// The executable that a line of cargo's messages tells of.
fn artifact(line: &str) -> Option<Artifact> {
    let message: serde_json::Value = serde_json::from_str(line).ok()?;
    if message["reason"] != "compiler-artifact" {
        return None;
    }
    let manifest = Path::new(message["manifest_path"].as_str()?);
    Some(Artifact {
        name: message["target"]["name"].as_str()?.to_owned(),
        // A library of the same name has none.
        executable: PathBuf::from(message["executable"].as_str()?),
        package: manifest.parent()?.to_owned(),
        is_test: message["profile"]["test"] == true,
    })
}
