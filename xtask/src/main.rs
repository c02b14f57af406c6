//! Project tasks: `cargo xtask help` lists them.

mod commands;
mod guest;
mod header;
mod kernel;
mod kmod;
mod lock;
mod packages;
mod paths;
mod process;
mod progress;
mod vm;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    match commands::Arguments::parse().run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
