//! The list: what is handed to the device to run many batches in one crossing.

/// The size of a [`List`] of this ABI version, in bytes.
pub const LIST_SIZE: usize = 32;

/// Batches to run, one after the other, and how far down the list the device is.
///
/// Each is run as by an ioctl of its own ([`RUN_REQUEST`](crate::RUN_REQUEST)); what
/// stopped it is in its own header. The list ends early only with a batch whose own
/// ioctl would not have returned zero, and returns what that would have returned.
#[repr(C, align(8))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// In: the size of this structure as the caller knows it, in bytes.
    pub size: u32,
    /// In: must be zero.
    pub flags: u32,
    /// In: address of the addresses of the [`Run`](crate::Run) headers, a `u64` each,
    /// aligned to 8 bytes.
    pub headers: u64,
    /// In: how many there are.
    pub len: u64,
    /// In: the index of the batch to begin with. Out: of the one to go on with, which
    /// after an error is the one behind the batch that has it, and after `EINTR` the
    /// one whose call was interrupted.
    pub next: u64,
}

const _: () = {
    use core::mem::{align_of, offset_of, size_of};
    assert!(size_of::<List>() == LIST_SIZE);
    assert!(align_of::<List>() == 8);
    assert!(offset_of!(List, size) == 0);
    assert!(offset_of!(List, flags) == 4);
    assert!(offset_of!(List, headers) == 8);
    assert!(offset_of!(List, len) == 16);
    assert!(offset_of!(List, next) == 24);
};
