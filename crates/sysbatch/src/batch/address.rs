//! Socket addresses that calls return.
#![expect(unsafe_code, reason = "memory that the kernel wrote")]

use core::mem::offset_of;
use core::ptr;

use rustix::net::SocketAddrAny;
use rustix::net::addr::SocketAddrStorage;

use super::output::{Output, sealed};

/// Where an address is, and its length: how `struct msghdr` begins.
#[repr(C)]
pub(crate) struct AddressRoom {
    /// The address of memory for the largest address.
    storage: u64,
    /// In: the size of that memory. Out: the length of the address.
    len: u32,
    padding: u32,
}

impl AddressRoom {
    /// Where in it the length is, in bytes.
    pub(crate) const LEN: u64 = offset_of!(Self, len) as u64;

    pub(crate) const fn new(storage: u64, len: u32) -> Self {
        Self {
            storage,
            len,
            padding: 0,
        }
    }

    /// It as the kernel takes it.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let storage = self.storage.to_ne_bytes();
        let lengths = [self.len, self.padding].map(u32::to_ne_bytes);
        [&storage, lengths.as_flattened()].concat()
    }
}

impl sealed::Output for Option<SocketAddrAny> {
    unsafe fn output(_: i64, address: u64) -> Self {
        let room = ptr::with_exposed_provenance::<AddressRoom>(address as usize);
        // SAFETY: the caller's; it is memory of the batch, made for this.
        let room = unsafe { &*room };
        let len = room.len.min(size_of::<SocketAddrStorage>() as u32);
        if len < u16::BITS / 8 {
            // Not even a family: the socket has no address.
            return None;
        }
        let storage = ptr::with_exposed_provenance::<SocketAddrStorage>(room.storage as usize);
        // SAFETY: the kernel wrote an address of this length there, within memory of the
        // batch for the largest one, which is aligned to 8 bytes, as it has to be.
        Some(unsafe { SocketAddrAny::read(storage, len) })
    }
}
impl Output for Option<SocketAddrAny> {}
