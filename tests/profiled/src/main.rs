//! Runs a batch twice, the second time to be followed instruction by
//! instruction by `cargo xtask profile`: the first has touched the memory and
//! filled whatever is filled at first use.
#![expect(unsafe_code, reason = "a batch does what its text says")]

mod formats;

use std::io::Read as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use clap::{Parser, ValueEnum};
use rustix::process::{Signal, getpid, kill_process};
use sysbatch::abi::{Format, Status};
use sysbatch::{Backend, Direct};
use sysbatch_asm::{Image, assemble};

use formats::Encoded;

/// Run a batch twice.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where to run it.
    #[arg(value_enum)]
    place: Place,
    /// The program, in the text form of a batch.
    program: PathBuf,
    /// The memory layout, if not the native one.
    #[arg(long, value_enum)]
    format: Option<Layout>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Layout {
    Supersyscall,
    Batch,
    Pointers,
    Syslet,
}

impl From<Layout> for Format {
    fn from(layout: Layout) -> Self {
        match layout {
            Layout::Supersyscall => Self::Supersyscall,
            Layout::Batch => Self::SysBatch,
            Layout::Pointers => Self::Pointers,
            Layout::Syslet => Self::Syslet,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Place {
    /// In the kernel. The tracer knows a run by its `ioctl`.
    Kernel,
    /// In this process. It waits for the tracer, which lets it go by a byte on
    /// standard input, and tells it of the second run's start and end by a
    /// signal.
    User,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let path = arguments.program.display().to_string();
    let text = std::fs::read_to_string(&arguments.program)
        .with_context(|| format!("can't read {path}"))?;
    let program =
        assemble(&path, &text).map_err(|mistakes| anyhow::anyhow!("{}", mistakes.render(false)))?;
    let backend = match arguments.place {
        Place::Kernel => Backend::kernel().context("can't run a batch in the kernel")?,
        Place::User => Backend::user(),
    };
    if arguments.place == Place::User {
        let mut byte = [0];
        std::io::stdin()
            .read_exact(&mut byte)
            .context("nobody waits for this program: it is for `cargo xtask profile`")?;
    }
    for followed in [false, true] {
        let image = Image::load(&program);
        let mut encoded = arguments
            .format
            .map(|layout| Encoded::new(layout.into(), &program))
            .transpose()?;
        let mut run = match &mut encoded {
            None => image.run(),
            Some(encoded) => encoded.run(image.run()),
        };
        let mark = || -> Result<()> {
            if followed && arguments.place == Place::User {
                kill_process(getpid(), Signal::USR1)?;
            }
            Ok(())
        };
        mark()?;
        // SAFETY: the batch does to this process what the one who wrote its text
        // asks for, and has its memory in an image that lives longer.
        let mut memory = unsafe { Direct::new() };
        // SAFETY: as above.
        let status = unsafe { backend.run(&mut run, &mut memory) };
        mark()?;
        let status = status.with_context(|| format!("the batch {path} was refused"))?;
        ensure!(
            matches!(status, Status::Done | Status::Exit),
            "the batch {path} ended early: {status:?} at entry {}",
            run.pc
        );
    }
    Ok(())
}
