//! Memory that may be bad, at a price that can be paid for every batch.
#![expect(unsafe_code, reason = "addresses that were probed are read")]

use core::ops::Range;
use core::ptr;

use rustix::io::Errno;
use sysbatch::abi::{RUN_SIZE, Run, Status, Width};
use sysbatch::{Backend, Checked, Direct, Memory};
use sysbatch_engine::Fault;
use syscalls::Sysno;

/// The smallest page size there is: a word within one can be read whole or not
/// at all.
const PAGE_SIZE: u64 = 4096;

/// How many pages are remembered while one entry is read.
const REMEMBERED: usize = 4;

/// Memory of a program that was handed in by C: what is read is probed, so
/// that a bad address is a [`Fault`] here as it is in the kernel.
///
/// A page is probed once for each entry, by one system call that only reads
/// (`rt_sigprocmask(2)` with a set there and an operation that does not
/// exist). Words are written by `process_vm_writev(2)`, unless they are among
/// the results: those are written straight, and a bad address among them is
/// told by the caller's own fault. Where a sandbox forbids
/// `process_vm_writev`, words are written straight too.
#[derive(Debug)]
pub(crate) struct Probed {
    /// Made when it is needed first; `None` in it where it cannot be had.
    checked: Option<Option<Checked>>,
    direct: Direct,
    /// Addresses that are written without a check.
    straight: Range<u64>,
    /// The run header, which is the library's or vouched for.
    header: Range<u64>,
    /// Pages known to be readable, for as long as the entry is being read.
    readable: [u64; REMEMBERED],
    oldest: usize,
}

/// No page starts here.
const NO_PAGE: u64 = u64::MAX;

impl Probed {
    /// Access to the memory of this process.
    ///
    /// # Safety
    /// As for [`Checked::new`]; and `straight` may be written, or is
    /// meant to fault; and no other thread unmaps memory that the batch reads
    /// while it is being read.
    pub(crate) unsafe fn new(straight: Range<u64>) -> Self {
        Self {
            checked: None,
            // SAFETY: it reads what was probed and writes what the caller
            // vouches for.
            direct: unsafe { Direct::new() },
            straight,
            header: 0..0,
            readable: [NO_PAGE; REMEMBERED],
            oldest: 0,
        }
    }

    /// Lets the run header be reached straight, from now on.
    ///
    /// # Safety
    /// The header must not move while batches run with this memory.
    pub(crate) unsafe fn admit(&mut self, run: &Run) {
        let address = ptr::from_ref(run).expose_provenance() as u64;
        self.header = address..address + RUN_SIZE as u64;
    }

    /// Runs a batch to its end, see [`Backend::run`].
    ///
    /// # Safety
    /// As for [`Backend::run`]; addresses that are read may be bad.
    pub(crate) unsafe fn run(&mut self, backend: &Backend, run: &mut Run) -> Result<Status, Errno> {
        // SAFETY: it is borrowed for as long as the batch runs.
        unsafe { self.admit(run) };
        // SAFETY: the caller's promise.
        let ended = unsafe { backend.run(run, self) };
        self.header = 0..0;
        ended
    }

    /// Memory may have changed: nothing is known of any page.
    fn forget(&mut self) {
        self.readable = [NO_PAGE; REMEMBERED];
    }

    /// Sees that `size` bytes from `address` on can be read.
    fn probe(&mut self, address: u64, size: u64) -> Result<(), Fault> {
        let last = address.checked_add(size - 1).ok_or(Fault)?;
        let mut page = address / PAGE_SIZE;
        while page <= last / PAGE_SIZE {
            self.probe_page(page)?;
            page += 1;
        }
        Ok(())
    }

    fn probe_page(&mut self, page: u64) -> Result<(), Fault> {
        if self.readable.contains(&page) {
            return Ok(());
        }
        if !is_readable(page * PAGE_SIZE) {
            return Err(Fault);
        }
        self.readable[self.oldest] = page;
        self.oldest = (self.oldest + 1) % REMEMBERED;
        Ok(())
    }
}

/// Whether the aligned word at `address` can be read.
///
/// The kernel copies the set before it looks at the operation
/// (`rt_sigprocmask` in kernel/signal.c), so one that does not exist tells the
/// two errors apart and changes nothing.
fn is_readable(address: u64) -> bool {
    const NO_OPERATION: usize = usize::MAX;
    if address == 0 {
        return false;
    }
    // SAFETY: whatever the address, the call reads a word or fails; no mask is
    // changed, for the operation does not exist.
    let result = unsafe {
        syscalls::syscall4(
            Sysno::rt_sigprocmask,
            NO_OPERATION,
            address as usize,
            0,
            size_of::<u64>(),
        )
    };
    result != Err(syscalls::Errno::EFAULT)
}

// SAFETY: a value has a `Direct` in it, which only `unsafe` code makes.
unsafe impl Memory for Probed {
    fn load(&mut self, address: u64, width: Width) -> Result<u64, Fault> {
        if self.header.contains(&address) {
            return self.direct.load(address, width);
        }
        self.probe(address, width.bytes())?;
        self.direct.load(address, width)
    }

    fn store(&mut self, address: u64, width: Width, value: u64) -> Result<(), Fault> {
        self.forget();
        if self.straight.contains(&address) || self.header.contains(&address) {
            return self.direct.store(address, width, value);
        }
        // SAFETY: whoever made this one promised what that one asks for.
        let make = || unsafe { Checked::new() }.ok();
        match self.checked.get_or_insert_with(make) {
            Some(checked) => checked.store(address, width, value),
            None => self.direct.store(address, width, value),
        }
    }

    fn load_words<const N: usize>(&mut self, address: u64) -> Result<[u64; N], Fault> {
        self.forget();
        if self.header.contains(&address) {
            return self.direct.load_words(address);
        }
        self.probe(address, 8 * N as u64)?;
        self.direct.load_words(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probed() -> Probed {
        // SAFETY: the tests read and write their own memory.
        unsafe { Probed::new(0..0) }
    }

    #[test]
    fn bad_addresses_are_faults() {
        let mut memory = probed();
        for address in [0, 1, 4096, u64::MAX, u64::MAX - 7, 1 << 63] {
            assert_eq!(
                memory.load(address, Width::Eight),
                Err(Fault),
                "{address:#x}"
            );
            assert_eq!(memory.load_words::<8>(address), Err(Fault), "{address:#x}");
            assert_eq!(
                memory.store(address, Width::Eight, 1),
                Err(Fault),
                "{address:#x}"
            );
        }
    }

    #[test]
    fn good_ones_are_read_and_written() {
        let mut memory = probed();
        let mut words = [1_u64, 2, 3];
        let address = words.as_mut_ptr().expose_provenance() as u64;
        assert_eq!(memory.load_words(address), Ok([1_u64, 2, 3]));
        assert_eq!(memory.store(address + 8, Width::Eight, 9), Ok(()));
        assert_eq!(memory.load(address + 8, Width::Eight), Ok(9));
        assert_eq!(words[1], 9);
    }
}
