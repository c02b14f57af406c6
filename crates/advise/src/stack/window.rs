//! The stack of a thread, read in pieces.

use crate::trace::memory;

/// How much is read at once: a stack of a few functions is as large.
const PIECE: u64 = 4096;

/// A piece of memory that has been read.
#[derive(Debug, Default)]
pub(super) struct Window {
    thread: u32,
    begin: u64,
    bytes: Vec<u8>,
}

impl Window {
    /// Begins with a thread, whose memory has not been read since it stopped.
    pub(super) fn begin(&mut self, thread: u32) {
        self.thread = thread;
        self.bytes.clear();
    }

    /// Eight bytes of its memory.
    pub(super) fn word(&mut self, address: u64) -> Option<u64> {
        if let Some(word) = self.get(address) {
            return Some(word);
        }
        // To the end of the next page: what lies behind may not be there.
        let size = 2 * PIECE - address % PIECE;
        self.begin = address;
        self.bytes.resize(size as usize, 0);
        let mut read = memory::read(self.thread, address, &mut self.bytes);
        if read == 0 {
            self.bytes.truncate((size - PIECE) as usize);
            read = memory::read(self.thread, address, &mut self.bytes);
        }
        self.bytes.truncate(read);
        self.get(address)
    }

    fn get(&self, address: u64) -> Option<u64> {
        let offset = usize::try_from(address.checked_sub(self.begin)?).ok()?;
        let bytes = self.bytes.get(offset..offset.checked_add(8)?)?;
        bytes.try_into().ok().map(u64::from_ne_bytes)
    }
}
