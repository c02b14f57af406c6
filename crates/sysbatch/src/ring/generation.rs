//! Telling a child of `fork(2)` from its parent.
//!
//! A child has a copy of the ring's memory, but none of its workers, and locks
//! in it may be held by threads that do not exist. It must not touch it. A page
//! that the kernel wipes in children (`MADV_WIPEONFORK` of `madvise(2)`) tells
//! them, however they were made, at the cost of a load.
#![expect(unsafe_code, reason = "a page of memory from the kernel")]

use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use rustix::io::Errno;
use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap_anonymous, munmap};

/// How much is mapped, in bytes; the kernel makes whole pages of it.
const LEN: usize = 4096;

/// The word that is wiped, once it was needed: the generation of this process,
/// or zero in a child that has not asked yet.
static WORD: AtomicPtr<AtomicU64> = AtomicPtr::new(ptr::null_mut());
/// The generation of the next process that asks. A child counts on from where
/// its parent was, so it is new to all that the child has inherited.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// The process in which something was made.
///
/// Public for the C library alone.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Generation {
    word: &'static AtomicU64,
    value: u64,
}

impl Generation {
    /// That of this process.
    ///
    /// # Errors
    /// What `mmap` or `madvise` fails with.
    pub fn current() -> Result<Self, Errno> {
        let word = word()?;
        let mut value = word.load(Ordering::Relaxed);
        if value == 0 {
            let new = NEXT.fetch_add(1, Ordering::Relaxed);
            value = match word.compare_exchange(0, new, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => new,
                Err(other) => other,
            };
        }
        Ok(Self { word, value })
    }

    /// Whether this process is that one still, and not a child of it.
    #[must_use]
    pub fn is_current(self) -> bool {
        self.word.load(Ordering::Relaxed) == self.value
    }
}

/// The word, which is mapped when it is first asked for.
///
/// There is no lock here that a child could inherit: threads that are first at
/// the same time each map a page, and all but one unmap theirs.
fn word() -> Result<&'static AtomicU64, Errno> {
    let mut word = WORD.load(Ordering::Acquire);
    if word.is_null() {
        let page = map()?;
        let swapped =
            WORD.compare_exchange(ptr::null_mut(), page, Ordering::AcqRel, Ordering::Acquire);
        word = match swapped {
            Ok(_) => page,
            Err(other) => {
                // SAFETY: it was just mapped, and nobody else knows it.
                unsafe { munmap(page.cast(), LEN) }?;
                other
            }
        };
    }
    // SAFETY: what `WORD` holds is a mapped page, zeroed at first, readable,
    // writable and aligned, which is never unmapped and used as this alone.
    Ok(unsafe { &*word })
}

/// Maps a page that is zero in children.
fn map() -> Result<*mut AtomicU64, Errno> {
    let protection = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: the kernel chooses an address where nothing is.
    let page = unsafe { mmap_anonymous(ptr::null_mut(), LEN, protection, MapFlags::PRIVATE) }?;
    // SAFETY: the advice is on the page just mapped, and on what children see.
    if let Err(errno) = unsafe { madvise(page, LEN, Advice::LinuxWipeOnFork) } {
        // SAFETY: nobody knows the page.
        unsafe { munmap(page, LEN) }?;
        return Err(errno);
    }
    Ok(page.cast())
}
