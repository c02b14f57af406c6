//! `sysbatch wrap`: runs a program with each of its system calls in a batch of its own.

mod command;
mod descriptors;

use std::ffi::OsString;
use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use sysbatch_wrap::{Counts, Mode, TEXT};

use crate::end;
use command::Found;
use descriptors::Descriptors;

/// Arguments of `sysbatch wrap`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Make every call directly, without the module: to see what trapping alone does
    #[arg(long)]
    direct: bool,
    /// Write how many calls were made to this file instead of standard error
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// The program and its arguments
    #[arg(required = true, trailing_var_arg = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Runs the subcommand. The exit status is the command's.
pub(crate) fn execute(arguments: &Arguments) -> Result<ExitCode> {
    ensure!(
        !is_wrapped(),
        "this is wrapped already, and the loader has room for one program only: leave out the \
         second `sysbatch wrap`"
    );
    let (name, rest) = arguments
        .command
        .split_first()
        .context("there is no command")?;
    let found = match command::find(name) {
        Ok(found) => found,
        Err(error) => {
            eprintln!("sysbatch wrap: {error}");
            return Ok(error.status().into());
        }
    };
    let mode = if arguments.direct {
        Mode::Direct
    } else {
        Mode::Batches
    };
    let report = arguments
        .report
        .as_ref()
        .map(|path| File::create(path).with_context(|| format!("can't write {}", path.display())))
        .transpose()?;
    let Found { path, file } = found;
    let descriptors = Descriptors::new(mode, &path, file)?;
    let loader = descriptors.loader_path();
    let mut child = Command::new(&loader)
        .arg0(name)
        .args(rest)
        .spawn()
        .with_context(|| format!("can't start the loader by {}", loader.display()))?;
    let shared = descriptors.into_shared();
    end::ignore_interrupts();
    let status = child
        .wait()
        .with_context(|| format!("can't wait for {}", path.display()))?;
    let line = describe(&counts(&shared)?);
    match report {
        Some(mut file) => writeln!(file, "{line}").context("can't write the report")?,
        None => eprintln!("sysbatch wrap: {line}"),
    }
    Ok(end::as_status(status))
}

/// Whether a loader is in this process.
fn is_wrapped() -> bool {
    let start = format!("{TEXT:x}-");
    // Where there is no list of what is mapped, the loader refuses what it can't load.
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    maps.lines().any(|line| line.starts_with(&start))
}

/// What the processes have counted.
fn counts(shared: &File) -> Result<Counts> {
    let mut bytes = [0; Counts::BYTES];
    shared
        .read_exact_at(&mut bytes, 0)
        .context("can't read what was counted")?;
    Ok(Counts::from_bytes(&bytes))
}

/// One line of it.
fn describe(counts: &Counts) -> String {
    let Counts {
        batched,
        handed_back,
        direct,
    } = *counts;
    let all = counts.all();
    let share = batched as f64 * 100.0 / all.max(1) as f64;
    format!(
        "{all} calls, {batched} through a batch ({share:.1} %), {handed_back} handed back, \
         {direct} directly"
    )
}

#[cfg(test)]
mod tests {
    use super::{Counts, describe};

    #[test]
    fn counts_are_told_in_a_line() {
        let counts = Counts {
            batched: 90,
            handed_back: 3,
            direct: 7,
        };
        assert_eq!(
            describe(&counts),
            "100 calls, 90 through a batch (90.0 %), 3 handed back, 7 directly"
        );
        assert!(describe(&Counts::default()).starts_with("0 calls, 0 through a batch (0.0 %)"));
    }
}
