//! Arguments that are structures, or options.

use core::num::NonZeroU64;
use std::io::{IoSlice, IoSliceMut};

use linux_raw_sys::general::UIO_MAXIOV;
use rustix::fs::{AtFlags, Gid, Timestamps, Uid};
use rustix::io::Errno;

use super::Memory;

/// The slices of memory that a call reads; rustix passes as many as the kernel takes.
#[must_use]
pub fn slices<'a>(slices: &'a [IoSlice<'_>]) -> Memory<'a> {
    Memory::new(
        slices.as_ptr().cast(),
        slices.len().min(UIO_MAXIOV as usize),
    )
}

/// Those that a call fills.
pub fn slices_mut<'a>(slices: &'a mut [IoSliceMut<'_>]) -> Memory<'a> {
    // What the kernel is told of is the structure of the interface, which std guarantees.
    let length = slices.len().min(UIO_MAXIOV as usize);
    Memory::new(slices.as_mut_ptr().cast(), length)
}

/// An owner as an operand; the largest number of 32 bits for none.
#[must_use]
pub fn owner(owner: Option<Uid>) -> u64 {
    owner.map_or(u32::MAX, Uid::as_raw).into()
}

/// A group, the same.
#[must_use]
pub fn group(group: Option<Gid>) -> u64 {
    group.map_or(u32::MAX, Gid::as_raw).into()
}

/// A length as an operand, zero for none.
#[must_use]
pub fn non_zero(length: Option<NonZeroU64>) -> u64 {
    length.map_or(0, NonZeroU64::get)
}

/// Why rustix does not change a mode with these flags.
#[must_use]
pub fn no_flags(flags: AtFlags) -> Option<Errno> {
    if flags == AtFlags::SYMLINK_NOFOLLOW {
        return Some(Errno::OPNOTSUPP);
    }
    (!flags.is_empty()).then_some(Errno::INVAL)
}

/// Times, as the kernel has them.
#[derive(Debug)]
pub struct Times([i64; 4]);

impl Times {
    /// These.
    #[must_use]
    pub fn new(times: &Timestamps) -> Self {
        let [first, last] = [&times.last_access, &times.last_modification];
        Self([first.tv_sec, first.tv_nsec, last.tv_sec, last.tv_nsec])
    }

    /// Where they are, as long as they are not moved.
    #[must_use]
    pub fn address(&self) -> u64 {
        self.0.as_ptr().expose_provenance() as u64
    }
}
