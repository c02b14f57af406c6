//! Opens, reads and closes 1,000 random files of a directory tree: by plain calls, by
//! a batch for each one after another, and asynchronously; cached and not. Each is
//! compared with plain calls.
//!
//! `cargo run --release --example overlap DIRECTORY`
//!
//! To have nothing cached takes the right to write to
//! `/proc/sys/vm/drop_caches`, which is root's.

use std::collections::hash_map::RandomState;
use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::hash::BuildHasher as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::fs::{CWD, Mode, OFlags};
use sysbatch::{
    Backend, Batch, CallError, Handle, Results, Ring, RingOptions, Submit, Ticket, WhenFull,
};

/// How many files are read at most.
const FILES: usize = 1000;
/// How much of each, in bytes.
const LONGEST: usize = 64 << 10;
/// How many batches may wait for the disk at a time.
const WORKERS: usize = 64;
/// `proc_sys_vm(5)`: 3 drops pages, directory entries and inodes.
const DROP_CACHES: &str = "/proc/sys/vm/drop_caches";

fn main() -> ExitCode {
    match overlap() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("overlap: {error}");
            ExitCode::FAILURE
        }
    }
}

fn overlap() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1);
    let (Some(directory), None) = (arguments.next(), arguments.next()) else {
        return Err("usage: overlap DIRECTORY".into());
    };
    let files = random_files(directory)?;
    let backend = Arc::new(Backend::select()?);
    let options = RingOptions::default().workers(WORKERS);
    let ring = Ring::with_options(Arc::clone(&backend), options)?;
    // Reads all of them once, so that what is cached can be told from what is
    // not, and the ring has its workers.
    let (bytes, _) = one_after_another(&backend, &files)?;
    asynchronous(&ring, &files)?;
    writeln!(
        io::stdout(),
        "{} files, {bytes} bytes, on the {} backend",
        files.len(),
        backend.kind().name()
    )?;
    writeln!(
        io::stdout(),
        "         plain calls  one after another  by plain  asynchronous  by plain"
    )?;
    let measured = [
        plain(&files)?,
        one_after_another(&backend, &files)?,
        asynchronous(&ring, &files)?,
    ];
    print_line("cached", bytes, measured)?;
    if let Err(error) = drop_caches() {
        writeln!(
            io::stdout(),
            "uncached not measured: cannot write to {DROP_CACHES}: {error}"
        )?;
        return Ok(());
    }
    let alone = plain(&files)?;
    drop_caches()?;
    let batches = one_after_another(&backend, &files)?;
    drop_caches()?;
    let together = asynchronous(&ring, &files)?;
    print_line("uncached", bytes, [alone, batches, together])
}

/// A batch that opens, reads and closes a file.
fn reading(path: &Path) -> (Batch<'static>, Handle<usize>) {
    let mut batch = Batch::new();
    let buffer = batch.buffer(LONGEST);
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = batch.openat(CWD, path, flags, Mode::empty());
    let read = batch.read(&file, buffer);
    batch.close(file);
    (batch, read)
}

/// How many bytes were read, and how long it took.
type Measured = (usize, Duration);

fn plain(files: &[PathBuf]) -> Result<Measured, Box<dyn Error>> {
    let mut buffers: Vec<_> = files.iter().map(|_| vec![0; LONGEST]).collect();
    let started = Instant::now();
    let mut bytes = 0;
    for (path, buffer) in files.iter().zip(&mut buffers) {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let file = rustix::fs::open(path, flags, Mode::empty()).map_err(at(path))?;
        bytes += rustix::io::read(file, buffer).map_err(at(path))?;
    }
    Ok((bytes, started.elapsed()))
}

fn one_after_another(backend: &Backend, files: &[PathBuf]) -> Result<Measured, Box<dyn Error>> {
    let mut readings: Vec<_> = files.iter().map(|path| reading(path)).collect();
    let started = Instant::now();
    let mut bytes = 0;
    for ((batch, read), path) in readings.iter_mut().zip(files) {
        bytes += length(&batch.run(backend)?, read).map_err(at(path))?;
    }
    Ok((bytes, started.elapsed()))
}

fn asynchronous(ring: &Ring, files: &[PathBuf]) -> Result<Measured, Box<dyn Error>> {
    let readings: Vec<_> = files.iter().map(|path| reading(path)).collect();
    let mut tickets: Vec<(Ticket, Handle<usize>)> = Vec::with_capacity(files.len());
    let started = Instant::now();
    for (batch, read) in readings {
        let submit = Submit::new(batch).when_full(WhenFull::Wait);
        tickets.push((ring.submit(submit)?, read));
    }
    let mut bytes = 0;
    for ((ticket, read), path) in tickets.into_iter().zip(files) {
        let mut completion = ticket.wait()?;
        bytes += length(&completion.results()?, &read).map_err(at(path))?;
    }
    Ok((bytes, started.elapsed()))
}

/// How much was read, if nothing failed.
fn length(results: &Results<'_, '_>, read: &Handle<usize>) -> Result<usize, CallError> {
    results.check()?;
    results.get(read)
}

fn at<E: Error>(path: &Path) -> impl Fn(E) -> String {
    move |error| format!("{}: {error}", path.display())
}

fn print_line(what: &str, expected: usize, measured: [Measured; 3]) -> Result<(), Box<dyn Error>> {
    if measured.iter().any(|&(bytes, _)| bytes != expected) {
        return Err("the files have changed meanwhile: take others".into());
    }
    let [alone, batches, together] = measured.map(|(_, time)| time.as_secs_f64() * 1e3);
    writeln!(
        io::stdout(),
        "{what:8} {alone:8.1} ms {batches:15.1} ms {:9.2} {together:10.1} ms {:9.2}",
        batches / alone,
        together / alone
    )?;
    Ok(())
}

fn drop_caches() -> io::Result<()> {
    rustix::fs::sync();
    fs::write(DROP_CACHES, "3")
}

/// Regular files below a directory, in random order.
fn random_files(directory: OsString) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut directories = vec![PathBuf::from(directory)];
    let mut files = Vec::new();
    while let Some(directory) = directories.pop() {
        let entries = fs::read_dir(&directory);
        let entries = entries.map_err(|error| format!("{}: {error}", directory.display()))?;
        for entry in entries {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                directories.push(entry.path());
            } else if kind.is_file() {
                files.push(entry.path());
            }
        }
    }
    if files.is_empty() {
        return Err("there are no files".into());
    }
    // A hash with keys that are new each time is random enough for an order.
    let state = RandomState::new();
    files.sort_by_cached_key(|path| state.hash_one(path));
    files.truncate(FILES);
    Ok(files)
}
