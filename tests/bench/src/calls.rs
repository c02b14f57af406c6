//! Calls alone, through `io_uring`, through the C interfaces and by the device
//! without a library.
#![expect(unsafe_code, reason = "makes system calls by number")]

use std::ffi::CString;
use std::fs::File;
use std::os::fd::AsRawFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use anyhow::{Context as _, ensure};
use serde::Serialize;
use sysbatch::abi::{DEVICE_PATH, Format, RUN_REQUEST, RUN_SIZE, Run, Status};
use syscalls::Sysno;

use crate::clock::{median, time};
use crate::interface::{Call, INTERFACES, Interface};
use crate::program::Program;
use crate::uring::{Operation, Uring};

/// The batch sizes that lines are drawn through.
const SIZES: [usize; 2] = [1, 256];
/// Units that a sample is made of.
const SAMPLE: usize = 1024;
/// Runs that a sample of the device is made of: few, so that most samples have no
/// tick of the kernel's clock in them.
const DEVICE_SAMPLE: usize = 32;
/// How many of these there are for each round.
const DEVICE_SAMPLES: u32 = 8;
/// A number that is no system call.
const UNIMPLEMENTED: u32 = 500;

/// What a batch of n takes: `a + b·n`, in the clock's nanoseconds.
#[derive(Debug, Serialize)]
struct Line {
    a: f64,
    b: f64,
}

/// All that was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Measured {
    /// `getppid` through each interface, where it runs batches.
    interfaces: Vec<InterfaceLine>,
    io_uring: Vec<UringLine>,
    /// Why there is no `io_uring`, if there is none.
    io_uring_missing: Option<String>,
    /// A batch of numbers that are no calls by the device's ioctl itself, where
    /// there is a device.
    device: Option<Line>,
}

#[derive(Debug, Serialize)]
struct InterfaceLine {
    interface: Interface,
    /// The call by the system call instruction, by turns with the batches.
    alone: f64,
    #[serde(flatten)]
    line: Line,
}

#[derive(Debug, Serialize)]
struct UringLine {
    operation: &'static str,
    #[serde(flatten)]
    line: Line,
}

/// Something that runs batches of one size.
type Runner<'a> = Box<dyn FnMut() -> anyhow::Result<()> + 'a>;

/// Measures everything, in rounds.
///
/// # Errors
/// When a call fails.
pub(crate) fn measure(rounds: u32, file: &Path) -> anyhow::Result<Measured> {
    // Before anything has made a thread: where the table of descriptors is shared,
    // with the workers of a ring for one, each ioctl takes and drops a reference on
    // its file.
    let device = device(rounds)?;
    let mut interfaces = Vec::new();
    for interface in INTERFACES {
        let mut calls = SIZES.map(|size| Call::new(interface, Sysno::getppid as u32, size));
        let mut alone = Vec::new();
        let runners = calls
            .each_mut()
            .map(|call| -> Runner<'_> { Box::new(move || call.run()) });
        let line = line(rounds, runners, || {
            alone.push(time(SAMPLE, getppid)?);
            Ok(())
        })?;
        for call in &mut calls {
            let results = call.results();
            ensure!(
                results.iter().all(|&result| result >= 0),
                "{interface:?}: {results:?}"
            );
        }
        interfaces.push(InterfaceLine {
            interface,
            alone: median(&mut alone),
            line,
        });
    }
    let path = CString::new(file.as_os_str().as_bytes()).context("the path of the file")?;
    let (io_uring, io_uring_missing) = match io_uring(rounds, &path) {
        Ok(lines) => (lines, None),
        Err(error) => (Vec::new(), Some(format!("{error:#}"))),
    };
    Ok(Measured {
        interfaces,
        io_uring,
        io_uring_missing,
        device,
    })
}

/// A `getppid` by the system call instruction.
fn getppid() -> anyhow::Result<()> {
    // SAFETY: it has no arguments and no effect.
    unsafe { syscalls::raw::syscall0(Sysno::getppid as usize) };
    Ok(())
}

/// The line through batches of [`SIZES`]; in each round something else is measured,
/// too.
fn line(
    rounds: u32,
    mut runners: [Runner<'_>; 2],
    mut beside: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<Line> {
    let mut samples: [Vec<f64>; 2] = Default::default();
    for round in 0..=rounds {
        for ((runner, size), samples) in runners.iter_mut().zip(SIZES).zip(&mut samples) {
            let sample = time(SAMPLE.div_ceil(size), runner)?;
            if round > 0 {
                samples.push(sample);
            }
        }
        beside()?;
    }
    let [first, last] = samples.map(|mut samples| median(&mut samples));
    let [x, y] = SIZES.map(|size| size as f64);
    let b = (last - first) / (y - x);
    Ok(Line {
        a: first - b * x,
        b,
    })
}

fn io_uring(rounds: u32, path: &CString) -> anyhow::Result<Vec<UringLine>> {
    let operations = [
        (Operation::Nop, "nop"),
        (Operation::Statx, "statx"),
        (Operation::OpenReadClose, "open-read-close"),
    ];
    let mut lines = Vec::new();
    for (operation, name) in operations {
        let mut rings = Vec::new();
        for size in SIZES {
            rings.push(Uring::new(path.clone(), size)?);
        }
        let [first, last] = rings.as_mut_slice() else {
            continue;
        };
        let line = line(
            rounds,
            [
                Box::new(|| first.run(operation, SIZES[0])),
                Box::new(|| last.run(operation, SIZES[1])),
            ],
            || Ok(()),
        )?;
        lines.push(UringLine {
            operation: name,
            line,
        });
    }
    Ok(lines)
}

/// Batches by the ioctl, if there is the device.
fn device(rounds: u32) -> anyhow::Result<Option<Line>> {
    let Ok(device) = File::options().read(true).write(true).open(DEVICE_PATH) else {
        return Ok(None);
    };
    let mut batches = SIZES.map(|size| {
        let mut program = Program::new(Format::Native, UNIMPLEMENTED, size, 0);
        let run = Run {
            size: RUN_SIZE as u32,
            format: Format::Native.raw(),
            program: program.words.as_mut_ptr().expose_provenance() as u64,
            len: size as u64,
            results: program.results.as_mut_ptr().expose_provenance() as u64,
            results_len: size as u64,
            ..Run::default()
        };
        (program, run)
    });
    let fd = device.as_raw_fd() as usize;
    // What disturbs a count of instructions adds to it, so that the least is it.
    let mut least = [[f64::INFINITY; 2]; 2];
    for _ in 0..rounds * DEVICE_SAMPLES {
        for ((_, run), least) in batches.iter_mut().zip(&mut least) {
            for (least, is_made) in least.iter_mut().zip([false, true]) {
                let sample = time(DEVICE_SAMPLE, || enter(fd, run, is_made))?;
                *least = least.min(sample);
            }
        }
    }
    // Without what the loop around it takes.
    let [first, last] = least.map(|[loop_alone, entered]| entered - loop_alone);
    let [x, y] = SIZES.map(|size| size as f64);
    let b = (last - first) / (y - x);
    let line = Line {
        a: first - b * x,
        b,
    };
    for (program, _) in &mut batches {
        program.expose();
        let results = &program.results;
        ensure!(results.iter().all(|&result| result == -38), "{results:?}");
    }
    Ok(Some(line))
}

/// Enters a batch from its beginning, or does all but that.
fn enter(fd: usize, run: &mut Run, is_made: bool) -> anyhow::Result<()> {
    (run.pc, run.fuel, run.status) = (0, run.len, Status::Done.raw());
    let address = (&raw mut *run).expose_provenance();
    let result = if std::hint::black_box(is_made) {
        // SAFETY: the batch makes no calls, and its memory lives on.
        unsafe { syscalls::raw::syscall3(Sysno::ioctl as usize, fd, RUN_REQUEST as usize, address) }
    } else {
        0
    };
    // SAFETY: a reference is valid for reads; the kernel wrote to it.
    let status = unsafe { (&raw const run.status).read_volatile() };
    ensure!(
        result == 0 && status == Status::Done.raw(),
        "the device returned {result} with the status {status}"
    );
    Ok(())
}
