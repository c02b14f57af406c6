//! Copies a file in one crossing, however long it is.
//!
//! `cargo run --example copy SOURCE DESTINATION`
//!
//! The front page of the crate shows `copy.rs`, and tests it.

mod copy;

use std::env;
use std::error::Error;
use std::io::{self, Write as _};
use std::process::ExitCode;

use copy::copy;
use sysbatch::Backend;

fn main() -> ExitCode {
    match copy_and_tell() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("copy: {error}");
            ExitCode::FAILURE
        }
    }
}

fn copy_and_tell() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1);
    let (Some(source), Some(target)) = (arguments.next(), arguments.next()) else {
        return Err("usage: copy SOURCE DESTINATION".into());
    };
    let backend = Backend::select()?;
    let bytes = copy(&backend, source.as_ref(), target.as_ref())?;
    let crossings = backend.crossings();
    writeln!(io::stdout(), "{bytes} bytes, {crossings} crossings")?;
    Ok(())
}
