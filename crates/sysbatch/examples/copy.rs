//! Copies a file in one crossing, however long it is.
//!
//! `cargo run --example copy SOURCE DESTINATION`

use std::env;
use std::error::Error;
use std::process::ExitCode;

use rustix::fs::{CWD, Mode, OFlags};
use sysbatch::{Backend, Batch};

fn main() -> ExitCode {
    match copy() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("copy: {error}");
            ExitCode::FAILURE
        }
    }
}

fn copy() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1);
    let (Some(source), Some(destination)) = (arguments.next(), arguments.next()) else {
        return Err("usage: copy SOURCE DESTINATION".into());
    };
    let mut batch = Batch::new();
    let buffer = batch.buffer(1 << 20);
    let bytes = batch.param(0_u64);
    let end = batch.label();

    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let input = batch.openat(CWD, &*source, flags, Mode::empty());
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::CLOEXEC;
    let output = batch.openat(CWD, &*destination, flags, Mode::from(0o666));
    let again = batch.here();
    let read = batch.read(&input, buffer);
    batch.on_error(&read, end);
    batch.on_zero(&read, end);
    let written = batch.write(&output, buffer.first(&read));
    batch.on_error(&written, end);
    batch.add_assign(&bytes, &written);
    // A write may write less than it was given: the disk is full.
    let missing = batch.sub(&read, &written);
    batch.on_zero(&missing, again);
    batch.place(end);
    batch.close(output);
    batch.fuel(u64::MAX);

    let backend = Backend::select()?;
    let results = batch.run(&backend)?;
    if let Some(error) = results.failures().next() {
        return Err(error.into());
    }
    if results.get(&read)? != 0 {
        return Err("write: fewer bytes were written than read".into());
    }
    let (bytes, crossings) = (results.value(&bytes), backend.crossings());
    println!(
        "{bytes} bytes, {} steps, {crossings} crossings",
        results.steps()
    );
    Ok(())
}
