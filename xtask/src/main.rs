//! Project tasks: `cargo xtask help` lists them.

mod architecture;
mod archive;
mod bench;
mod commands;
mod debian;
mod demo;
mod disk;
mod fresh;
mod gcc_plugin;
mod guard;
mod guest;
mod header;
mod kernel;
mod kmod;
mod library;
mod licences;
mod lock;
mod manual;
mod packages;
mod parallel;
mod paths;
mod process;
mod profile;
mod programs;
mod progress;
mod release;
mod review;
mod setup;
mod system;
mod test;
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
