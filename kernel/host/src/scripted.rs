// SPDX-License-Identifier: GPL-2.0-only
//! Batches through the whole of this crate, for unit tests: on a task that
//! [`shim::double`](crate::shim::double) scripts.

#![expect(unsafe_code, reason = "the ioctl works on registers")]

extern crate std;

use core::ptr::NonNull;
use std::vec;
use std::vec::Vec;

use sysbatch_abi::{DST_OWN_INDEX, Entry, RUN_REQUEST, RUN_SIZE, Run, Status};

use crate::entry::{sysbatch_host_compat_ioctl, sysbatch_host_ioctl, sysbatch_host_observed_ioctl};
use crate::registers::PtRegs;
use crate::shim::double::with_task;

/// What a result slot holds that was not written.
pub(crate) const NOT_WRITTEN: i64 = 77;

/// A batch whose calls store their results in slots of their own.
pub(crate) struct Batch {
    pub(crate) program: Vec<Entry>,
    pub(crate) results: Vec<i64>,
    pub(crate) run: Run,
}

impl Batch {
    /// Calls with these numbers.
    pub(crate) fn of(numbers: &[i32]) -> Self {
        let entry = |&nr: &i32| Entry {
            nr,
            dst: DST_OWN_INDEX,
            ..Entry::default()
        };
        let program: Vec<_> = numbers.iter().map(entry).collect();
        let results = vec![NOT_WRITTEN; program.len()];
        let run = Run {
            size: RUN_SIZE.try_into().unwrap(),
            format: 1,
            len: program.len() as u64,
            results_len: program.len() as u64,
            fuel: 100,
            ..Run::default()
        };
        Self {
            program,
            results,
            run,
        }
    }

    /// Calls with their arguments.
    pub(crate) fn of_calls(calls: &[(u64, &[u64])]) -> Self {
        let numbers: Vec<_> = calls.iter().map(|&(number, _)| number as i32).collect();
        let mut batch = Self::of(&numbers);
        for (entry, (_, args)) in batch.program.iter_mut().zip(calls) {
            entry.args[..args.len()].copy_from_slice(args);
        }
        batch
    }

    /// Where its header is, which says where the rest is.
    pub(crate) fn address(&mut self) -> u64 {
        self.run.program = self.program.as_mut_ptr().expose_provenance() as u64;
        self.run.results = self.results.as_mut_ptr().expose_provenance() as u64;
        address(&mut self.run)
    }

    pub(crate) fn ioctl(&mut self) -> i64 {
        ioctl(RUN_REQUEST, self.address())
    }

    pub(crate) fn compat_ioctl(&mut self) -> i64 {
        compat_ioctl(RUN_REQUEST, self.address())
    }

    pub(crate) fn status(&self) -> Option<Status> {
        Status::from_raw(self.run.status)
    }
}

/// The address of a variable, for a batch.
pub(crate) fn address<T>(variable: &mut T) -> u64 {
    core::ptr::from_mut(variable).expose_provenance() as u64
}

/// The ioctl, of a task with registers of its own.
pub(crate) fn ioctl(request: u32, address: u64) -> i64 {
    let mut registers = PtRegs::default();
    let registers = NonNull::from(&mut registers);
    if with_task(|task| task.has_filters) {
        let guard = NonNull::dangling();
        // SAFETY: as below. Nobody looks at what the guard points to.
        return unsafe { sysbatch_host_observed_ioctl(request, address, registers, guard) };
    }
    // SAFETY: nobody else uses the registers; the addresses of each test are
    // those of its own variables.
    unsafe { sysbatch_host_ioctl(request, address, registers) }
}

/// The same of a 32-bit task.
pub(crate) fn compat_ioctl(request: u32, address: u64) -> i64 {
    let mut registers = PtRegs::default();
    let registers = NonNull::from(&mut registers);
    let guard = with_task(|task| task.has_filters).then_some(NonNull::dangling());
    // SAFETY: as in `ioctl`.
    unsafe { sysbatch_host_compat_ioctl(request, address, registers, guard) }
}
