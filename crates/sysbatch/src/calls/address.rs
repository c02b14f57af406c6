//! Socket addresses as arguments of calls.
#![expect(unsafe_code, reason = "an address is only to be had by pointer")]

use core::slice;

use rustix::net::SocketAddrAny;
use rustix::net::addr::SocketAddrStorage;
use sysbatch_abi::Width;

use crate::batch::{AddressRoom, Batch, Operand};

/// The bytes of an address as the kernel wants them.
pub(super) fn bytes(address: &SocketAddrAny) -> &[u8] {
    let len = address.addr_len() as usize;
    // SAFETY: the first `addr_len` bytes of it are initialised (its own
    // invariant), and borrowed as long as it is.
    unsafe { slice::from_raw_parts(address.as_ptr().cast(), len) }
}

impl Batch<'_> {
    /// An address and its length.
    pub(super) fn address(&mut self, address: &SocketAddrAny) -> [Operand; 2] {
        let bytes = bytes(address);
        [self.copy(bytes).into(), bytes.len().into()]
    }

    /// Memory for any address, and its size in bytes.
    pub(super) fn address_storage(&mut self) -> (u64, Operand) {
        let storage = self.room::<SocketAddrStorage>();
        (storage, size_of::<SocketAddrStorage>().into())
    }

    /// Memory for an address and its length, which is set each time it is used; with the
    /// addresses of both.
    pub(super) fn address_room(&mut self) -> (u64, [Operand; 2]) {
        let (storage, size) = self.address_storage();
        let room = self.copy(&AddressRoom::new(storage, 0).bytes());
        let len = room + AddressRoom::LEN;
        self.store(len, size, Width::Four);
        (room, [storage.into(), len.into()])
    }
}
