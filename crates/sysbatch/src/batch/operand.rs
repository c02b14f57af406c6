//! What can be an argument of a call.

use std::ffi::CString;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use super::handle::{BatchId, Buffer, Handle, Param};

/// An argument of a call or a built-in operation, as the `unsafe` methods of a
/// batch take it. The safe ones take typed things that turn into it.
#[derive(Clone, Copy, Debug)]
pub struct Operand {
    pub(crate) kind: Kind,
    pub(crate) batch: Option<BatchId>,
}

/// The kinds of operands.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// This value.
    Immediate(u64),
    /// The result of an operation.
    Result {
        operation: usize,
        /// Whether the operation that uses it is skipped if it is negative.
        guarded: bool,
    },
    /// The value of a parameter.
    Param(usize),
    /// The address of a parameter.
    ParamAddress(usize),
    /// The 64-bit word at an address.
    Memory(u64),
}

impl Operand {
    pub(crate) const ZERO: Self = Self::immediate(0);

    pub(crate) const fn immediate(value: u64) -> Self {
        Self {
            kind: Kind::Immediate(value),
            batch: None,
        }
    }

    pub(crate) const fn of(batch: BatchId, kind: Kind) -> Self {
        Self {
            kind,
            batch: Some(batch),
        }
    }

    /// The result of an operation; what uses it is skipped if it is negative.
    pub(crate) const fn guarded(batch: BatchId, operation: usize) -> Self {
        let guarded = true;
        Self::of(batch, Kind::Result { operation, guarded })
    }

    /// The 64-bit word at this address, read when the entry that has this
    /// operand runs.
    #[must_use]
    pub const fn memory(address: u64) -> Self {
        Self {
            kind: Kind::Memory(address),
            batch: None,
        }
    }
}

macro_rules! numbers {
    ($($number:ty => |$value:ident| $word:expr;)*) => {$(
        impl From<$number> for Operand {
            fn from($value: $number) -> Self {
                Self::immediate($word)
            }
        }

        impl sealed::Number for $number {}
        impl Number for $number {}
    )*};
}

numbers! {
    u32 => |value| value.into();
    u64 => |value| value;
    usize => |value| value as u64;
    i32 => |value| i64::from(value).cast_unsigned();
    i64 => |value| value.cast_unsigned();
}

macro_rules! results {
    ($($of:ty: $guarded:literal),*) => {$(
        impl From<&Handle<$of>> for Operand {
            fn from(handle: &Handle<$of>) -> Self {
                let operation = handle.value;
                Self::of(handle.batch, Kind::Result { operation, guarded: $guarded })
            }
        }
    )*};
}

// A negative number is what arithmetic may well come to; a negative descriptor
// or length is an error, or was never there.
results! { OwnedFd: true, usize: true, u64: true, i64: false }

impl<T> From<&Param<T>> for Operand {
    fn from(param: &Param<T>) -> Self {
        Self::of(param.batch, Kind::Param(param.index))
    }
}

impl From<BorrowedFd<'_>> for Operand {
    fn from(fd: BorrowedFd<'_>) -> Self {
        fd.as_raw_fd().into()
    }
}

/// Its address.
impl From<Buffer> for Operand {
    fn from(buffer: Buffer) -> Self {
        Self {
            kind: Kind::Immediate(buffer.address),
            batch: Some(buffer.batch),
        }
    }
}

/// A number: a plain one, one that a call returns, or a parameter.
pub trait Number: Into<Operand> + sealed::Number {}

macro_rules! number_handles {
    ($($handle:ty),*) => {$(
        impl sealed::Number for $handle {}
        impl Number for $handle {}
    )*};
}

number_handles! {
    &Handle<usize>, &Handle<u64>, &Handle<i64>, &Param<u64>, &Param<i64>
}

/// A file descriptor: anything open that outlives the batch, one that the
/// batch opens itself, or a parameter.
pub trait FdOperand<'buf>: sealed::Fd<'buf> {}

impl<'buf> sealed::Fd<'buf> for BorrowedFd<'buf> {
    fn operand(self) -> Operand {
        self.into()
    }
}
impl<'buf> FdOperand<'buf> for BorrowedFd<'buf> {}

impl<'buf, F: AsFd> sealed::Fd<'buf> for &'buf F {
    fn operand(self) -> Operand {
        self.as_fd().into()
    }
}
impl<'buf, F: AsFd> FdOperand<'buf> for &'buf F {}

impl<'buf> sealed::Fd<'buf> for &Handle<OwnedFd> {
    fn operand(self) -> Operand {
        self.into()
    }
}
impl<'buf> FdOperand<'buf> for &Handle<OwnedFd> {}

impl<'buf> sealed::Fd<'buf> for &Param<BorrowedFd<'buf>> {
    fn operand(self) -> Operand {
        self.into()
    }
}
impl<'buf> FdOperand<'buf> for &Param<BorrowedFd<'buf>> {}

/// A path: anything that [`rustix::path::Arg`] is implemented for, of which the
/// batch keeps a copy, or a parameter made by
/// [`Batch::path_param`](crate::Batch::path_param).
pub trait PathOperand: sealed::Path {}

impl<A: rustix::path::Arg> sealed::Path for A {
    fn path(self) -> sealed::PathSource {
        let copy = self.into_with_c_str(|path| Ok(path.to_owned()));
        sealed::PathSource::Copy(copy)
    }
}
impl<A: rustix::path::Arg> PathOperand for A {}

impl sealed::Path for &Param<CString> {
    fn path(self) -> sealed::PathSource {
        sealed::PathSource::Param(self.into())
    }
}
impl PathOperand for &Param<CString> {}

pub(crate) mod sealed {
    use std::ffi::CString;

    use rustix::io::Errno;

    use super::Operand;

    pub trait Number {}

    pub trait Fd<'buf> {
        fn operand(self) -> Operand;
    }

    pub trait Path {
        fn path(self) -> PathSource;
    }

    #[derive(Debug)]
    pub enum PathSource {
        Copy(Result<CString, Errno>),
        Param(Operand),
    }
}
