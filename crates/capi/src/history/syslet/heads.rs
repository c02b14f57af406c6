//! Finding what is kept for a head, by its address, without a lock.
#![expect(unsafe_code, reason = "pointers to what is never freed are followed")]

use core::iter;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

use rustix::io::Errno;

use super::head::Head;
use crate::history::lock::Lock;
use crate::history::mapped;
use crate::signals::Blocked;

/// How many chains there are, by a part of the address.
const CHAINS: usize = 64;

/// How many heads are kept in one piece of memory.
const AT_A_TIME: usize = 16;

/// The heads of a process.
#[derive(Debug)]
pub(in crate::history) struct Heads {
    chains: [AtomicPtr<Piece>; CHAINS],
    /// Whoever adds a head has it.
    adding: Lock<()>,
}

/// Heads of one chain. Those without an address are free, and the first of them is used
/// first; none is ever given back.
#[derive(Debug)]
struct Piece {
    heads: [Head; AT_A_TIME],
    next: *const Self,
}

impl Heads {
    pub(in crate::history) const fn new() -> Self {
        Self {
            chains: [const { AtomicPtr::new(ptr::null_mut()) }; CHAINS],
            adding: Lock::new(()),
        }
    }

    fn chain(&self, address: u64) -> &AtomicPtr<Piece> {
        // Heads are 64 bytes long; those of arrays differ in what lies above.
        let part = (address >> 6) ^ (address >> 12);
        &self.chains[part as usize % CHAINS]
    }

    /// What is kept for the head at an address, if anything.
    #[inline]
    pub(super) fn find(&self, address: u64) -> Option<&'static Head> {
        with_address(self.chain(address), address)
    }

    /// What is kept for the head at an address from now on.
    ///
    /// # Errors
    /// `EAGAIN` if there is no memory for it.
    pub(super) fn of(&self, address: u64) -> Result<&'static Head, Errno> {
        if let Some(head) = self.find(address) {
            return Ok(head);
        }
        let chain = self.chain(address);
        self.adding.with(&Blocked::all(), |()| {
            if let Some(head) = with_address(chain, address) {
                return Ok(head);
            }
            if let Some(free) = with_address(chain, 0) {
                free.address.store(address, Ordering::Release);
                return Ok(free);
            }
            let piece = mapped::place(Piece {
                heads: [const { Head::new(0) }; AT_A_TIME],
                next: chain.load(Ordering::Relaxed),
            });
            let piece = piece.map_err(|_| Errno::AGAIN)?;
            piece.heads[0].address.store(address, Ordering::Relaxed);
            chain.store(ptr::from_ref(piece).cast_mut(), Ordering::Release);
            Ok(&piece.heads[0])
        })
    }
}

/// The first head of a chain that has this address.
fn with_address(chain: &AtomicPtr<Piece>, address: u64) -> Option<&'static Head> {
    let mut next: *const Piece = chain.load(Ordering::Acquire);
    let pieces = iter::from_fn(|| {
        // SAFETY: it is null or was placed in `of`.
        let piece = unsafe { next.as_ref::<'static>() }?;
        next = piece.next;
        Some(piece)
    });
    pieces
        .flat_map(|piece| &piece.heads)
        .find(|head| head.address.load(Ordering::Acquire) == address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_their_addresses() {
        let heads = Heads::new();
        assert!(heads.find(64).is_none());
        let addresses = || (1..5_000_u64).map(|number| number * 64);
        let places: Vec<_> = addresses()
            .map(|address| ptr::from_ref(heads.of(address).unwrap()))
            .collect();
        for (address, place) in addresses().zip(places) {
            let found = heads.find(address).unwrap();
            assert!(ptr::eq(found, place) && ptr::eq(heads.of(address).unwrap(), place));
        }
        // One that is released is another's then.
        let free = heads.find(640).unwrap();
        free.address.store(0, Ordering::Relaxed);
        assert!(heads.find(640).is_none());
        let again = heads.of(640).unwrap();
        assert!(ptr::eq(heads.find(640).unwrap(), again));
    }
}
