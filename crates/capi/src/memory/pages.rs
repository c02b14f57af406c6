//! Which memory has been found good.

/// The smallest page size there is: a page can be reached whole or not at all.
pub(super) const PAGE_SIZE: u64 = 4096;

/// How many spans are looked through without a search. A batch walks along a
/// few arrays: its program, its results, its arguments.
const RECENT: usize = 4;

/// How many more are kept. The oldest makes room; it is asked for again then.
const OTHERS: usize = 12;

/// Consecutive bytes, whole pages in [`Pages`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u64,
    /// One past the last.
    pub(super) end: u64,
}

impl Span {
    pub(super) const EMPTY: Self = Self { start: 0, end: 0 };

    /// The page that an address is in.
    pub(super) const fn page(address: u64) -> Self {
        let start = address - address % PAGE_SIZE;
        Self {
            start,
            // Nothing can be reached in the last page of the address space.
            end: start.saturating_add(PAGE_SIZE),
        }
    }

    /// Whether the bytes from `first` to `last` are all in it.
    #[inline]
    pub(super) const fn covers(self, first: u64, last: u64) -> bool {
        self.start <= first && last < self.end
    }

    /// Takes another one in, if they touch.
    fn join(&mut self, other: Self) -> bool {
        let touches = other.start <= self.end && self.start <= other.end;
        if touches {
            self.start = self.start.min(other.start);
            self.end = self.end.max(other.end);
        }
        touches
    }
}

/// A set of pages.
///
/// Neighbours become one span, so an array that is walked along takes the place
/// of one, however long it is. Nothing is allocated: a batch may run in the handler of
/// a signal that has interrupted `malloc(3)`. So there is a limit to how many places
/// are known at a time, and a page that is known may be forgotten.
#[derive(Debug)]
pub(super) struct Pages {
    recent: [Span; RECENT],
    /// The one that makes room for the next.
    oldest: usize,
    /// Spans that had to make room.
    others: [Span; OTHERS],
    /// How many of these have been used.
    others_used: usize,
    /// The one of these that makes room for the next.
    oldest_other: usize,
}

impl Pages {
    pub(super) const fn new() -> Self {
        Self {
            recent: [Span::EMPTY; RECENT],
            oldest: 0,
            others: [Span::EMPTY; OTHERS],
            others_used: 0,
            oldest_other: 0,
        }
    }

    pub(super) fn clear(&mut self) {
        self.recent = [Span::EMPTY; RECENT];
        self.others_used = 0;
    }

    /// Whether the bytes are known to be in the set, at a glance: `false` may
    /// be wrong.
    #[inline]
    pub(super) fn covers(&self, first: u64, last: u64) -> bool {
        self.recent.iter().any(|span| span.covers(first, last))
    }

    /// Whether the page with an address is in the set. If so it is at a glance
    /// from now on.
    pub(super) fn has(&mut self, address: u64) -> bool {
        if self.covers(address, address) {
            return true;
        }
        let found = self.others[..self.others_used]
            .iter_mut()
            .find(|span| span.covers(address, address));
        let Some(place) = found else {
            return false;
        };
        let span = core::mem::replace(place, Span::EMPTY);
        self.put(span);
        true
    }

    /// Adds pages.
    pub(super) fn add(&mut self, pages: Span) {
        if !self.recent.iter_mut().any(|span| span.join(pages)) {
            self.put(pages);
        }
    }

    /// Makes a span one of the recent ones.
    fn put(&mut self, new: Span) {
        let old = core::mem::replace(&mut self.recent[self.oldest], new);
        self.oldest = (self.oldest + 1) % RECENT;
        if old != Span::EMPTY {
            self.keep(old);
        }
    }

    /// Puts a span among the others.
    fn keep(&mut self, span: Span) {
        let kept = &mut self.others[..self.others_used];
        if kept
            .iter_mut()
            .any(|other| *other != Span::EMPTY && other.join(span))
        {
            return;
        }
        if let Some(place) = kept.iter_mut().find(|other| **other == Span::EMPTY) {
            *place = span;
            return;
        }
        if let Some(place) = self.others.get_mut(self.others_used) {
            *place = span;
            self.others_used += 1;
            return;
        }
        self.others[self.oldest_other] = span;
        self.oldest_other = (self.oldest_other + 1) % OTHERS;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(number: u64) -> Span {
        Span::page(number * PAGE_SIZE)
    }

    #[test]
    fn neighbours_are_one_span() {
        let mut pages = Pages::new();
        for number in [5, 6, 4, 7] {
            pages.add(page(number));
        }
        assert!(pages.covers(4 * PAGE_SIZE, 8 * PAGE_SIZE - 1));
        assert!(!pages.covers(4 * PAGE_SIZE - 1, 4 * PAGE_SIZE));
        assert!(!pages.covers(8 * PAGE_SIZE - 1, 8 * PAGE_SIZE));
        assert_eq!(pages.others_used, 0);
    }

    #[test]
    fn what_had_to_make_room_is_still_known() {
        let mut pages = Pages::new();
        // Scattered, then filled up: all that was added is known, and no more.
        let scattered = (0..16).map(|n| n * 37 % 16 * 2);
        for number in scattered.clone() {
            pages.add(page(number));
        }
        for number in 0..32 {
            let known = pages.has(number * PAGE_SIZE + 9);
            assert_eq!(known, number % 2 == 0, "{number}");
            assert!(pages.has(number * PAGE_SIZE) == known, "{number}");
        }
        for number in scattered {
            pages.add(page(number + 1));
        }
        assert!(!pages.has(32 * PAGE_SIZE));
        pages.clear();
        assert!((0..32).all(|number| !pages.has(number * PAGE_SIZE)));
    }

    #[test]
    fn of_too_many_the_oldest_are_forgotten() {
        let mut pages = Pages::new();
        for number in 0..1000 {
            pages.add(page(number * 2));
        }
        // What is known is so; of the rest it is asked again.
        let known = |pages: &mut Pages, number| pages.has(number * PAGE_SIZE);
        assert!((984..1000).all(|number| known(&mut pages, number * 2)));
        assert!((0..984).all(|number| !known(&mut pages, number * 2)));
        assert!((0..1000).all(|number| !known(&mut pages, number * 2 + 1)));
    }

    #[test]
    fn the_last_page_of_the_address_space() {
        let span = Span::page(u64::MAX);
        assert_eq!(span.start, u64::MAX - (PAGE_SIZE - 1));
        assert!(!span.covers(u64::MAX, u64::MAX));
    }
}
