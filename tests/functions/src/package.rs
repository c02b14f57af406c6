//! The package that functions are compiled in.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::program::{Program, Way};

const MAIN: &str = include_str!("program.rs.txt");

const IMPORTS: &str = "#![allow(warnings)]
use std::io; use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use sysbatch::rustix::fs::*;
use sysbatch::rustix::io::{Errno, read, write, pread, pwrite, dup, fcntl_dupfd_cloexec};
use sysbatch::rustix::net::{accept, accept_with, listen, send, shutdown, SendFlags, Shutdown, SocketFlags};
use sysbatch::rustix::pipe::{pipe, pipe_with, PipeFlags};
use crate::{Failure, helper};
";

/// After the functions: all of them in a table.
const TABLE: &str = "pub type Function = fn(BorrowedFd<'_>, BorrowedFd<'_>, &[u8], &mut [u8; 16], \
    &str, u64, OFlags, &mut Vec<u64>) -> String;\npub const FUNCTIONS: &[Function] = &[\n";

/// With debug assertions std asks about each descriptor that it closes.
const PROFILE: &str = "[profile.dev]
debug = false
debug-assertions = false
overflow-checks = true
";

/// A package of programs that are made of functions.
#[derive(Debug)]
pub struct Package {
    folder: PathBuf,
    cargo: OsString,
}

impl Package {
    /// One in this folder, which may stay from one time to the next, so that dependencies
    /// are built once. It is built by this `cargo`.
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
        let lock = "Cargo.lock";
        fs::copy(project.join(lock), folder.join(lock)).with_context(unwritten)?;
        let manifest = format!(
            "[package]\nname = \"functions\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n\
             [dependencies]\nsysbatch = {{ path = {:?} }}\n{PROFILE}",
            project.join("crates/sysbatch")
        );
        fs::write(folder.join("Cargo.toml"), manifest).with_context(unwritten)?;
        Ok(Self {
            folder: folder.to_owned(),
            cargo: cargo.into(),
        })
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
            fs::write(folder.join("main.rs"), MAIN)?;
            for way in Way::BOTH {
                let file = folder.join(format!("{}.rs", way.name()));
                fs::write(file, source(functions, way))?;
            }
        }
        let target = self.folder.join("target");
        let mut cargo = Command::new(&self.cargo);
        cargo.args(["build", "--quiet", "--offline", "--bins"]);
        cargo.current_dir(&self.folder);
        cargo.env("CARGO_TARGET_DIR", &target);
        cargo.env("CARGO_INCREMENTAL", "0").env_remove("RUSTFLAGS");
        let output = cargo.output().context("can't run cargo")?;
        let said = String::from_utf8_lossy(&output.stderr);
        let beginning: String = said.chars().take(20_000).collect();
        ensure!(output.status.success(), "{beginning}");
        let program = |index| Program::new(target.join(format!("debug/program{index}")));
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
