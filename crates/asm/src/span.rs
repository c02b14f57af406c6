//! Where something stands in the source.

use std::ops::Range;

/// A range of bytes in the source text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Span {
    /// The first byte.
    pub(crate) start: usize,
    /// Just past the last byte.
    pub(crate) end: usize,
}

impl Span {
    /// The smallest span that holds both.
    pub(crate) fn to(self, other: Self) -> Self {
        Self {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }

    /// The span as a range of bytes.
    pub(crate) const fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

/// The lines of a source text.
#[derive(Clone, Debug)]
pub(crate) struct Lines {
    /// Where each line but the first starts.
    starts: Vec<usize>,
}

impl Lines {
    pub(crate) fn of(source: &str) -> Self {
        let newlines = source.match_indices('\n');
        Self {
            starts: newlines.map(|(position, _)| position + 1).collect(),
        }
    }

    /// The number of the line that holds this byte, from 1.
    pub(crate) fn number(&self, position: usize) -> usize {
        1 + self.starts.partition_point(|&start| start <= position)
    }
}
