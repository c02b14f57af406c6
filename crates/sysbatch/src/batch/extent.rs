//! Memory as an argument of a call: what it reads from, and what it fills.
#![expect(unsafe_code, reason = "vectors are given the length that was filled")]

use core::mem::MaybeUninit;
use core::ptr;

use syscalls::Sysno;

use super::Batch;
use super::error::BuildError;
use super::handle::{Buffer, Handle, Prefix};
use super::operand::{Kind, Operand};
use sealed::{Extent, Room, Vector};

/// Memory that a call reads from.
pub trait Source<'buf>: sealed::Source<'buf> {}

/// Memory that a call fills, as [rustix](rustix::buffer::Buffer) takes it.
///
/// | what it is given | what it fills |
/// | --- | --- |
/// | `&mut [u8]`, `&mut [u8; N]` | the slice |
/// | `&mut Vec<u8>` | the elements that the vector has; the batch does not run if it has none |
/// | `&mut [MaybeUninit<u8>]`, `&mut [MaybeUninit<u8>; N]` | the slice, which need not be initialised |
/// | [`spare_capacity(&mut vector)`](spare_capacity) | the capacity behind the elements, by which the vector becomes longer |
/// | [`Buffer`], [`Prefix`] | memory that several calls of the batch work on |
///
/// [`Results::filled`](crate::Results::filled) gives the bytes that a call put there.
pub trait Destination<'buf>: sealed::Destination<'buf> {}

/// The capacity of a vector behind its elements: see [`spare_capacity`].
#[derive(Debug)]
pub struct SpareCapacity<'buf>(&'buf mut Vec<u8>);

/// Has a call append to a vector, up to its capacity. A run makes the vector longer by as
/// many bytes as the call has put there.
///
/// A batch does not run if the vector has no spare capacity: the call would be asked for 0
/// bytes. Each further run fills the same capacity again.
///
/// ```
/// # use rustix::fs::{CWD, Mode, OFlags};
/// use sysbatch::{Backend, Batch, spare_capacity};
///
/// let mut text = Vec::with_capacity(4096);
/// let mut batch = Batch::new();
/// let file = batch.openat(CWD, "/proc/version", OFlags::RDONLY, Mode::empty());
/// batch.read(&file, spare_capacity(&mut text));
/// batch.run(&Backend::select()?)?.check()?;
/// drop(batch);
/// assert!(text.starts_with(b"Linux version"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "nothing is read until it is given to a call of a batch"]
pub fn spare_capacity(vector: &mut Vec<u8>) -> SpareCapacity<'_> {
    SpareCapacity(vector)
}

/// A vector that a call appends to.
#[derive(Debug)]
pub(super) struct Appended {
    /// The address of the vector.
    vector: u64,
    /// How many elements it had.
    len: usize,
    /// How many there is room for.
    spare: usize,
    /// The operation that fills it.
    operation: usize,
    /// How many bytes it puts elsewhere before, at most.
    before: usize,
}

impl<'buf> Batch<'buf> {
    /// The memory that a call is to fill.
    pub(crate) fn destination(&mut self, sysno: Sysno, to: impl Destination<'buf>) -> Room {
        let room = to.room();
        if room.vector != Vector::None && room.extent.bound == 0 {
            let (name, index) = (sysno.name(), self.calls);
            self.fail(BuildError::EmptyVector { name, index });
        }
        room
    }

    /// The value of an operand, unless it is known in a run only.
    #[track_caller]
    pub(crate) fn constant(&self, operand: Operand) -> Option<u64> {
        if let Some(batch) = operand.batch {
            self.id.check(batch, "argument");
        }
        match operand.kind {
            Kind::Immediate(value) => Some(value),
            _ => None,
        }
    }

    /// Notes that a call fills this memory, and returns how much of it.
    pub(crate) fn fills(&mut self, call: Handle<usize>, room: &Room) -> Handle<usize> {
        self.fills_all(&call, core::slice::from_ref(room));
        call.at_most(room.extent.bound)
            .filling(room.address, room.extent.bound)
    }

    /// Notes that a call fills these pieces of memory, one after the other.
    pub(crate) fn fills_all(&mut self, call: &Handle<usize>, rooms: &[Room]) {
        let mut before = 0_usize;
        for room in rooms {
            let bound = room.extent.bound;
            if let Vector::Appended { vector, len } = room.vector {
                self.appended.push(Appended {
                    vector,
                    len,
                    spare: bound,
                    operation: call.operation,
                    before,
                });
            }
            before = before.saturating_add(bound);
        }
    }

    /// Gives the vectors that calls append to the length that they have filled.
    pub(super) fn extend_vectors(&mut self) {
        for appended in &self.appended {
            let all = usize::try_from(self.slot(appended.operation)).unwrap_or(0);
            let filled = all.saturating_sub(appended.before);
            let vector = ptr::with_exposed_provenance_mut::<Vec<u8>>(appended.vector as usize);
            // SAFETY: the vector is borrowed by the batch for as long as it lives, and
            // only reached here.
            let vector = unsafe { &mut *vector };
            // SAFETY: the elements before were there when the vector was handed in. The
            // call filled as many bytes behind them as it returned, less what it put
            // elsewhere before; none if it failed or was not made, and at most as many as
            // there is room for.
            unsafe { vector.set_len(appended.len + filled.min(appended.spare)) };
        }
    }
}

macro_rules! borrowed {
    ($($of:ty, [$($n:tt)*], $bytes:ident;)*) => {$(
        impl<'buf, $($n)*> sealed::Source<'buf> for &'buf $of {
            fn extent(self) -> Extent {
                let bytes: &[u8] = self.$bytes();
                Extent::new(bytes.as_ptr().expose_provenance(), bytes.len())
            }
        }
        impl<'buf, $($n)*> Source<'buf> for &'buf $of {}
    )*};
}

borrowed! {
    [u8], [], as_ref;
    [u8; N], [const N: usize], as_ref;
    Vec<u8>, [], as_ref;
    str, [], as_bytes;
    String, [], as_bytes;
}

macro_rules! borrowed_mut {
    ($($of:ty, [$($n:tt)*], $vector:ident;)*) => {$(
        impl<'buf, $($n)*> sealed::Destination<'buf> for &'buf mut $of {
            fn room(self) -> Room {
                Room::new(self.as_mut_ptr().expose_provenance(), self.len(), Vector::$vector)
            }
        }
        impl<'buf, $($n)*> Destination<'buf> for &'buf mut $of {}
    )*};
}

borrowed_mut! {
    [u8], [], None;
    [u8; N], [const N: usize], None;
    [MaybeUninit<u8>], [], None;
    [MaybeUninit<u8>; N], [const N: usize], None;
    Vec<u8>, [], Elements;
}

impl<'buf> sealed::Destination<'buf> for SpareCapacity<'buf> {
    fn room(self) -> Room {
        let len = self.0.len();
        let spare = self.0.spare_capacity_mut();
        let (address, room) = (spare.as_mut_ptr().expose_provenance(), spare.len());
        let vector = (&raw mut *self.0).expose_provenance() as u64;
        Room::new(address, room, Vector::Appended { vector, len })
    }
}
impl<'buf> Destination<'buf> for SpareCapacity<'buf> {}

macro_rules! known {
    ($($of:ty => |$value:ident| $buffer:expr;)*) => {$(
        impl sealed::Source<'_> for $of {
            fn extent(self) -> Extent {
                self.into()
            }
        }
        impl Source<'_> for $of {}
        impl sealed::Destination<'_> for $of {
            fn room(self) -> Room {
                let $value = self;
                Room {
                    address: $buffer.address,
                    extent: self.into(),
                    vector: Vector::None,
                }
            }
        }
        impl Destination<'_> for $of {}
    )*};
}

known! {
    Buffer => |buffer| buffer;
    Prefix => |prefix| prefix.buffer;
}

impl From<Buffer> for Extent {
    fn from(buffer: Buffer) -> Self {
        Self {
            address: buffer.into(),
            length: buffer.len.into(),
            bound: buffer.len,
        }
    }
}

impl From<Prefix> for Extent {
    fn from(prefix: Prefix) -> Self {
        Self {
            address: prefix.buffer.into(),
            length: (&prefix.length).into(),
            bound: prefix.length.bound,
        }
    }
}

pub(crate) mod sealed {
    use super::Operand;

    pub trait Source<'buf> {
        fn extent(self) -> Extent;
    }

    pub trait Destination<'buf> {
        fn room(self) -> Room;
    }

    /// Memory with the length that a call is told.
    #[derive(Clone, Copy, Debug)]
    pub struct Extent {
        pub(crate) address: Operand,
        pub(crate) length: Operand,
        /// The largest the length can be.
        pub(crate) bound: usize,
    }

    /// Memory for a call to fill.
    #[derive(Clone, Copy, Debug)]
    pub struct Room {
        pub(crate) extent: Extent,
        /// Where it begins.
        pub(crate) address: u64,
        pub(crate) vector: Vector,
    }

    /// The vector that memory belongs to.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum Vector {
        /// It belongs to none.
        None,
        /// It is the elements of one.
        Elements,
        /// It lies behind the `len` elements of the one at this address.
        Appended { vector: u64, len: usize },
    }

    impl Extent {
        pub(super) fn new(address: usize, len: usize) -> Self {
            Self {
                address: address.into(),
                length: len.into(),
                bound: len,
            }
        }
    }

    impl Room {
        pub(super) fn new(address: usize, len: usize, vector: Vector) -> Self {
            Self {
                extent: Extent::new(address, len),
                address: address as u64,
                vector,
            }
        }
    }
}
