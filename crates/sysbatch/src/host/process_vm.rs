//! `process_vm_readv(2)` and `process_vm_writev(2)` on the own process.
#![expect(unsafe_code, reason = "system calls that read and write memory")]

use rustix::io::Errno;
use syscalls::Sysno;

use crate::arch;

/// `struct iovec` (`readv(2)`).
#[repr(C)]
struct IoVec {
    base: u64,
    len: u64,
}

/// Fills the front of `bytes` from `address`; returns how much could be read.
pub(super) fn read(address: u64, bytes: &mut [u8]) -> Result<usize, Errno> {
    let local = bytes.as_mut_ptr().expose_provenance() as u64;
    // SAFETY: the call writes to `bytes` alone, which is borrowed mutably.
    unsafe { transfer(Sysno::process_vm_readv, local, address, bytes.len()) }
}

/// Writes the front of `bytes` to `address`; returns how much could be written.
///
/// # Safety
/// What can be written at `address` must be memory that may be written.
pub(super) unsafe fn write(address: u64, bytes: &[u8]) -> Result<usize, Errno> {
    let local = bytes.as_ptr().expose_provenance() as u64;
    // SAFETY: the call only reads `bytes`; the caller vouches for the rest.
    unsafe { transfer(Sysno::process_vm_writev, local, address, bytes.len()) }
}

/// Copies between `local` and `remote`, both of this process, in the direction
/// that `sysno` says. Returns how many bytes were copied.
///
/// # Safety
/// `sysno` is one of the two, and what it writes to may be written.
unsafe fn transfer(sysno: Sysno, local: u64, remote: u64, len: usize) -> Result<usize, Errno> {
    // A batch may have forked: the process is asked for each time.
    // SAFETY: getpid has no arguments and no effect.
    let pid = unsafe { arch::syscall(Sysno::getpid as u32, [0; 6]) }.cast_unsigned();
    let len = len as u64;
    let local = IoVec { base: local, len };
    let remote = IoVec { base: remote, len };
    let args = [
        pid,
        (&raw const local).expose_provenance() as u64,
        1,
        (&raw const remote).expose_provenance() as u64,
        1,
        0,
    ];
    // SAFETY: both vectors live until the call returns; the kernel checks all
    // addresses, and the caller vouches for what is written.
    let result = unsafe { arch::syscall(sysno as u32, args) };
    usize::try_from(result).map_err(|_| Errno::from_raw_os_error(-result as i32))
}
