//! Ordinary code that `combine` has made batches of, and how many crossings to the kernel it
//! takes with them and without.
//!
//! `cargo run --example combine [NAME]`

mod copy;
mod serve;
mod stat;
mod status;
mod walk;

use std::env;
use std::error::Error;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;

use sysbatch::Backend;

const NAMES: [&str; 5] = ["copy", "stat", "status", "walk", "serve"];

/// What an example came to, and how many crossings and batches it took.
struct Taken {
    what: String,
    crossings: u64,
    batches: u64,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("combine: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let scratch = env::temp_dir().join(format!("sysbatch-combine-{}", std::process::id()));
    fs::create_dir(&scratch)?;
    let asked: Vec<String> = env::args().skip(1).collect();
    let result = NAMES
        .iter()
        .filter(|name| asked.is_empty() || asked.iter().any(|word| word == *name))
        .try_for_each(|name| {
            let taken = example(name, &scratch)?;
            let Taken {
                what,
                crossings,
                batches,
            } = taken;
            println!("{name}: {what}: {batches} batches, {crossings} crossings");
            Ok(())
        });
    fs::remove_dir_all(&scratch)?;
    result
}

fn example(name: &str, scratch: &Path) -> Result<Taken, Box<dyn Error>> {
    let backend: &Backend = sysbatch::combined_backend();
    let before = (backend.crossings(), sysbatch::combined_batches());
    let what = match name {
        "copy" => {
            let [from, to] = ["from", "to"].map(|name| scratch.join(name));
            fs::write(&from, vec![7; 200_000])?;
            format!("{} bytes", copy::copy(&from, &to)?)
        }
        "stat" => {
            let names: Vec<PathBuf> = (0..40).map(|at| scratch.join(at.to_string())).collect();
            names
                .iter()
                .step_by(2)
                .try_for_each(|name| fs::write(name, "text"))?;
            let (sum, count) = stat::sizes(&names);
            format!("{sum} bytes in {count} files")
        }
        "status" => {
            let names = status::names(File::open("/proc")?.as_fd())?;
            format!("{} processes", names.len())
        }
        "walk" => {
            let tree = scratch.join("tree");
            fs::create_dir(&tree)?;
            (0..20).try_for_each(|at| fs::write(tree.join(at.to_string()), "text"))?;
            fs::write(tree.join("program"), b"\x7fELF")?;
            let (sum, programs) = walk::walk(File::open(&tree)?.as_fd())?;
            format!("{sum} bytes, {programs} programs")
        }
        _ => serve_some(&scratch.join("socket"))?,
    };
    Ok(Taken {
        what,
        crossings: backend.crossings() - before.0,
        batches: sysbatch::combined_batches() - before.1,
    })
}

/// Serves ten connections.
fn serve_some(path: &Path) -> Result<String, Box<dyn Error>> {
    let listener = UnixListener::bind(path)?;
    let client = thread::spawn({
        let path = path.to_owned();
        move || -> std::io::Result<usize> {
            let mut answered = 0;
            for _ in 0..10 {
                let mut stream = UnixStream::connect(&path)?;
                stream.write_all(b"request")?;
                let mut answer = String::new();
                stream.read_to_string(&mut answer)?;
                answered += usize::from(answer == "request");
            }
            Ok(answered)
        }
    });
    let mut buffer = [0; 1024];
    for _ in 0..10 {
        serve::serve(listener.as_fd(), &mut buffer)?;
    }
    let answered = client.join().map_err(|_| "the client has panicked")??;
    Ok(format!("{answered} requests answered"))
}
