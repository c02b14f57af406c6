//! What the arguments of calls become before a batch is run.

use core::marker::PhantomData;
use std::ffi::CString;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd};

use linux_raw_sys::general::{SEEK_CUR, SEEK_DATA, SEEK_END, SEEK_HOLE, SEEK_SET, STATX__RESERVED};
use rustix::fs::{OFlags, SeekFrom, StatxFlags};
use rustix::io::Errno;
use rustix::path::Arg;

/// The function as it is written, which is the one that is known by its name. If it is not,
/// the types are not the same: a type belongs to one function.
pub fn known<F>(written: F, known: F) -> F {
    let _ = known;
    written
}

/// A `Result` with an error that `?` makes of a number without any effect.
#[diagnostic::on_unimplemented(
    message = "`combine` takes this for a `Result` of `std::io` or rustix, and it is another",
    label = "not `Result<_, std::io::Error>` or `Result<_, Errno>`",
    note = "name the type in another way than `io::Result`, `io::Error` or `Errno`"
)]
pub trait PlainErrors {}

impl<T> PlainErrors for Result<T, Errno> {}
impl<T> PlainErrors for Result<T, std::io::Error> {}

/// Checks what a function returns.
pub fn plain_errors<T: PlainErrors>() {}

/// What can be handed over as a descriptor and stays open.
#[diagnostic::on_unimplemented(
    message = "the call would take this descriptor and close it, which a batch cannot",
    label = "hand over a reference, like `&file`",
    note = "a batch takes references to what has a descriptor, and `BorrowedFd`"
)]
pub trait Descriptor {
    /// Its number.
    fn number(self) -> i32;
}

impl<T: AsFd + ?Sized> Descriptor for &T {
    fn number(self) -> i32 {
        self.as_fd().as_raw_fd()
    }
}

impl Descriptor for BorrowedFd<'_> {
    fn number(self) -> i32 {
        self.as_raw_fd()
    }
}

/// A descriptor as an operand.
pub fn descriptor(descriptor: impl Descriptor) -> u64 {
    integer(descriptor.number())
}

/// A number of 32 bits as an operand.
#[must_use]
pub fn integer(number: i32) -> u64 {
    i64::from(number).cast_unsigned()
}

/// The flags of an opening, as rustix passes them.
#[must_use]
pub fn open_flags(flags: OFlags) -> u64 {
    (flags | OFlags::LARGEFILE).bits().into()
}

/// How long a path may be, with the zero at its end, to be copied to where it is used.
const SHORT: usize = 256;

/// A path, for the kernel.
#[expect(
    clippy::large_enum_variant,
    reason = "it is made to be on the stack, most paths are short"
)]
#[derive(Debug)]
pub enum Path {
    /// With a zero at its end.
    Short([u8; SHORT]),
    /// A longer one.
    Long(CString),
    /// It cannot be one.
    Refused(Errno),
}

impl Path {
    /// The path that rustix makes of an argument.
    pub fn new(path: &impl Arg) -> Self {
        if let Ok(text) = path.as_str()
            && text.len() < SHORT
        {
            if text.as_bytes().contains(&0) {
                return Self::Refused(Errno::INVAL);
            }
            let mut bytes = [0; SHORT];
            bytes[..text.len()].copy_from_slice(text.as_bytes());
            return Self::Short(bytes);
        }
        match path.as_cow_c_str() {
            Ok(path) => Self::Long(path.into_owned()),
            Err(errno) => Self::Refused(errno),
        }
    }

    /// Where it is, as long as it is not moved.
    #[must_use]
    pub fn address(&self) -> u64 {
        match self {
            Self::Short(bytes) => bytes.as_ptr().expose_provenance() as u64,
            Self::Long(path) => path.as_ptr().expose_provenance() as u64,
            Self::Refused(_) => 0,
        }
    }

    /// Why it cannot be one.
    #[must_use]
    pub fn refusal(&self) -> Option<Errno> {
        match self {
            Self::Refused(errno) => Some(*errno),
            _ => None,
        }
    }
}

/// What is asked for with `statx`, as rustix passes it.
#[derive(Clone, Copy, Debug)]
pub struct StatxMask(StatxFlags);

impl StatxMask {
    /// These.
    #[must_use]
    pub fn new(mask: StatxFlags) -> Self {
        Self(mask)
    }

    /// Those that are known.
    #[must_use]
    pub fn bits(self) -> u64 {
        (self.0 & StatxFlags::all()).bits().into()
    }

    /// Why rustix does not make the call.
    #[must_use]
    pub fn refusal(self) -> Option<Errno> {
        let reserved = self.0.bits() & STATX__RESERVED == STATX__RESERVED;
        reserved.then_some(Errno::INVAL)
    }
}

/// The operands of a place in a file.
#[must_use]
pub fn seek(to: SeekFrom) -> (u64, u64) {
    let (whence, offset) = match to {
        SeekFrom::Start(offset) => (SEEK_SET, offset),
        SeekFrom::End(offset) => (SEEK_END, offset.cast_unsigned()),
        SeekFrom::Current(offset) => (SEEK_CUR, offset.cast_unsigned()),
        SeekFrom::Data(offset) => (SEEK_DATA, offset),
        SeekFrom::Hole(offset) => (SEEK_HOLE, offset),
    };
    (offset, whence.into())
}

/// Memory that is borrowed for a batch.
#[derive(Debug)]
pub struct Memory<'a> {
    address: u64,
    length: u64,
    borrowed: PhantomData<&'a mut [u8]>,
}

impl Memory<'_> {
    /// So many bytes from here on, borrowed by whoever calls this.
    pub(super) fn new(start: *const u8, length: usize) -> Self {
        Self {
            address: start.expose_provenance() as u64,
            length: length as u64,
            borrowed: PhantomData,
        }
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> u64 {
        self.address
    }

    /// How long it is.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }
}

/// Memory that a call of a batch can fill.
#[diagnostic::on_unimplemented(
    message = "a batch cannot fill this",
    label = "not a `&mut [u8]`, `&mut [u8; N]` or `&mut Vec<u8>`",
    note = "for other memory, put the call in braces, `{{ read(…) }}?`, and it is made alone"
)]
pub trait Fill<'a> {
    /// The memory.
    fn memory(self) -> &'a mut [u8];
}

impl<'a> Fill<'a> for &'a mut [u8] {
    fn memory(self) -> &'a mut [u8] {
        self
    }
}

impl<'a, const N: usize> Fill<'a> for &'a mut [u8; N] {
    fn memory(self) -> &'a mut [u8] {
        self
    }
}

impl<'a> Fill<'a> for &'a mut Vec<u8> {
    fn memory(self) -> &'a mut [u8] {
        self
    }
}

/// Memory that calls fill, and may read.
pub fn fill<'a>(memory: impl Fill<'a>) -> Memory<'a> {
    let memory = memory.memory();
    Memory::new(memory.as_mut_ptr(), memory.len())
}

/// Memory that calls read.
#[must_use]
pub fn bytes(memory: &[u8]) -> Memory<'_> {
    Memory::new(memory.as_ptr(), memory.len())
}

/// Has memory be borrowed up to here.
pub fn keep(memory: &Memory<'_>) {
    let _ = memory;
}

/// What a result can be compared with.
#[diagnostic::on_unimplemented(
    message = "a batch cannot compare a result with this",
    label = "not a `u64`, `usize`, `i64`, `u32` or `u16`"
)]
pub trait Limit {
    /// A number with which one from 0 to below 2⁶³ − 1 compares as with it.
    fn limit(self) -> u64;

    /// The number that it is.
    fn same(self) -> u64;
}

/// The largest number that is compared by the sign of a difference.
const LARGEST: u64 = i64::MAX.cast_unsigned();

macro_rules! unsigned {
    ($($of:ty)*) => {$(
        impl Limit for $of {
            fn limit(self) -> u64 {
                (self as u64).min(LARGEST)
            }

            fn same(self) -> u64 {
                self as u64
            }
        }
    )*};
}

unsigned!(u16 u32 u64 usize);

impl Limit for i64 {
    fn limit(self) -> u64 {
        self.max(-1).cast_unsigned()
    }

    fn same(self) -> u64 {
        self.cast_unsigned()
    }
}

/// What a result is compared with for being the same.
pub fn same(number: impl Limit) -> u64 {
    number.same()
}

/// What a result is compared with.
pub fn limit(limit: impl Limit) -> u64 {
    limit.limit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_compare_as_they_are() {
        let results = [0_u64, 1, 4095, 1 << 62, LARGEST - 1];
        let limits = [0_u64, 1, 4096, 1 << 62, LARGEST, LARGEST + 1, u64::MAX];
        for result in results {
            for of in limits {
                let difference = result.wrapping_sub(limit(of)).cast_signed();
                assert_eq!(difference.signum(), result.cmp(&of) as i64, "{result} {of}");
            }
            for of in [i64::MIN, -4, -1, 0, 7, i64::MAX] {
                let difference = result.wrapping_sub(limit(of)).cast_signed();
                let expected = result.cast_signed().cmp(&of) as i64;
                assert_eq!(difference.signum(), expected, "{result} {of}");
            }
        }
    }

    #[test]
    fn paths_are_those_of_rustix() {
        let long = "x".repeat(300);
        for text in [
            "",
            "a",
            &long,
            &long[..255],
            &long[..256],
            "a\0b",
            &format!("{long}\0"),
        ] {
            let path = Path::new(&text);
            let expected = text.into_with_c_str(|path| Ok(path.to_owned()));
            assert_eq!(path.refusal(), expected.as_ref().err().copied(), "{text:?}");
            match (&path, expected) {
                (Path::Short(bytes), Ok(expected)) => {
                    assert!(bytes.starts_with(expected.as_bytes_with_nul()));
                }
                (Path::Long(path), Ok(expected)) => assert_eq!(*path, expected),
                (Path::Refused(_), Err(_)) => {}
                _ => panic!("{path:?}"),
            }
        }
    }
}
