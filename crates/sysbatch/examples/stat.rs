//! Asks for the sizes of many files in one crossing.
//!
//! `cargo run --example stat FILE…`

use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;

use rustix::fs::{AtFlags, CWD, StatxFlags};
use sysbatch::{Backend, Batch};

fn main() -> ExitCode {
    match stat() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("stat: {error}");
            ExitCode::FAILURE
        }
    }
}

fn stat() -> Result<ExitCode, Box<dyn Error>> {
    let names: Vec<OsString> = env::args_os().skip(1).collect();
    let mut batch = Batch::new();
    let flags = AtFlags::SYMLINK_NOFOLLOW;
    let calls: Vec<_> = names
        .iter()
        .map(|name| batch.statx(CWD, name, flags, StatxFlags::SIZE))
        .collect();

    let backend = Backend::select()?;
    let results = batch.run(&backend)?;
    let mut out = io::stdout();
    let mut code = ExitCode::SUCCESS;
    for (name, call) in names.iter().zip(&calls) {
        let name = name.display();
        match results.get(call) {
            Ok(stat) => writeln!(out, "{:>12} {name}", stat.stx_size)?,
            Err(error) => {
                eprintln!("{name}: {error}");
                code = ExitCode::FAILURE;
            }
        }
    }
    let crossings = backend.crossings();
    writeln!(out, "{} files, {crossings} crossings", names.len())?;
    Ok(code)
}
