//! The interfaces that came before, as their C programs call them.
#![expect(unsafe_code, reason = "functions of C that run batches")]

use core::ptr;

use anyhow::ensure;
use clap::ValueEnum;
use serde::Serialize;
use sysbatch::abi::{Format, SYSLET_SYNC};
use sysbatch_capi::history::{
    sysbatch_compat_async_exec, sysbatch_compat_batch, sysbatch_compat_generic_batch,
    sysbatch_compat_supersyscall,
};

use crate::program::Program;

/// An interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Interface {
    /// `supersyscall`, which goes on after a failure.
    Supersyscall,
    /// `batch`.
    Batch,
    /// The generic question's `batch`.
    Pointers,
    /// `async_exec` with `SYSLET_SYNC`.
    Syslet,
}

/// All of them.
pub(crate) const INTERFACES: [Interface; 4] = [
    Interface::Supersyscall,
    Interface::Batch,
    Interface::Pointers,
    Interface::Syslet,
];

/// Places in the completion ring of a syslet, to which `SYSLET_SYNC` posts nothing.
const RING: usize = 8;

/// A program that an interface runs again and again.
#[derive(Debug)]
pub(crate) struct Call {
    interface: Interface,
    program: Program,
    ring: [usize; RING],
    /// `struct async_head_user`.
    head: [u64; 8],
}

impl Call {
    /// `len` times the call `number`, which may fail.
    pub(crate) fn new(interface: Interface, number: u32, len: usize) -> Self {
        let format = match interface {
            Interface::Supersyscall => Format::Supersyscall,
            Interface::Batch => Format::SysBatch,
            Interface::Pointers => Format::Pointers,
            Interface::Syslet => Format::Syslet,
        };
        Self {
            interface,
            program: Program::new(format, number, len, SYSLET_SYNC),
            ring: [0; RING],
            head: [0; 8],
        }
    }

    /// Runs all of it.
    ///
    /// # Errors
    /// When the interface returns another value than it should.
    pub(crate) fn run(&mut self) -> anyhow::Result<()> {
        let len = self.program.results.len();
        let words = self.program.words.as_mut_ptr();
        let results = self.program.results.as_mut_ptr();
        let (returned, expected) = match self.interface {
            Interface::Supersyscall => {
                // SAFETY: the program is `len` structures of calls that read and
                // write no memory, the results are as many.
                let tried =
                    unsafe { sysbatch_compat_supersyscall(results, words.cast(), len as i32, 1) };
                (tried, len as i64)
            }
            Interface::Batch => {
                // SAFETY: as above.
                let last =
                    unsafe { sysbatch_compat_batch(results, words.cast(), len as u64, 0, 0) };
                (last, len as i64 - 1)
            }
            Interface::Pointers => {
                // SAFETY: as above; the lists that the program points to live as
                // long as it does.
                let tried = unsafe {
                    sysbatch_compat_generic_batch(results.cast(), words.cast(), len as i64, 0)
                };
                (tried, len as i64)
            }
            Interface::Syslet => {
                self.head[2] = self.ring.as_mut_ptr().expose_provenance() as u64;
                self.head[3] = size_of_val(&self.ring) as u64;
                let head = ptr::from_mut(&mut self.head);
                // SAFETY: the atoms are as above, and `SYSLET_SYNC` has all of
                // them run before this returns, so that head and ring are
                // borrowed for as long as they are used.
                let last = unsafe { sysbatch_compat_async_exec(words.cast(), head.cast()) };
                let last = last.expose_provenance() as i64;
                (last, (words.expose_provenance() + 88 * (len - 1)) as i64)
            }
        };
        ensure!(
            returned == expected,
            "{:?} of {len} calls returned {returned} instead of {expected}: {}",
            self.interface,
            std::io::Error::last_os_error()
        );
        Ok(())
    }

    /// The results, after a run.
    pub(crate) fn results(&mut self) -> Vec<i64> {
        let results = self.program.results.clone();
        self.program.expose();
        results
    }
}

#[cfg(test)]
mod tests {
    use super::{Call, INTERFACES};
    use syscalls::Sysno;

    #[test]
    fn each_interface_makes_all_calls() {
        for interface in INTERFACES {
            let mut call = Call::new(interface, Sysno::getpgid as u32, 3);
            call.run().expect("it runs");
            let results = call.results();
            assert!(results[0] > 0, "{interface:?}: {results:?}");
            assert_eq!(results, [results[0]; 3], "{interface:?}");
            // Again, on what the first run left.
            call.run().expect("it runs again");
        }
    }
}
