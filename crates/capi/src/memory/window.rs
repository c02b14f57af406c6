//! A few words of memory that may be bad, looked at before anything runs.
#![expect(unsafe_code, reason = "addresses that were found good are read")]

use core::ptr;

use super::lasting;
use super::pages::Span;
use super::probe::{AskKernel, Probe as _};

/// A part of the memory that lasts, or a page that the kernel was asked about, for as
/// long as nothing is called that could take it away: the cheapest way to find words good
/// that lie near each other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    span: Span,
    writable: bool,
    /// Whether the kernel was asked.
    asked: bool,
}

impl Window {
    /// One that nothing is in yet.
    pub(crate) const fn new() -> Self {
        Self {
            span: Span::EMPTY,
            writable: false,
            asked: false,
        }
    }

    /// Whether the bytes can be read. Of some in two pages that do not last that is not
    /// found out.
    #[inline]
    pub(crate) fn reads(&mut self, address: u64, size: u64) -> bool {
        self.has(address, size) || self.asks(address, size)
    }

    /// The words at an address, if they can be read.
    #[inline]
    pub(crate) fn words<const N: usize>(&mut self, address: u64) -> Option<[u64; N]> {
        if !self.reads(address, 8 * N as u64) {
            return None;
        }
        let place: *const [u64; N] = ptr::with_exposed_provenance(address as usize);
        // SAFETY: it is memory that can be read, and whatever is there is a number.
        Some(unsafe { place.read_unaligned() })
    }

    /// Whether the bytes are in memory that lasts, and can be written.
    #[inline]
    pub(crate) fn writes(&mut self, address: u64, size: u64) -> bool {
        self.has(address, size) && self.writable
    }

    /// The page, if the kernel was asked about it.
    #[inline]
    pub(super) fn asked(&self) -> Option<Span> {
        self.asked.then_some(self.span)
    }

    /// Whether the bytes can be read, and that is known without a system call.
    #[inline]
    pub(crate) fn is_at_hand(&mut self, address: u64, size: u64) -> bool {
        self.has(address, size)
    }

    #[inline]
    fn has(&mut self, address: u64, size: u64) -> bool {
        let Some(last) = address.checked_add(size - 1) else {
            return false;
        };
        self.span.covers(address, last) || self.moves(address, last)
    }

    /// Moves it to where the bytes are.
    fn moves(&mut self, first: u64, last: u64) -> bool {
        let found = lasting::around(first, last);
        if let Some((span, writable)) = found {
            *self = Self {
                span,
                writable,
                asked: false,
            };
        }
        found.is_some()
    }

    /// Moves it to the page that the bytes are in, if that can be read.
    #[cold]
    fn asks(&mut self, address: u64, size: u64) -> bool {
        let page = Span::page(address);
        let is_readable = size <= page.end - address && AskKernel.is_readable(page.start);
        if is_readable {
            *self = Self {
                span: page,
                writable: false,
                asked: true,
            };
        }
        is_readable
    }
}

#[cfg(test)]
mod tests {
    use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect, munmap};

    use super::super::pages::PAGE_SIZE;
    use super::*;

    #[test]
    fn a_page_and_what_is_beside_it() {
        let size = 2 * PAGE_SIZE as usize;
        // SAFETY: the kernel chooses an address where nothing is.
        let pages = unsafe {
            mmap_anonymous(
                ptr::null_mut(),
                size,
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::PRIVATE,
            )
        };
        let pages = pages.unwrap();
        let start = pages.expose_provenance() as u64;
        let end = start + PAGE_SIZE;
        // SAFETY: it lies within what was mapped.
        let second = unsafe { pages.byte_add(PAGE_SIZE as usize) };
        // SAFETY: nothing uses what was just mapped.
        unsafe { mprotect(second, PAGE_SIZE as usize, MprotectFlags::empty()) }.unwrap();
        let mut window = Window::new();
        assert_eq!(window.words(end - 16), Some([0; 2]));
        assert!(!window.writes(start, 8));
        // In part, and in whole, where nothing can be read.
        assert_eq!(window.words::<2>(end - 8), None);
        assert_eq!(window.words::<1>(end), None);
        assert_eq!(window.words::<1>(u64::MAX - 3), None);
        assert_eq!(window.words::<1>(0), None);
        let mut here = [1_u64, 2];
        let address = here.as_mut_ptr().expose_provenance() as u64;
        assert_eq!(window.words(address), Some([1, 2]));
        // SAFETY: it was mapped above, and nobody knows of it any more.
        unsafe { munmap(pages, size) }.unwrap();
    }
}
