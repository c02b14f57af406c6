//! What a batch costs a task with a seccomp filter, and one whose calls are
//! handed back.
#![expect(unsafe_code, reason = "calls and batches made by hand, prctl")]

use std::ffi::CString;
use std::fs::File;
use std::os::fd::AsRawFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use anyhow::{Context as _, ensure};
use clap::ValueEnum;
use serde::Serialize;
use sysbatch::abi::{DEVICE_PATH, Format, RUN_REQUEST, RUN_SIZE, Run, Status};
use sysbatch::{Backend, Direct};
use syscalls::Sysno;

use crate::clock::time;
use crate::program::Program;

/// The rules that a filter has.
const RULES: u32 = 100;
/// The batch sizes that a line is drawn through.
const SIZES: [usize; 2] = [1, 256];
/// Calls in the batch that crossings are counted of, and that is handed back.
const CALLS: usize = 64;
/// What a sample is made of: few, so that most have no tick of the kernel's clock
/// in them. The least of them counts.
const SAMPLE: usize = 32;
/// How many of these there are for each round.
const SAMPLES: u32 = 8;

/// What the rules of a filter look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Rules {
    /// The number of the call: the kernel knows the calls that such a filter lets
    /// pass, and does not run it for them.
    Number,
    /// An argument: the filter is run for each call.
    Argument,
}

/// What was measured: of `getppid`, in the clock's nanoseconds, alone and in a
/// batch; and of a batch of `statx`.
#[derive(Debug, Serialize)]
pub(crate) struct Filtered {
    rules: Rules,
    alone: f64,
    in_batch: f64,
    alone_filtered: f64,
    in_batch_filtered: f64,
    /// Crossings of a batch of 64 `statx` under the filter.
    crossings: u64,
    /// What that batch takes if it is handed back, by what its calls take alone.
    handed_back: f64,
}

/// Measures. The filter stays until the process ends.
///
/// # Errors
/// When there is no device, or a call fails.
pub(crate) fn measure(rounds: u32, rules: Rules, file: &Path) -> anyhow::Result<Filtered> {
    let path = CString::new(file.as_os_str().as_bytes()).context("the path of the file")?;
    let backend = Backend::kernel()?;
    let handed_back = handed_back(rounds, &backend, &path)?;
    let (alone, in_batch) = getppid(rounds)?;
    install(rules)?;
    let (alone_filtered, in_batch_filtered) = getppid(rounds)?;
    let mut batch = Stats::new(&path);
    let before = backend.crossings();
    batch.run(&backend)?;
    let crossings = backend.crossings() - before;
    Ok(Filtered {
        rules,
        alone,
        in_batch,
        alone_filtered,
        in_batch_filtered,
        crossings,
        handed_back,
    })
}

/// The least that a sample took.
fn least(rounds: u32, mut run: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    let mut least = f64::INFINITY;
    for _ in 0..rounds * SAMPLES {
        least = least.min(time(SAMPLE, &mut run)?);
    }
    Ok(least)
}

/// What `getppid` takes alone, and in a batch, without what is around it.
fn getppid(rounds: u32) -> anyhow::Result<(f64, f64)> {
    let call = |number: Sysno| {
        least(rounds, || {
            // SAFETY: it has no arguments and no effect.
            unsafe { syscalls::raw::syscall0(number as usize) };
            Ok(())
        })
    };
    let nothing = least(rounds, || {
        std::hint::black_box(());
        Ok(())
    })?;
    let alone = call(Sysno::getppid)? - nothing;
    let device = File::options().read(true).write(true).open(DEVICE_PATH)?;
    let mut batches = SIZES.map(|size| {
        let mut program = Program::new(Format::Native, Sysno::getppid as u32, size, 0);
        let run = header(&mut program.words, size, &mut program.results);
        (program, run)
    });
    let mut costs = [0.0; 2];
    for ((_, run), cost) in batches.iter_mut().zip(&mut costs) {
        *cost = least(rounds, || enter(&device, run))?;
    }
    for (program, _) in &mut batches {
        program.expose();
        ensure!(
            program.results.iter().all(|&result| result >= 0),
            "{:?}",
            program.results
        );
    }
    let [first, last] = costs;
    let [x, y] = SIZES.map(|size| size as f64);
    Ok((alone, (last - first) / (y - x)))
}

/// The header of a native batch of `size` entries.
fn header(words: &mut [u64], size: usize, results: &mut [i64]) -> Run {
    Run {
        size: RUN_SIZE as u32,
        format: Format::Native.raw(),
        program: words.as_mut_ptr().expose_provenance() as u64,
        len: size as u64,
        results: results.as_mut_ptr().expose_provenance() as u64,
        results_len: size as u64,
        ..Run::default()
    }
}

/// Enters a batch from its beginning.
fn enter(device: &File, run: &mut Run) -> anyhow::Result<()> {
    (run.pc, run.fuel, run.status) = (0, run.len, Status::None.raw());
    let address = (&raw mut *run).expose_provenance();
    let fd = device.as_raw_fd() as usize;
    // SAFETY: the calls of the batch have no effect, and its memory lives on.
    let result = unsafe {
        syscalls::raw::syscall3(Sysno::ioctl as usize, fd, RUN_REQUEST as usize, address)
    };
    // SAFETY: a reference is valid for reads; the kernel wrote to it.
    let status = unsafe { (&raw const run.status).read_volatile() };
    ensure!(
        result == 0 && status == Status::Done.raw(),
        "the device returned {result} with the status {status}"
    );
    Ok(())
}

/// A batch of `statx` on one file.
struct Stats {
    words: Vec<u64>,
    results: Vec<i64>,
    buffer: Box<libc::statx>,
    arguments: [u64; 5],
}

impl Stats {
    fn new(path: &CString) -> Self {
        // SAFETY: the structure is of integers.
        let mut buffer: Box<libc::statx> = Box::new(unsafe { std::mem::zeroed() });
        let arguments = [
            i64::from(libc::AT_FDCWD).cast_unsigned(),
            path.as_ptr().expose_provenance() as u64,
            0,
            u64::from(libc::STATX_BASIC_STATS),
            (&raw mut *buffer).expose_provenance() as u64,
        ];
        let [a, b, c, d, e] = arguments;
        let entry = [Sysno::statx as u64 | 0xFFFF << 48, 0, a, b, c, d, e, 0];
        Self {
            words: entry.repeat(CALLS),
            results: vec![-1; CALLS],
            buffer,
            arguments,
        }
    }

    /// Runs it by the library.
    fn run(&mut self, backend: &Backend) -> anyhow::Result<()> {
        let mut run = header(&mut self.words, CALLS, &mut self.results);
        run.fuel = run.len;
        self.arguments[4] = (&raw mut *self.buffer).expose_provenance() as u64;
        // SAFETY: what the batch points to lives as long as this.
        let mut memory = unsafe { Direct::new() };
        // SAFETY: as above.
        let status = unsafe { backend.run(&mut run, &mut memory) }?;
        ensure!(status == Status::Done, "the batch ended with {status:?}");
        Ok(())
    }

    /// Makes its calls one by one.
    fn call(&mut self) -> anyhow::Result<()> {
        let [a, b, c, d, e] = self.arguments.map(|argument| argument as usize);
        for result in &mut self.results {
            // SAFETY: the path and the buffer live as long as this.
            let returned = unsafe { syscalls::raw::syscall5(Sysno::statx as usize, a, b, c, d, e) };
            *result = returned as i64;
        }
        Ok(())
    }

    fn check(&self) -> anyhow::Result<()> {
        ensure!(
            self.results.iter().all(|&result| result == 0),
            "{:?}",
            self.results
        );
        Ok(())
    }
}

/// What a batch takes in a task whose calls are all handed back, by what its calls
/// take alone in the same task.
fn handed_back(rounds: u32, backend: &Backend, path: &CString) -> anyhow::Result<f64> {
    // Of all that watches, this is easily had and costs least: every place in the
    // program may make calls, so none is dispatched to user space.
    dispatch(true)?;
    let mut batch = Stats::new(path);
    let mut costs = [f64::INFINITY; 2];
    for _ in 0..rounds * SAMPLES {
        costs[0] = costs[0].min(time(1, || batch.call())?);
        batch.check()?;
        let before = backend.crossings();
        costs[1] = costs[1].min(time(1, || batch.run(backend))?);
        batch.check()?;
        let crossings = backend.crossings() - before;
        ensure!(
            crossings == CALLS as u64 + 1,
            "{crossings} crossings: the calls were to be handed back"
        );
    }
    dispatch(false)?;
    let [alone, in_batch] = costs;
    Ok(in_batch / alone)
}

/// Switches syscall user dispatch on or off, for no place at all.
fn dispatch(on: bool) -> anyhow::Result<()> {
    const PR_SET_SYSCALL_USER_DISPATCH: libc::c_int = 59;
    let length = if on { u64::MAX } else { 0 };
    // SAFETY: without a selector no memory is involved.
    let result = unsafe {
        libc::prctl(
            PR_SET_SYSCALL_USER_DISPATCH,
            libc::c_ulong::from(on),
            0_u64,
            length,
            0_u64,
        )
    };
    let error = std::io::Error::last_os_error();
    ensure!(result == 0, "can't switch syscall user dispatch: {error}");
    Ok(())
}

/// Installs a filter of so many rules that lets everything pass.
fn install(rules: Rules) -> anyhow::Result<()> {
    let instruction = |code: u32, k: u32| libc::sock_filter {
        code: code as u16,
        jt: 0,
        jf: 0,
        k,
    };
    // struct seccomp_data: the number, and the last argument's low half.
    let offset = match rules {
        Rules::Number => 0,
        Rules::Argument => 56,
    };
    let mut program = vec![instruction(
        libc::BPF_LD | libc::BPF_W | libc::BPF_ABS,
        offset,
    )];
    for rule in 0..RULES {
        // No call has such a number, and no call here such an argument.
        let mut compare = instruction(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 10_000 + rule);
        // To the end, which lets pass as well.
        compare.jt = (RULES - 1 - rule) as u8;
        program.push(compare);
    }
    program.push(instruction(
        libc::BPF_RET | libc::BPF_K,
        libc::SECCOMP_RET_ALLOW,
    ));
    let filter = libc::sock_fprog {
        len: program.len() as u16,
        filter: program.as_mut_ptr(),
    };
    // SAFETY: no address is involved.
    let result = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    ensure!(result == 0, "PR_SET_NO_NEW_PRIVS failed");
    // SAFETY: the program is as long as it says.
    let result = unsafe {
        libc::prctl(
            libc::PR_SET_SECCOMP,
            libc::SECCOMP_MODE_FILTER,
            &raw const filter,
        )
    };
    let error = std::io::Error::last_os_error();
    ensure!(result == 0, "can't install the filter: {error}");
    Ok(())
}
