//! Memory of a batch's own, at addresses that stay.
#![expect(
    unsafe_code,
    reason = "memory that is written behind the compiler's back"
)]

use core::ptr;

/// How many words a chunk has, unless one allocation needs more.
const CHUNK_WORDS: usize = 512;

/// Zeroed memory, aligned to 8 bytes, that lives as long as this does.
#[derive(Debug, Default)]
pub(crate) struct Arena {
    chunks: Vec<*mut [u64]>,
    /// The address of the first free byte in the newest chunk.
    next: u64,
    /// How many bytes are free from there on.
    free: u64,
}

// SAFETY: the chunks are owned, and are reached through `&mut self` or by
// whoever has been given the address of a part of them.
unsafe impl Send for Arena {}
// SAFETY: nothing is reached through `&self`.
unsafe impl Sync for Arena {}

impl Arena {
    /// The address of `len` zeroed bytes.
    pub(crate) fn allocate(&mut self, len: usize) -> u64 {
        let words = len.div_ceil(8);
        let bytes = words as u64 * 8;
        if bytes > self.free {
            let size = words.max(CHUNK_WORDS);
            let chunk = Box::into_raw(vec![0_u64; size].into_boxed_slice());
            self.chunks.push(chunk);
            self.next = chunk.cast::<u64>().expose_provenance() as u64;
            self.free = size as u64 * 8;
        }
        let address = self.next;
        self.next += bytes;
        self.free -= bytes;
        address
    }

    /// The address of a copy of `bytes`.
    pub(crate) fn copy(&mut self, bytes: &[u8]) -> u64 {
        let address = self.allocate(bytes.len());
        let to = ptr::with_exposed_provenance_mut::<u8>(address as usize);
        // SAFETY: as many bytes were just allocated there, exposed, and nobody
        // else knows them yet.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len()) };
        address
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        for &chunk in &self.chunks {
            // SAFETY: it came from `Box::into_raw`, once; what was allocated
            // from it is not used beyond the life of the batch that owns this.
            drop(unsafe { Box::from_raw(chunk) });
        }
    }
}
