//! Batches in user space, whose instructions are counted from outside.
#![expect(unsafe_code, reason = "runs a batch")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::ensure;
use clap::ValueEnum;
use serde::Serialize;
use sysbatch::abi::{BuiltIn, DST_OWN_INDEX, Entry, Format, RUN_SIZE, Run, Status};
use sysbatch::{Backend, Direct};
use syscalls::Sysno;

/// What each entry of the batch does.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Step {
    /// Calls getppid: a plain entry, result to the slot beside it.
    Call,
    /// Adds two immediate operands.
    BuiltIn,
}

/// What was seen from inside.
#[derive(Debug, Serialize)]
pub(crate) struct Seen {
    entries: usize,
    /// Allocations while the batch ran.
    allocations: u64,
}

/// The system's allocator, counting.
struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: every method is the system allocator's own, with the same arguments.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promise is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is the same.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Runs a batch of `entries` such entries once, in [`measured`].
///
/// # Errors
/// When it does not run to its end.
pub(crate) fn run(step: Step, entries: usize) -> anyhow::Result<Seen> {
    let entry = match step {
        Step::Call => Entry {
            nr: Sysno::getppid.id(),
            dst: DST_OWN_INDEX,
            ..Entry::default()
        },
        Step::BuiltIn => Entry {
            nr: BuiltIn::Add.number(),
            dst: DST_OWN_INDEX,
            args: [1, 2, 0, 0, 0, 0],
            ..Entry::default()
        },
    };
    let mut program = vec![entry; entries];
    let mut results = vec![0_i64; entries];
    let mut run = Run {
        size: RUN_SIZE as u32,
        format: Format::Native.raw(),
        program: program.as_mut_ptr().expose_provenance() as u64,
        len: entries as u64,
        results: results.as_mut_ptr().expose_provenance() as u64,
        results_len: entries as u64,
        fuel: entries as u64,
        ..Run::default()
    };
    let backend = Backend::user();
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    let status = measured(&backend, &mut run)?;
    let allocations = ALLOCATIONS.load(Ordering::Relaxed) - before;
    ensure!(status == Status::Done, "the batch ended with {status:?}");
    Ok(Seen {
        entries,
        allocations,
    })
}

/// What callgrind is told to collect in: see `xtask/src/bench/callgrind.rs`.
#[inline(never)]
#[unsafe(no_mangle)]
fn sysbatch_bench_measured(backend: &Backend, run: &mut Run) -> Result<Status, rustix::io::Errno> {
    // SAFETY: the entries make calls and built-ins that touch no memory but the
    // result slots, which live in the caller, as the program does.
    let mut memory = unsafe { Direct::new() };
    // SAFETY: as above.
    unsafe { backend.run(run, &mut memory) }
}

use sysbatch_bench_measured as measured;

#[cfg(test)]
mod tests {
    use super::{Step, run};

    #[test]
    fn batches_of_any_length_run() {
        for step in [Step::Call, Step::BuiltIn] {
            for entries in [0, 1, 1000] {
                assert_eq!(run(step, entries).expect("it runs").entries, entries);
            }
        }
    }
}
