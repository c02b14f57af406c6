//! Memory by pointer.
#![expect(unsafe_code, reason = "addresses become pointers")]

use core::ptr;

use sysbatch_abi::Width;
use sysbatch_engine::Fault;

/// How a [`UserHost`](super::UserHost) reaches the memory of its process.
///
/// The methods have the contracts of [`sysbatch_engine::Host`]'s.
///
/// # Safety
/// Whoever has a value of the type can have a `UserHost` make any system call,
/// in safe code. So a value must only be had by `unsafe` means, with a contract
/// like that of [`Direct::new`], or from one that was.
pub unsafe trait Memory {
    /// Reads a word, zero-extended.
    ///
    /// # Errors
    /// [`Fault`] if any byte of it cannot be read.
    fn load(&mut self, address: u64, width: Width) -> Result<u64, Fault>;

    /// Writes the low bytes of `value`.
    ///
    /// # Errors
    /// [`Fault`] if any byte of it cannot be written.
    fn store(&mut self, address: u64, width: Width, value: u64) -> Result<(), Fault>;

    /// Reads `N` consecutive 64-bit words, each of them once.
    ///
    /// # Errors
    /// [`Fault`] if any byte of them cannot be read.
    fn load_words<const N: usize>(&mut self, address: u64) -> Result<[u64; N], Fault> {
        let mut words = [0; N];
        let mut at = address;
        for (index, word) in words.iter_mut().enumerate() {
            if index > 0 {
                at = at.checked_add(8).ok_or(Fault)?;
            }
            *word = self.load(at, Width::Eight)?;
        }
        Ok(words)
    }

    /// A system call of the batch was made, with this result: what was found
    /// out about memory before may not be so any more.
    #[inline]
    fn called(&mut self, number: u32, args: &[u64; 6], result: i64) {
        let _ = (number, args, result);
    }

    /// The same of a call that has not waited, and neither has the batch for any
    /// other since it began.
    #[inline]
    fn called_at_once(&mut self, number: u32, args: &[u64; 6], result: i64) {
        self.called(number, args, result);
    }

    /// Any system calls may have been made, elsewhere: in the kernel's half.
    #[inline]
    fn forget(&mut self) {}
}

// SAFETY: it takes a value of the type.
unsafe impl<M: Memory> Memory for &mut M {
    #[inline(always)]
    fn load(&mut self, address: u64, width: Width) -> Result<u64, Fault> {
        (**self).load(address, width)
    }

    #[inline(always)]
    fn store(&mut self, address: u64, width: Width, value: u64) -> Result<(), Fault> {
        (**self).store(address, width, value)
    }

    #[inline(always)]
    fn load_words<const N: usize>(&mut self, address: u64) -> Result<[u64; N], Fault> {
        (**self).load_words(address)
    }

    #[inline(always)]
    fn called(&mut self, number: u32, args: &[u64; 6], result: i64) {
        (**self).called(number, args, result);
    }

    #[inline(always)]
    fn called_at_once(&mut self, number: u32, args: &[u64; 6], result: i64) {
        (**self).called_at_once(number, args, result);
    }

    #[inline(always)]
    fn forget(&mut self) {
        (**self).forget();
    }
}

/// Memory by plain loads and stores: as fast as it gets, and a bad address
/// is what it is in any code, `SIGSEGV`.
///
/// Only addresses that cannot be an object at all, null and those whose end
/// would lie past the end of the address space, are told as [`Fault`].
#[derive(Debug)]
pub struct Direct(());

impl Direct {
    /// Direct access to the memory of this process.
    ///
    /// # Safety
    /// Every batch that runs with it must be sound: each address that it reads
    /// or writes, by itself or by its system calls, must be valid for that,
    /// with exposed provenance, and not be used by other threads meanwhile;
    /// and each system call that it makes must be one that may be made.
    #[must_use]
    pub const unsafe fn new() -> Self {
        Self(())
    }
}

/// Checks what [`Direct`] checks and gives the address as a pointer.
#[inline(always)]
fn pointer<T>(address: u64) -> Result<*mut T, Fault> {
    let last = size_of::<T>() as u64 - 1;
    if address == 0 || address.checked_add(last).is_none() {
        return Err(Fault);
    }
    Ok(ptr::with_exposed_provenance_mut(address as usize))
}

/// Reads a `T`, at once if it is aligned, else byte by byte.
#[inline(always)]
fn read<T, const N: usize>(address: u64, from_bytes: fn([u8; N]) -> T) -> Result<T, Fault> {
    let pointer = pointer::<T>(address)?;
    if pointer.is_aligned() {
        // SAFETY: not null, aligned; that it is valid for reads of `T`, an
        // integer, is the contract of `Direct::new`.
        return Ok(unsafe { pointer.read_volatile() });
    }
    let mut bytes = [0; N];
    for (index, byte) in bytes.iter_mut().enumerate() {
        let pointer = pointer.cast::<u8>().wrapping_add(index);
        // SAFETY: as above, for one byte of it; the end does not wrap.
        *byte = unsafe { pointer.read_volatile() };
    }
    Ok(from_bytes(bytes))
}

/// Writes a `T`, at once if it is aligned, else byte by byte.
#[inline(always)]
fn write<T, const N: usize>(address: u64, value: T, bytes: [u8; N]) -> Result<(), Fault> {
    let pointer = pointer::<T>(address)?;
    if pointer.is_aligned() {
        // SAFETY: not null, aligned; that it is valid for writes is the
        // contract of `Direct::new`.
        unsafe { pointer.write_volatile(value) };
        return Ok(());
    }
    for (index, byte) in bytes.into_iter().enumerate() {
        let pointer = pointer.cast::<u8>().wrapping_add(index);
        // SAFETY: as above, for one byte of it; the end does not wrap.
        unsafe { pointer.write_volatile(byte) };
    }
    Ok(())
}

// SAFETY: the only way to a value is `Direct::new`, with that contract.
unsafe impl Memory for Direct {
    #[inline(always)]
    fn load(&mut self, address: u64, width: Width) -> Result<u64, Fault> {
        Ok(match width {
            Width::One => read(address, u8::from_ne_bytes)?.into(),
            Width::Two => read(address, u16::from_ne_bytes)?.into(),
            Width::Four => read(address, u32::from_ne_bytes)?.into(),
            Width::Eight => read(address, u64::from_ne_bytes)?,
        })
    }

    #[inline(always)]
    fn store(&mut self, address: u64, width: Width, value: u64) -> Result<(), Fault> {
        match width {
            Width::One => write(address, value as u8, (value as u8).to_ne_bytes()),
            Width::Two => write(address, value as u16, (value as u16).to_ne_bytes()),
            Width::Four => write(address, value as u32, (value as u32).to_ne_bytes()),
            Width::Eight => write(address, value, value.to_ne_bytes()),
        }
    }

    #[inline(always)]
    fn load_words<const N: usize>(&mut self, address: u64) -> Result<[u64; N], Fault> {
        let pointer = pointer::<[u64; N]>(address)?;
        if !pointer.is_aligned() {
            return unaligned_words(address);
        }
        let mut words = [0; N];
        for (index, word) in words.iter_mut().enumerate() {
            let pointer = pointer.cast::<u64>().wrapping_add(index);
            // SAFETY: not null, aligned, and the end does not wrap; that it is
            // valid for reads is the contract of `Direct::new`.
            *word = unsafe { pointer.read_volatile() };
        }
        Ok(words)
    }
}

/// Reads words that are not aligned.
#[cold]
fn unaligned_words<const N: usize>(address: u64) -> Result<[u64; N], Fault> {
    let mut words = [0; N];
    for (word, at) in words.iter_mut().zip((address..).step_by(8)) {
        *word = read(at, u64::from_ne_bytes)?;
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_and_alignments() {
        // SAFETY: the test reads and writes its own array only.
        let mut memory = unsafe { Direct::new() };
        let mut bytes = *b"0123456789abcdef";
        let base = bytes.as_mut_ptr().expose_provenance() as u64;
        for offset in 0..8 {
            for width in [Width::One, Width::Two, Width::Four, Width::Eight] {
                let value = memory.load(base + offset, width).unwrap();
                let mut expected = [0; 8];
                for (index, byte) in expected.iter_mut().enumerate().take(width.bytes() as usize) {
                    *byte = b"0123456789abcdef"[offset as usize + index];
                }
                assert_eq!(value, u64::from_le_bytes(expected));
                memory.store(base + offset, width, !value).unwrap();
                memory.store(base + offset, width, value).unwrap();
            }
        }
        assert_eq!(
            memory.load_words(base),
            Ok([
                u64::from_le_bytes(*b"01234567"),
                u64::from_le_bytes(*b"89abcdef")
            ])
        );
        assert_eq!(bytes, *b"0123456789abcdef");
    }

    #[test]
    fn what_cannot_be_an_object_is_a_fault() {
        // SAFETY: none of these addresses is dereferenced.
        let mut memory = unsafe { Direct::new() };
        assert_eq!(memory.load(0, Width::One), Err(Fault));
        assert_eq!(memory.store(0, Width::Eight, 1), Err(Fault));
        assert_eq!(memory.load(u64::MAX - 6, Width::Eight), Err(Fault));
        assert_eq!(memory.load_words::<8>(0), Err(Fault));
    }
}
