//! Memory that 32 bits reach.

use crate::lab::to_u64;

/// A value below 4 GiB, where a 32-bit argument can point to.
#[derive(Debug)]
pub(super) struct Low<T>(*mut T);

impl<T> Low<T> {
    pub(super) fn new(value: T) -> Self {
        assert!(size_of::<T>() <= 4096);
        // SAFETY: a new mapping, where there was none.
        let place = unsafe {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_32BIT;
            let rights = libc::PROT_READ | libc::PROT_WRITE;
            libc::mmap(core::ptr::null_mut(), 4096, rights, flags, -1, 0)
        };
        assert_ne!(place, libc::MAP_FAILED);
        let place = place.cast::<T>();
        // SAFETY: a page of its own is large and aligned enough.
        unsafe { place.write(value) };
        Self(place)
    }

    pub(super) fn address(&self) -> u64 {
        to_u64(self.0.expose_provenance())
    }

    pub(super) fn get(&self) -> T
    where
        T: Copy,
    {
        // SAFETY: the page is there until the process ends, and has a value; what a
        // batch writes there is one, too.
        unsafe { self.0.read_volatile() }
    }

    pub(super) fn set(&self, value: T) {
        // SAFETY: as above.
        unsafe { self.0.write_volatile(value) };
    }
}
