//! Memory that calls have filled.

use std::collections::VecDeque;
use std::ops::Range;

/// So many pieces are remembered.
const LIMIT: usize = 64;

/// Pieces of memory that calls have filled, the latest last.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pieces: VecDeque<Range<u64>>,
}

impl Memory {
    /// A call has filled so many bytes.
    pub(super) fn filled(&mut self, start: u64, length: u64) {
        let end = start.saturating_add(length);
        // What was there is no more.
        self.pieces
            .retain(|piece| piece.start < start || piece.end > end);
        if self.pieces.len() == LIMIT {
            self.pieces.pop_front();
        }
        self.pieces.push_back(start..end);
    }

    /// Whether a call has filled all of this.
    pub(super) fn is_filled(&self, start: u64, length: u64) -> bool {
        let end = start.saturating_add(length);
        let mut pieces = self.pieces.iter();
        pieces.any(|piece| piece.start <= start && end <= piece.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_is_known_whole() {
        let mut memory = Memory::default();
        memory.filled(100, 50);
        assert!(memory.is_filled(100, 50));
        assert!(memory.is_filled(120, 10));
        assert!(!memory.is_filled(90, 20));
        assert!(!memory.is_filled(140, 20));
        assert!(!memory.is_filled(0, 1));
    }

    #[test]
    fn the_oldest_pieces_are_forgotten() {
        let mut memory = Memory::default();
        for piece in 0..=LIMIT as u64 {
            memory.filled(piece * 100, 50);
        }
        assert!(!memory.is_filled(0, 1));
        assert!(memory.is_filled(100, 50));
    }
}
