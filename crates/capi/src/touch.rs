//! Raises the fault that a bad address means.
//!
//! Two of the earlier interfaces promise `SIGSEGV` at the address
//! that cannot be read or written. The kernel's half says `EFAULT`; touching
//! the address here makes it the signal, with the right `si_addr`. It is done
//! by an instruction of our own, for to the compiler a bad pointer is no
//! pointer.
#![expect(unsafe_code, reason = "memory is touched at addresses that may be bad")]

use core::arch::asm;

/// Reads the byte at `address`.
///
/// # Safety
/// Reading it must have no effect but, perhaps, a signal.
unsafe fn read_byte(address: u64) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: one load into a scratch register; the caller vouches for it.
    unsafe {
        asm!("mov {scratch}, byte ptr [{address}]", address = in(reg) address,
            scratch = out(reg_byte) _, options(nostack, preserves_flags));
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: one load into a scratch register; the caller vouches for it.
    unsafe {
        asm!("ldrb {scratch:w}, [{address}]", address = in(reg) address,
            scratch = out(reg) _, options(nostack, preserves_flags));
    }
}

/// Reads the `size` bytes from `address` on, in order, one by one.
///
/// # Safety
/// They must be ordinary memory, or none: then the process gets `SIGSEGV`.
pub(crate) unsafe fn read(address: u64, size: u64) {
    for offset in 0..size {
        // SAFETY: the caller's promise.
        unsafe { read_byte(address.wrapping_add(offset)) };
    }
}

/// Writes the word `value` to `address`.
///
/// # Safety
/// The eight bytes must be memory that may be written, or none: then the
/// process gets `SIGSEGV`.
pub(crate) unsafe fn write(address: u64, value: i64) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: one store, which the caller vouches for.
    unsafe {
        asm!("mov qword ptr [{address}], {value}", address = in(reg) address,
            value = in(reg) value, options(nostack, preserves_flags));
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: one store, which the caller vouches for.
    unsafe {
        asm!("str {value}, [{address}]", address = in(reg) address,
            value = in(reg) value, options(nostack, preserves_flags));
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_there_is_touched() {
        let mut word = 5_i64;
        let address = (&raw mut word).expose_provenance() as u64;
        // SAFETY: the word is the test's own.
        unsafe { super::read(address, 8) };
        assert_eq!(word, 5);
        // SAFETY: as above.
        unsafe { super::write(address, -7) };
        assert_eq!(word, -7);
    }
}
