//! Socket addresses that calls return.
#![expect(unsafe_code, reason = "memory that the kernel wrote")]

use core::ptr;

use rustix::net::SocketAddrAny;
use rustix::net::addr::SocketAddrStorage;

use super::output::{Output, sealed};

/// Memory for an address, with its length before it.
#[repr(C, align(8))]
pub(crate) struct AddressRoom {
    /// In: the size of `storage`. Out: the length of the address.
    len: u32,
    padding: u32,
    storage: [u8; AddressRoom::SIZE],
}

impl AddressRoom {
    /// The size of the largest address (`struct sockaddr_storage`), in bytes.
    pub(crate) const SIZE: usize = size_of::<SocketAddrStorage>();
    /// Where in it the address is, in bytes.
    pub(crate) const STORAGE: u64 = core::mem::offset_of!(Self, storage) as u64;
}

impl sealed::Output for Option<SocketAddrAny> {
    unsafe fn output(_: i64, address: u64) -> Self {
        let room = ptr::with_exposed_provenance::<AddressRoom>(address as usize);
        // SAFETY: the caller's; it is memory of the batch, made for this.
        let room = unsafe { &*room };
        let len = room.len.min(AddressRoom::SIZE as u32);
        if len < u16::BITS / 8 {
            // Not even a family: the socket has no address.
            return None;
        }
        let storage = room.storage.as_ptr().cast::<SocketAddrStorage>();
        // SAFETY: the kernel wrote an address of this length there, within the
        // room; the storage is aligned to 8 bytes, as it has to be.
        Some(unsafe { SocketAddrAny::read(storage, len) })
    }
}
impl Output for Option<SocketAddrAny> {}
