//! Many first tries in one crossing.
#![expect(unsafe_code, reason = "a batch does what its addresses and calls say")]

use rustix::io::Errno;
use sysbatch_abi::{FLAG_FIRST_TRY, LIST_SIZE, List, PuntReason, Run, SCRATCH_SIZE, Status};

use super::Backend;
use super::execute::success;
use crate::Direct;

/// What became of a first try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tried {
    /// It is as it was, or some of it was made: it has to be tried by itself.
    ByItself,
    /// It was made as far as it goes; or it is over.
    Stopped(Result<Status, Errno>),
}

impl Backend {
    /// Runs batches in the kernel, one after the other, each until it would wait. The
    /// headers are those of first tries already, except for the flag. Gives for each what
    /// became of it.
    ///
    /// # Safety
    /// As for [`Backend::enter`], for each of them.
    pub(crate) unsafe fn enter_first_tries(&self, runs: &mut [&mut Run]) -> Vec<Tried> {
        let mut tried = vec![Tried::ByItself; runs.len()];
        let Some(device) = self.entered() else {
            return tried;
        };
        if runs.iter().any(|run| !device.runs(run.format)) {
            return tried;
        }
        // One after the other writes to it.
        let mut scratch = [0_u64; SCRATCH_SIZE / 8];
        let scratch = (&raw mut scratch).expose_provenance() as u64;
        let headers: Vec<u64> = runs
            .iter_mut()
            .map(|run| {
                run.flags |= FLAG_FIRST_TRY;
                run.scratch = scratch;
                run.status = Status::None.raw();
                (&raw mut **run).expose_provenance() as u64
            })
            .collect();
        let mut list = List {
            size: LIST_SIZE as u32,
            headers: headers.as_ptr().expose_provenance() as u64,
            len: headers.len() as u64,
            ..List::default()
        };
        while list.next < list.len {
            let from = list.next;
            let address = (&raw mut list).expose_provenance() as u64;
            self.count(1);
            // SAFETY: the caller vouches for the batches; the list, its addresses and
            // the scratch memory are there until this returns.
            let entered = success(unsafe { device.enter_list(address) });
            // SAFETY: a local; it was written through its address.
            let next = unsafe { (&raw const list.next).read_volatile() };
            let over = from as usize..next.min(list.len) as usize;
            for (run, tried) in runs[over.clone()].iter().zip(&mut tried[over]) {
                *tried = told(run);
            }
            match entered {
                Err(Errno::INTR) if next < list.len => {
                    // That call has failed, which is seen to where it is tried by itself.
                    let interrupted = next as usize;
                    self.fail_interrupted(runs[interrupted]);
                    list.next = next + 1;
                }
                Err(errno) if next > from => {
                    let wrong = next as usize - 1;
                    if runs[wrong].status != Status::None.raw() {
                        tried[wrong] = Tried::Stopped(Err(errno));
                    }
                }
                Ok(()) if next > from => {}
                // No lists for this task, or by this module; or it is not the device.
                _ => break,
            }
        }
        for run in runs {
            run.flags &= !FLAG_FIRST_TRY;
            run.scratch = 0;
        }
        tried
    }

    /// Has the call of a batch that a signal interrupted fail with `EINTR`.
    fn fail_interrupted(&self, run: &mut Run) {
        let flags = run.flags;
        run.flags &= !FLAG_FIRST_TRY;
        let scratch = core::mem::take(&mut run.scratch);
        // SAFETY: the caller of `enter_first_tries` vouches for the batch.
        let mut memory = unsafe { Direct::new() };
        // What becomes of it is found by who tries it.
        let _: Result<Status, Errno> =
            self.answer(run, &mut memory, -i64::from(Errno::INTR.raw_os_error()));
        (run.flags, run.scratch) = (flags, scratch);
    }
}

/// What the header of a batch says that was run.
fn told(run: &Run) -> Tried {
    match Status::from_raw(run.status) {
        Some(Status::Punt)
            if [PuntReason::Call.raw(), PuntReason::WouldWait.raw()].contains(&run.reason) =>
        {
            Tried::Stopped(Ok(Status::Punt))
        }
        Some(status @ (Status::Done | Status::Exit | Status::OutOfFuel)) => {
            Tried::Stopped(Ok(status))
        }
        // The task is watched now, or the module switched off.
        _ => Tried::ByItself,
    }
}
