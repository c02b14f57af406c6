//! Whole pages, to be protected, punched and unmapped.
#![expect(unsafe_code, reason = "mappings")]

use core::ffi::c_void;
use core::ptr::{self, NonNull};
use core::sync::atomic::AtomicU64;

use rustix::mm::{MapFlags, MprotectFlags, ProtFlags};

use crate::lab::to_u64;

/// The size of a page in bytes.
pub(crate) const PAGE: usize = 4096;

/// Anonymous memory with an inaccessible page before and after it.
#[derive(Debug)]
pub(crate) struct Pages {
    start: NonNull<u8>,
    count: usize,
}

impl Pages {
    /// Zeroed pages that can be read and written.
    pub(crate) fn new(count: usize) -> Self {
        Self::map(count, MapFlags::PRIVATE)
    }

    /// The same, shared with children.
    pub(crate) fn shared(count: usize) -> Self {
        Self::map(count, MapFlags::SHARED)
    }

    fn map(count: usize, flags: MapFlags) -> Self {
        let len = (count + 2) * PAGE;
        // SAFETY: a new mapping where there is none.
        let whole =
            unsafe { rustix::mm::mmap_anonymous(ptr::null_mut(), len, ProtFlags::empty(), flags) };
        let whole = whole.expect("mmap").cast::<u8>();
        // SAFETY: within the mapping, which has more pages than one.
        let start = unsafe { whole.add(PAGE) };
        let start = NonNull::new(start).expect("a mapping is not at null");
        let pages = Self { start, count };
        pages.protect(0, count, MprotectFlags::READ | MprotectFlags::WRITE);
        pages
    }

    /// The address of the first page.
    pub(crate) fn address(&self) -> u64 {
        to_u64(self.start.as_ptr().expose_provenance())
    }

    /// The address just past the last page.
    pub(crate) fn end(&self) -> u64 {
        self.address() + to_u64(self.count * PAGE)
    }

    fn page(&self, index: usize) -> *mut c_void {
        assert!(index < self.count);
        // SAFETY: within the mapping.
        unsafe { self.start.as_ptr().add(index * PAGE) }.cast()
    }

    /// Changes what may be done with `count` pages from `index` on.
    pub(crate) fn protect(&self, index: usize, count: usize, flags: MprotectFlags) {
        assert!(index + count <= self.count);
        let page = self.page(index);
        // SAFETY: the mapping is this type's own and nothing refers into it.
        unsafe { rustix::mm::mprotect(page, count * PAGE, flags) }.expect("mprotect");
    }

    /// Takes a page out of the address space for good.
    pub(crate) fn unmap(&self, index: usize) {
        let page = self.page(index);
        // SAFETY: as above.
        unsafe { rustix::mm::munmap(page, PAGE) }.expect("munmap");
    }

    /// Copies bytes to an offset.
    pub(crate) fn write(&self, offset: usize, bytes: &[u8]) {
        assert!(offset + bytes.len() <= self.count * PAGE);
        // SAFETY: within the mapping.
        let to = unsafe { self.start.as_ptr().add(offset) };
        // SAFETY: as above, and `bytes` lies elsewhere: nothing else refers
        // into the mapping.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len()) };
    }

    /// Bytes from an offset.
    pub(crate) fn read(&self, offset: usize, len: usize) -> Vec<u8> {
        assert!(offset + len <= self.count * PAGE);
        let mut bytes = vec![0; len];
        // SAFETY: within the mapping.
        let from = unsafe { self.start.as_ptr().add(offset) };
        // SAFETY: as in `write`.
        unsafe { ptr::copy_nonoverlapping(from, bytes.as_mut_ptr(), len) };
        bytes
    }

    /// A 64-bit word at an offset, for processes that share the pages. It is there
    /// for as long as the process.
    pub(crate) fn atomic(&self, offset: usize) -> &'static AtomicU64 {
        assert!(offset.is_multiple_of(8) && offset + 8 <= self.count * PAGE);
        // SAFETY: within the mapping.
        let word = unsafe { self.start.as_ptr().add(offset) };
        // SAFETY: it is aligned, the mapping stays, and what the other processes do
        // with it is atomic as well.
        unsafe { AtomicU64::from_ptr(word.cast()) }
    }

    /// A 64-bit word at an offset.
    pub(crate) fn word(&self, offset: usize) -> u64 {
        let bytes = self.read(offset, 8);
        u64::from_le_bytes(bytes.try_into().expect("8 bytes"))
    }
}
// The pages are not unmapped: they live as long as the case's process.
