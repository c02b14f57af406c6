//! Reads many files at once, and tells their sizes as they come.
//!
//! `cargo run --example asynchronous FILE…`
//!
//! It waits by `poll(2)` on the ring's descriptor, as a program with an event
//! loop would.

use std::collections::HashMap;
use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{CWD, Mode, OFlags};
use sysbatch::{Backend, Batch, Ring, RingOptions, Target};

/// How much is read at a time, in bytes.
const PIECE: usize = 64 << 10;

fn main() -> ExitCode {
    match read_all() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("asynchronous: {error}");
            ExitCode::FAILURE
        }
    }
}

fn read_all() -> Result<ExitCode, Box<dyn Error>> {
    let names: Vec<OsString> = env::args_os().skip(1).collect();
    let options = RingOptions::default().capacity(names.len().max(1));
    let ring = Ring::with_options(Backend::select()?, options)?;
    let mut waiting = HashMap::new();
    for (number, name) in (0..).zip(names) {
        // Reads to the end, and adds up how much there was.
        let mut batch = Batch::new();
        let piece = batch.buffer(PIECE);
        let total = batch.param(0_u64);
        let file = batch.openat(CWD, &name, OFlags::RDONLY, Mode::empty());
        let again = batch.here();
        let read = batch.read(&file, piece);
        batch.on_error(&read, Target::Exit);
        batch.on_zero(&read, Target::Exit);
        batch.add_assign(&total, &read);
        batch.jump(again);
        batch.fuel(1 << 20);
        ring.post(batch, number)?;
        waiting.insert(number, (name, total));
    }
    let event = ring.event()?;
    let mut out = io::stdout();
    let mut code = ExitCode::SUCCESS;
    while !waiting.is_empty() {
        poll(&mut [PollFd::new(&event, PollFlags::IN)], None)?;
        for mut completion in ring.wait(0, None)? {
            let Some((name, total)) = waiting.remove(&completion.user_value()) else {
                continue;
            };
            let name = name.display();
            let results = completion.results()?;
            match results.check() {
                Ok(()) => writeln!(out, "{:>12} {name}", results.value(&total))?,
                Err(error) => {
                    eprintln!("{name}: {error}");
                    code = ExitCode::FAILURE;
                }
            }
        }
    }
    Ok(code)
}
