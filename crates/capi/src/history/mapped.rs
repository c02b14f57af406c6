//! Memory from the kernel, without `malloc(3)`: that takes locks, which the code
//! that a signal's handler interrupts may hold.
#![expect(unsafe_code, reason = "memory that has just been mapped is used")]

use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ptr::{self, NonNull};

use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};

/// Maps zeroed memory, aligned to a page.
fn map(size: usize) -> Result<NonNull<u8>, Errno> {
    let protection = ProtFlags::READ | ProtFlags::WRITE;
    let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
    // SAFETY: the kernel chooses an address where nothing is.
    let start = unsafe { mmap_anonymous(ptr::null_mut(), size.max(1), protection, flags) }?;
    NonNull::new(start.cast()).ok_or(Errno::NOMEM)
}

/// A value in memory of its own, which stays for as long as the process.
///
/// # Errors
/// What `mmap(2)` fails with.
pub(super) fn place<T>(value: T) -> Result<&'static T, Errno> {
    let place = map(size_of::<T>())?.cast::<T>();
    // SAFETY: it is large enough, aligned, and nobody else's.
    unsafe { place.write(value) };
    // SAFETY: it has just been written, and is never unmapped.
    Ok(unsafe { place.as_ref() })
}

/// So many values of zeroes, which stay for as long as the process. Pages that are
/// not touched take no memory.
///
/// # Safety
/// Zeroes must be a value of the type.
///
/// # Errors
/// What `mmap(2)` fails with.
pub(super) unsafe fn zeroed<T>(len: usize) -> Result<&'static [T], Errno> {
    let size = len.checked_mul(size_of::<T>()).ok_or(Errno::NOMEM)?;
    let start = map(size)?.cast::<T>();
    // SAFETY: so many values fit, zeroes are values as the caller says, and the
    // memory is never unmapped.
    Ok(unsafe { core::slice::from_raw_parts(start.as_ptr(), len) })
}

/// First in, first out. It grows as needed and never shrinks.
#[derive(Debug)]
pub(super) struct Queue<T> {
    /// Null as long as there is no capacity.
    start: *mut T,
    /// A power of two, or zero.
    capacity: usize,
    first: usize,
    len: usize,
    _owns: PhantomData<T>,
}

// SAFETY: it owns what is in it, and nothing else.
unsafe impl<T: Send> Send for Queue<T> {}

impl<T> Queue<T> {
    pub(super) const fn new() -> Self {
        Self {
            start: ptr::null_mut(),
            capacity: 0,
            first: 0,
            len: 0,
            _owns: PhantomData,
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Sees that it can come to hold so many.
    ///
    /// # Errors
    /// What `mmap(2)` fails with.
    pub(super) fn reserve(&mut self, len: usize) -> Result<(), Errno> {
        if len <= self.capacity {
            return Ok(());
        }
        let page = 4096 / size_of::<T>().max(1);
        let capacity = len.max(page).next_power_of_two();
        let size = capacity.checked_mul(size_of::<T>()).ok_or(Errno::NOMEM)?;
        let start = map(size)?.cast::<T>().as_ptr();
        for index in 0..self.len {
            let from = self.at(index);
            // SAFETY: `index` lies within what was mapped.
            let to = unsafe { start.add(index) };
            // SAFETY: the value is moved from the old memory, which is given up, to
            // the new.
            unsafe { ptr::copy_nonoverlapping(from, to, 1) };
        }
        self.unmap();
        self.start = start;
        self.capacity = capacity;
        self.first = 0;
        Ok(())
    }

    /// Adds one behind all others.
    ///
    /// # Errors
    /// What [`Queue::reserve`] fails with; never if there was room.
    pub(super) fn push(&mut self, value: T) -> Result<(), Errno> {
        self.reserve(self.len + 1)?;
        let place = self.at(self.len);
        // SAFETY: there is room, and no value is there.
        unsafe { place.write(value) };
        self.len += 1;
        Ok(())
    }

    /// The first.
    pub(super) fn front(&self) -> Option<&T> {
        if self.is_empty() {
            return None;
        }
        let place = self.at(0);
        // SAFETY: it is one of those that are in the queue.
        Some(unsafe { &*place })
    }

    /// Takes the first.
    pub(super) fn pop(&mut self) -> Option<T> {
        if self.is_empty() {
            return None;
        }
        let place = self.at(0);
        // SAFETY: it is one of those that are in the queue, and is so no more.
        let value = unsafe { place.read() };
        self.first = (self.first + 1) & (self.capacity - 1);
        self.len -= 1;
        Some(value)
    }

    /// Where the value with this number is, or would be. There must be a capacity.
    fn at(&self, index: usize) -> *mut T {
        let place = (self.first + index) & (self.capacity.wrapping_sub(1));
        self.start.wrapping_add(place)
    }

    fn unmap(&mut self) {
        if !self.start.is_null() {
            let size = self.capacity * size_of::<T>();
            // SAFETY: it was mapped in this size, and is not used any more. That it
            // fails for want of a map costs memory and nothing else.
            let _: Result<(), Errno> = unsafe { munmap(self.start.cast(), size) };
        }
    }
}

impl<T> Drop for Queue<T> {
    fn drop(&mut self) {
        while let Some(value) = self.pop() {
            drop(value);
        }
        self.unmap();
    }
}

/// Gives memory of [`place`] back that nobody knows of.
///
/// # Safety
/// The value must be from [`place`], and not be used any more.
pub(super) unsafe fn take_back<T>(value: &'static T) -> ManuallyDrop<T> {
    let place = ptr::from_ref(value).cast_mut();
    // SAFETY: the caller's promise.
    let value = ManuallyDrop::new(unsafe { place.read() });
    // SAFETY: it was mapped by itself, in whole pages; the caller's promise.
    let _: Result<(), Errno> = unsafe { munmap(place.cast(), size_of::<T>().max(1)) };
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;

    #[test]
    fn a_queue_grows_and_keeps_its_order() {
        let mut queue = Queue::new();
        let mut expected = VecDeque::new();
        assert_eq!(queue.pop(), None);
        for round in 0..3_000_u64 {
            for value in 0..round % 5 {
                queue.push(Box::new(round * 5 + value)).unwrap();
                expected.push_back(round * 5 + value);
            }
            assert_eq!(
                queue.front().map(|value| **value),
                expected.front().copied()
            );
            if round % 3 > 0 {
                assert_eq!(queue.pop().map(|value| *value), expected.pop_front());
            }
            assert_eq!(queue.len(), expected.len());
        }
        assert!(queue.len() > 1024);
    }

    #[test]
    fn values_in_memory_of_their_own() {
        let value = place([7_u64; 1000]).unwrap();
        assert_eq!(value[999], 7);
        // SAFETY: it is not used afterwards.
        assert_eq!(unsafe { take_back(value) }[0], 7);
        // SAFETY: zeroes are numbers.
        let zeroes: &[u32] = unsafe { zeroed(100_000) }.unwrap();
        assert!(zeroes.iter().all(|&zero| zero == 0));
    }
}
