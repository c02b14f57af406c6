//! The `sysbatch` command: batches of system calls from a shell.
//!
//! Each subcommand is a module of its own, with its arguments and one function
//! that runs it; [`command`] lists them.

mod advise;
mod bench;
mod broken_pipe;
mod check;
mod command;
mod completions;
mod doctor;
mod du;
mod end;
mod progress;
mod run;
mod source;
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod wrap;

use std::process::ExitCode;

fn main() -> ExitCode {
    broken_pipe::end_by_signal();
    match command::Cli::of_process().command.run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("sysbatch: {error:#}");
            ExitCode::FAILURE
        }
    }
}
