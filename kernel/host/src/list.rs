// SPDX-License-Identifier: GPL-2.0-only
//! Many batches in one crossing: a loop around what an ioctl of one batch does.
//!
//! Each batch is run as by its own ioctl, and what that returns decides. Zero leads to
//! the next batch. An error ends the list behind the batch that has it. A restart code
//! ends it on the batch, so that the ioctl made again goes on there.

use sysbatch_abi::{LIST_REQUEST, LIST_SIZE, Width};
use sysbatch_engine::{Error, Fault, check_size};

use crate::departure::Departure;
use crate::entry::run_one;
use crate::host::KernelHost;
use crate::registers::Registers;
use crate::restart::Restart;
use crate::shim;
use crate::watch::Unobserved;

/// "Inappropriate ioctl for device" (`ioctl(2)`).
const ENOTTY: i64 = 25;
/// "Operation not supported".
const EOPNOTSUPP: i64 = 95;

/// The size of what is read, in bytes.
const SIZE: u64 = 32;
/// Where in it [`next`](sysbatch_abi::List::next) is, in bytes.
const NEXT_OFFSET: u64 = 24;
const _: () = assert!(LIST_SIZE == 32, "the offset is that of this structure");

/// What an ioctl returns that is not to run one batch, of a task for which lists are
/// not run: its observers are told of one ioctl at a time, or it is a 32-bit one.
#[cold]
pub(crate) const fn refused(request: u32) -> i64 {
    match request {
        LIST_REQUEST => EOPNOTSUPP.wrapping_neg(),
        _ => ENOTTY.wrapping_neg(),
    }
}

/// Serves an ioctl that is not to run one batch.
// Cold for what it does to the code of one batch, which is not to be dearer for it.
#[cold]
#[inline(never)]
pub(crate) fn serve(request: u32, address: u64, registers: Registers) -> i64 {
    if request != LIST_REQUEST {
        return ENOTTY.wrapping_neg();
    }
    let mut list = match List::read(address, registers) {
        Ok(list) => list,
        Err(error) => return negated(error),
    };
    let mut departure = Departure::new();
    let result = list.run(registers, &mut departure);
    departure.finish();
    // The restart code of a batch, too, is one of which the signal code has been told.
    match shim::store(address.wrapping_add(NEXT_OFFSET), Width::Eight, list.next) {
        Ok(()) => result,
        Err(fault) => negated(fault.into()),
    }
}

fn negated(error: Error) -> i64 {
    i64::from(error.errno()).wrapping_neg()
}

/// What is left of a list.
struct List {
    headers: u64,
    len: u64,
    next: u64,
}

impl List {
    /// Reads a list, each word once, and checks it.
    fn read(address: u64, registers: Registers) -> Result<Self, Error> {
        if !address.is_multiple_of(8) {
            return Err(Error::Invalid);
        }
        let [size_and_flags, headers, len, next] = shim::load_words(address)?;
        let size = size_and_flags & u64::from(u32::MAX);
        let mut host = KernelHost::new(registers, Unobserved);
        check_size(&mut host, address, SIZE, size)?;
        let has_flags = size_and_flags != size;
        if has_flags || !headers.is_multiple_of(8) || next > len {
            return Err(Error::Invalid);
        }
        Ok(Self { headers, len, next })
    }

    /// Runs what is left, or as much as can be. What the ioctl returns.
    fn run(&mut self, registers: Registers, departure: &mut Departure) -> i64 {
        // Nothing is asked before the first batch, as before the first entry of one:
        // else a list under a storm of signals would never get on.
        let mut asks = false;
        while self.next < self.len {
            if asks && departure.pending() {
                return departure.leave();
            }
            asks = true;
            let result = match self.header() {
                Ok(header) => run_one(header, registers),
                Err(fault) => negated(fault.into()),
            };
            if Restart::may_be(result) {
                return result;
            }
            self.next = self.next.wrapping_add(1);
            if result != 0 {
                return result;
            }
        }
        0
    }

    /// The address of the next header.
    fn header(&self) -> Result<u64, Fault> {
        let offset = self.next.checked_mul(8).ok_or(Fault)?;
        let place = self.headers.checked_add(offset).ok_or(Fault)?;
        shim::load(place, Width::Eight)
    }
}

#[cfg(test)]
#[path = "list_tests.rs"]
mod tests;
