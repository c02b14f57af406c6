//! `sysbatch du` against `du` of coreutils: the same bytes on standard output,
//! the same exit status.
//!
//! Batches run in user space here; the guest suites run them in the kernel.

mod errors;
#[path = "../support/filter.rs"]
mod filter;
mod json;
mod limits;
mod operands;
mod options;
mod random;
mod reference;
mod shapes;
mod stats;
mod threads;

use std::ffi::OsStr;
use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use rustix::fs::{Mode, OFlags};
use tempfile::TempDir;

/// The forms of output that are compared.
const FORMS: [&[&str]; 7] = [
    &["-s", "-b"],
    &["-s", "-B1"],
    &["-b"],
    &["-k"],
    &["-h"],
    &["--max-depth=1", "-B512"],
    &["-d2", "--apparent-size"],
];

/// A scratch directory that is removed with `rm`, which can do it whatever the
/// depth.
struct Scratch(Option<TempDir>);

impl Scratch {
    fn new() -> Self {
        let directory = TempDir::new().unwrap();
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
        Self(Some(directory))
    }

    fn path(&self) -> &Path {
        self.0.as_ref().unwrap().path()
    }

    fn join(&self, name: impl AsRef<Path>) -> std::path::PathBuf {
        self.path().join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let path = self.0.take().unwrap().keep();
        let status = Command::new("rm").arg("-rf").arg(path).status();
        assert!(status.is_ok_and(|status| status.success()));
    }
}

/// The command under test, in a directory.
fn sysbatch_du(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sysbatch"));
    command
        .arg("du")
        .env("SYSBATCH_BACKEND", "user")
        .env("LC_ALL", "C");
    plain(&mut command, directory);
    command
}

/// Without what the environment may say of sizes and times, in a directory.
fn plain(command: &mut Command, directory: &Path) {
    for name in [
        "POSIXLY_CORRECT",
        "BLOCKSIZE",
        "BLOCK_SIZE",
        "DU_BLOCK_SIZE",
        "TIME_STYLE",
        "TZ",
    ] {
        command.env_remove(name);
    }
    command.current_dir(directory);
}

/// What it is compared with.
fn coreutils_du(directory: &Path) -> Command {
    reference::check();
    let mut command = Command::new("du");
    command.env("LC_ALL", "C");
    plain(&mut command, directory);
    command
}

/// Runs both and compares all they say and the exit status.
#[track_caller]
fn compare<S: AsRef<OsStr>>(directory: &Path, arguments: &[S]) {
    let ours = sysbatch_du(directory).args(arguments).output().unwrap();
    let mut theirs = coreutils_du(directory);
    same(&ours, &output_of(theirs.args(arguments), &ours));
}

/// What coreutils print, as it is to be compared.
fn output_of(coreutils: &mut Command, ours: &Output) -> Output {
    let theirs = coreutils.output().unwrap();
    reference::comparable(coreutils.get_args(), theirs, ours)
}

/// Compares in all forms of output.
#[track_caller]
fn compare_all<S: AsRef<OsStr>>(directory: &Path, paths: &[S]) {
    for form in FORMS {
        let form = form.iter().map(OsStr::new);
        let arguments: Vec<_> = form.chain(paths.iter().map(AsRef::as_ref)).collect();
        compare(directory, &arguments);
    }
}

/// Compares two outputs; what is complained about may come in another order.
#[track_caller]
fn same(ours: &Output, theirs: &Output) {
    let text = |bytes: &[u8]| bytes.escape_ascii().to_string().replace("\\n", "\n");
    assert!(
        ours.stdout == theirs.stdout,
        "sysbatch du:\n{}\n{}\ndu:\n{}\n{}",
        text(&ours.stdout),
        text(&ours.stderr),
        text(&theirs.stdout),
        text(&theirs.stderr),
    );
    let complaints = |output: &Output| {
        let text = text(&output.stderr).replace("sysbatch du: ", "du: ");
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(complaints(ours), complaints(theirs));
    assert_eq!(ours.status.code(), theirs.status.code());
}

/// Makes `depth` directories below each other and gives the last one.
fn descend(top: &Path, names: impl Iterator<Item = String>) -> OwnedFd {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut directory = rustix::fs::open(top, flags, Mode::empty()).unwrap();
    for name in names {
        rustix::fs::mkdirat(&directory, &name, Mode::RWXU).unwrap();
        directory = rustix::fs::openat(&directory, &name, flags, Mode::empty()).unwrap();
    }
    directory
}
