//! Socket addresses that calls are given.
#![expect(unsafe_code, reason = "an address is only to be had by pointer")]

use core::slice;

use rustix::net::SocketAddrAny;

/// The bytes of an address as the kernel wants them.
pub(super) fn bytes(address: &SocketAddrAny) -> &[u8] {
    let len = address.addr_len() as usize;
    // SAFETY: the first `addr_len` bytes of it are initialised (its own
    // invariant), and borrowed as long as it is.
    unsafe { slice::from_raw_parts(address.as_ptr().cast(), len) }
}
