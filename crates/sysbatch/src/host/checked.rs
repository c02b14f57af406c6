//! Memory by the kernel's own copying between processes.
#![expect(unsafe_code, reason = "memory is written at addresses")]

use rustix::io::Errno;
use sysbatch_abi::Width;
use sysbatch_engine::Fault;

use super::{Memory, process_vm};

/// The smallest page size there is: what lies within one such page is copied
/// whole or not at all.
const PAGE_SIZE: u64 = 4096;

/// Memory by `process_vm_readv(2)` and `process_vm_writev(2)` on the own
/// process: a bad address is a [`Fault`], never a signal.
///
/// Each access is two system calls, `getpid` and the copy, so this is for
/// batches that may be wrong: tests, and programs a person wrote by hand.
#[derive(Debug)]
pub struct Checked {
    accesses: u64,
}

impl Checked {
    /// Checked access to the memory of this process.
    ///
    /// # Safety
    /// A bad address is answered, but a write to a good one is not undone.
    /// What the batches that run with it write to, by themselves or by their
    /// system calls, must be memory that they may write to, or none at all;
    /// and each system call that they make must be one that may be made.
    ///
    /// # Errors
    /// What `process_vm_readv` fails with where it is not to be had: `ENOSYS`
    /// if the kernel was built without it, mostly `EPERM` under a seccomp
    /// filter.
    pub unsafe fn new() -> Result<Self, Errno> {
        let probe = [0x5A_u8];
        let mut seen = [0];
        process_vm::read(probe.as_ptr().expose_provenance() as u64, &mut seen)?;
        Ok(Self { accesses: 0 })
    }

    /// How many times memory was reached for, with one system call of
    /// `process_vm_readv` or `process_vm_writev` each.
    #[must_use]
    pub const fn accesses(&self) -> u64 {
        self.accesses
    }

    /// Fills `bytes` from `address`.
    fn read(&mut self, address: u64, bytes: &mut [u8]) -> Result<(), Fault> {
        self.accesses = self.accesses.wrapping_add(1);
        match process_vm::read(address, bytes) {
            Ok(copied) if copied == bytes.len() => Ok(()),
            _ => Err(Fault),
        }
    }

    /// Writes `bytes`, which lie within one page.
    fn write(&mut self, address: u64, bytes: &[u8]) -> Result<(), Fault> {
        self.accesses = self.accesses.wrapping_add(1);
        // SAFETY: that it may be written, if it can, is the contract of `new`.
        match unsafe { process_vm::write(address, bytes) } {
            Ok(copied) if copied == bytes.len() => Ok(()),
            _ => Err(Fault),
        }
    }
}

// SAFETY: the only way to a value is `Checked::new`, which is unsafe.
unsafe impl Memory for Checked {
    fn load(&mut self, address: u64, width: Width) -> Result<u64, Fault> {
        let mut bytes = [0; 8];
        self.read(address, &mut bytes[..width.bytes() as usize])?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn store(&mut self, address: u64, width: Width, value: u64) -> Result<(), Fault> {
        let bytes = value.to_le_bytes();
        let bytes = &bytes[..width.bytes() as usize];
        let in_page = PAGE_SIZE - address % PAGE_SIZE;
        if width.bytes() <= in_page {
            return self.write(address, bytes);
        }
        // Both pages or none: the second first, put back if the first fails.
        let (head, tail) = bytes.split_at(in_page as usize);
        let second = address.checked_add(in_page).ok_or(Fault)?;
        let mut old = [0; 8];
        let old = &mut old[..tail.len()];
        self.read(second, old)?;
        self.write(second, tail)?;
        let written = self.write(address, head);
        if written.is_err() {
            self.write(second, old)?;
        }
        written
    }

    fn load_words<const N: usize>(&mut self, address: u64) -> Result<[u64; N], Fault> {
        let mut words = [[0; 8]; N];
        self.read(address, words.as_flattened_mut())?;
        Ok(words.map(u64::from_le_bytes))
    }
}
