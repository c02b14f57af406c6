//! What `cargo xtask bench` runs beside the `sysbatch` command, in guests and on
//! the host: other ways to make the same calls, trees to walk, and counts. Each
//! command prints one line of JSON.

mod asys;
mod calls;
mod clock;
mod entries;
mod files;
mod filtered;
mod interface;
mod outstanding;
mod program;
mod run;
mod slow;
mod steps;
mod tree;
mod trivial;
mod uring;
mod walk;

use std::path::PathBuf;

use clap::Parser;

use filtered::Rules;
use interface::Interface;
use steps::Step;
use walk::Library;

#[derive(Debug, Parser)]
enum Command {
    /// Make a tree of small files
    Tree {
        folder: PathBuf,
        #[arg(long)]
        directories: u32,
        #[arg(long)]
        files: u32,
    },
    /// Run programs several times, by turns, and print what they took
    Run {
        #[arg(long, default_value_t = 3)]
        rounds: u32,
        /// A program with its arguments, divided by spaces; several times
        #[arg(long = "program", required = true)]
        programs: Vec<String>,
    },
    /// Walk a tree by a library, with the metadata of every file
    Walk {
        folder: PathBuf,
        #[arg(long, value_enum)]
        library: Library,
        #[arg(long, default_value_t = 1)]
        threads: usize,
    },
    /// Measure calls made alone, through io_uring and through the C interfaces
    Calls {
        #[arg(long, default_value_t = 5)]
        rounds: u32,
        /// The file that is looked at and read from
        #[arg(long)]
        file: PathBuf,
    },
    /// Count the kernel entries of a batch of three calls, by the function tracer
    Entries {
        #[arg(long, value_enum)]
        interface: Interface,
    },
    /// Measure calls under a seccomp filter, alone and in batches
    Filtered {
        #[arg(long, default_value_t = 5)]
        rounds: u32,
        #[arg(long, value_enum)]
        rules: Rules,
        /// The file that is looked at
        #[arg(long)]
        file: PathBuf,
    },
    /// Make a disk in memory that takes a while for each request, and mount it
    SlowDisk {
        directory: PathBuf,
        /// What is on it: an image of ext4
        #[arg(long)]
        image: PathBuf,
        /// What a request takes
        #[arg(long, default_value_t = 1_000_000)]
        nanoseconds: u64,
    },
    /// Make files that are to be read
    MakeFiles {
        folder: PathBuf,
        #[arg(long, default_value_t = 1000)]
        files: usize,
    },
    /// Open, read and close files: by plain calls, and in a way that need not wait
    Files {
        folder: PathBuf,
        #[arg(long, value_enum)]
        way: files::Way,
        #[arg(long, default_value_t = 1000)]
        files: usize,
        #[arg(long, default_value_t = 5)]
        rounds: u32,
        /// Forget them before each round
        #[arg(long)]
        uncached: bool,
    },
    /// Measure what submitting and completing something trivial takes
    Trivial {
        #[arg(long, value_enum)]
        way: trivial::Way,
        #[arg(long, default_value_t = 5)]
        rounds: u32,
    },
    /// Measure the memory of batches that never complete
    Outstanding {
        #[arg(long, default_value_t = 10_000)]
        batches: usize,
    },
    /// Run a batch in user space, for a tool that counts its instructions
    Steps {
        #[arg(long, value_enum)]
        step: Step,
        #[arg(long)]
        entries: usize,
    },
}

fn main() -> anyhow::Result<()> {
    let line = match Command::parse() {
        Command::Tree {
            folder,
            directories,
            files,
        } => serde_json::to_string(&tree::make(&folder, directories, files)?)?,
        Command::Run { rounds, programs } => serde_json::to_string(&run::run(rounds, &programs)?)?,
        Command::Walk {
            folder,
            library,
            threads,
        } => serde_json::to_string(&walk::walk(library, threads, &folder)?)?,
        Command::Calls { rounds, file } => serde_json::to_string(&calls::measure(rounds, &file)?)?,
        Command::Entries { interface } => serde_json::to_string(&entries::count(interface)?)?,
        Command::Filtered {
            rounds,
            rules,
            file,
        } => serde_json::to_string(&filtered::measure(rounds, rules, &file)?)?,
        Command::SlowDisk {
            directory,
            image,
            nanoseconds,
        } => serde_json::to_string(&slow::make(&image, nanoseconds, &directory)?)?,
        Command::MakeFiles { folder, files } => {
            serde_json::to_string(&files::make(&folder, files)?)?
        }
        Command::Files {
            folder,
            way,
            files,
            rounds,
            uncached,
        } => serde_json::to_string(&files::measure(&folder, files, way, rounds, uncached)?)?,
        Command::Trivial { way, rounds } => serde_json::to_string(&trivial::measure(way, rounds)?)?,
        Command::Outstanding { batches } => serde_json::to_string(&outstanding::measure(batches)?)?,
        Command::Steps { step, entries } => serde_json::to_string(&steps::run(step, entries)?)?,
    };
    println!("{line}");
    Ok(())
}
