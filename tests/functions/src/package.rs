//! The package that functions are compiled in.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use rustix::fs::{FlockOperation, flock};

use crate::program::{Program, Way};

/// What is in each program beside functions.
const SOURCES: [(&str, &str); 5] = [
    ("main.rs", include_str!("../program/main.rs")),
    ("aside.rs", include_str!("../program/aside.rs")),
    ("folder.rs", include_str!("../program/folder.rs")),
    ("marks.rs", include_str!("../program/marks.rs")),
    ("situation.rs", include_str!("../program/situation.rs")),
];

const IMPORTS: &str = "#![allow(warnings)]
use std::io::{self, IoSlice, IoSliceMut}; use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use sysbatch::rustix::fs::*;
use sysbatch::rustix::io::{Errno, FdFlags, read, write, pread, pwrite, readv, writev, preadv, pwritev, dup, fcntl_dupfd_cloexec, fcntl_setfd};
use sysbatch::rustix::net::{accept, accept_with, listen, recv, send, shutdown, RecvFlags, SendFlags, Shutdown, SocketFlags};
use sysbatch::rustix::pipe::{pipe, pipe_with, PipeFlags};
use crate::{Failure, helper};
";

/// After the functions: all of them in a table.
const TABLE: &str = "pub type Function = fn(BorrowedFd<'_>, BorrowedFd<'_>, &[u8], &mut [u8; 16], \
    &str, u64, OFlags, &mut Vec<u64>) -> String;\npub const FUNCTIONS: &[Function] = &[\n";

/// With debug assertions std asks about each descriptor that it closes.
const PROFILE: &str = "[profile.dev]
debug = false
strip = true
debug-assertions = false
overflow-checks = true
";

/// Programs run in guests, too, which have no libraries.
const FLAGS: &str = "-Ctarget-feature=+crt-static";

/// A package of programs that are made of functions.
#[derive(Debug)]
pub struct Package {
    folder: PathBuf,
    cargo: OsString,
    /// Locked, as long as this is there.
    _lock: File,
}

impl Package {
    /// One in this folder, which may stay from one time to the next, so that dependencies
    /// are built once. It is built by this `cargo`. Waits until nobody else has it.
    ///
    /// # Errors
    /// When files can't be written.
    pub fn new(folder: &Path, cargo: impl Into<OsString>) -> Result<Self> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let project = here
            .ancestors()
            .nth(2)
            .context("the project is around it")?;
        let unwritten = || format!("can't make a package in {}", folder.display());
        fs::create_dir_all(folder).with_context(unwritten)?;
        let lock = File::create(folder.join(".lock")).with_context(unwritten)?;
        flock(&lock, FlockOperation::LockExclusive).with_context(unwritten)?;
        let versions = "Cargo.lock";
        fs::copy(project.join(versions), folder.join(versions)).with_context(unwritten)?;
        let manifest = format!(
            "[package]\nname = \"functions\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n\
             [dependencies]\nlibc = \"0.2\"\nsysbatch = {{ path = {:?} }}\n{PROFILE}",
            project.join("crates/sysbatch")
        );
        fs::write(folder.join("Cargo.toml"), manifest).with_context(unwritten)?;
        Ok(Self {
            folder: folder.to_owned(),
            cargo: cargo.into(),
            _lock: lock,
        })
    }

    /// Where its programs may work.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.folder.join("scratch")
    }

    /// Builds a program of each of these lists of functions.
    ///
    /// # Errors
    /// When files can't be written, or cargo fails.
    pub fn build(&self, programs: &[Vec<String>]) -> Result<Vec<Program>> {
        let sources = self.folder.join("src/bin");
        if sources.exists() {
            fs::remove_dir_all(&sources)?;
        }
        for (index, functions) in programs.iter().enumerate() {
            let folder = sources.join(format!("program{index}"));
            fs::create_dir_all(&folder)?;
            for (file, text) in SOURCES {
                fs::write(folder.join(file), text)?;
            }
            for way in Way::BOTH {
                let file = folder.join(format!("{}.rs", way.name()));
                fs::write(file, source(functions, way))?;
            }
        }
        // Flags are for the target alone if it is named, and not for macros.
        let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
        let variable = target.to_uppercase().replace('-', "_");
        let output = self.folder.join("target");
        let mut cargo = Command::new(&self.cargo);
        cargo.args([
            "build",
            "--quiet",
            "--offline",
            "--bins",
            "--target",
            &target,
        ]);
        cargo.current_dir(&self.folder);
        cargo.env("CARGO_TARGET_DIR", &output);
        cargo.env("CARGO_INCREMENTAL", "0");
        cargo.env(format!("CARGO_TARGET_{variable}_RUSTFLAGS"), FLAGS);
        cargo.env_remove("RUSTFLAGS");
        cargo.env_remove("CARGO_ENCODED_RUSTFLAGS");
        let built = cargo.output().context("can't run cargo")?;
        let said = String::from_utf8_lossy(&built.stderr);
        let beginning: String = said.chars().take(20_000).collect();
        ensure!(
            built.status.success(),
            "functions can't be compiled:\n{beginning}"
        );
        let folder = output.join(target).join("debug");
        let program = |index| Program {
            file: folder.join(format!("program{index}")),
        };
        Ok((0..programs.len()).map(program).collect())
    }
}

/// The source of functions.
fn source(functions: &[String], way: Way) -> String {
    let mut text = IMPORTS.to_owned();
    let mut add = |line: &str| writeln!(text, "{line}").expect("writing to a string");
    for function in functions {
        add(way.attribute());
        add(function);
    }
    add(TABLE);
    for index in 0..functions.len() {
        add(&format!(
            "|a, b, c, d, e, f, g, h| format!(\"{{:?}}\", f{index}(a, b, c, d, e, f, g, h)),"
        ));
    }
    add("];");
    text
}
