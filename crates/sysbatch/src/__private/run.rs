//! Running a batch that the compiler has put together.
#![expect(unsafe_code, reason = "a batch does what its entries say")]

use core::cell::Cell;
use std::sync::OnceLock;

use sysbatch_abi::{Entry, Format, RUN_SIZE, Run, Status};

use crate::{Backend, Direct};

thread_local! {
    static RUNS: Cell<u64> = const { Cell::new(0) };
}

/// The backend of all code that [`combine`](macro@crate::combine) has combined.
///
/// It is [selected](Backend::select) when it is first needed. Where the environment asks for
/// one that cannot be had it is that of this process, which has the same results.
pub fn backend() -> &'static Backend {
    static BACKEND: OnceLock<Backend> = OnceLock::new();
    BACKEND.get_or_init(|| Backend::select().unwrap_or_else(|_| Backend::user()))
}

/// How many batches this thread has run that [`combine`](macro@crate::combine) has made.
#[must_use]
pub fn runs() -> u64 {
    RUNS.get()
}

/// Runs a batch from the entry with this index to its end.
///
/// # Safety
/// Whatever the entries do must be sound: see [`Direct::new`].
///
/// # Panics
/// If the entries are wrong.
pub unsafe fn run(entries: &mut [Entry], slots: &mut [i64], from: u64) {
    RUNS.set(RUNS.get().wrapping_add(1));
    let mut run = Run {
        size: RUN_SIZE as u32,
        format: Format::Native.raw(),
        program: entries.as_mut_ptr().expose_provenance() as u64,
        len: entries.len() as u64,
        results: slots.as_mut_ptr().expose_provenance() as u64,
        results_len: slots.len() as u64,
        pc: from,
        fuel: u64::MAX,
        ..Run::default()
    };
    // SAFETY: the caller vouches for the batch.
    let mut memory = unsafe { Direct::new() };
    let mut own = None;
    loop {
        let backend = match &own {
            Some(own) => own,
            None => backend(),
        };
        // SAFETY: as above.
        let result = unsafe { backend.run(&mut run, &mut memory) };
        match (result, Status::from_raw(run.status)) {
            (Ok(Status::Done | Status::Exit), _) => return,
            (Ok(Status::OutOfFuel), _) => run.fuel = u64::MAX,
            // The device was not entered: a filter of the task is before it. The batch goes
            // on from where it is in this process.
            (Err(_), Some(Status::None)) if own.is_none() => own = Some(Backend::user()),
            (result, status) => panic!(
                "a batch that `combine` has made was refused at entry {}: {result:?}, {status:?}; \
                 this is a mistake of sysbatch",
                run.pc
            ),
        }
    }
}
