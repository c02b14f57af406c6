//! Asking the kernel whether memory can be reached.
#![expect(unsafe_code, reason = "system calls that are given any address")]

use syscalls::{Errno, Sysno};

use super::pages::PAGE_SIZE;

/// Tells whether pages can be reached, by the page's address. What is asked
/// changes nothing.
pub(crate) trait Probe {
    /// Whether it can be read.
    fn is_readable(&mut self, page: u64) -> bool;

    /// Whether it can be written, and so read.
    fn is_writable(&mut self, page: u64) -> bool;
}

/// Asks by one system call, which fails in one of two ways.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AskKernel;

impl Probe for AskKernel {
    /// By `rt_sigprocmask(2)` with the set there and an operation that does not
    /// exist: the kernel copies the set before it looks at the operation
    /// (kernel/signal.c).
    fn is_readable(&mut self, page: u64) -> bool {
        const NO_OPERATION: usize = usize::MAX;
        // Without a set nothing is read.
        if page < PAGE_SIZE {
            return false;
        }
        // SAFETY: whatever the address, the call reads a word or fails; no mask
        // is changed, for the operation does not exist.
        let result = unsafe {
            syscalls::syscall4(
                Sysno::rt_sigprocmask,
                NO_OPERATION,
                page as usize,
                0,
                size_of::<u64>(),
            )
        };
        result != Err(Errno::EFAULT)
    }

    /// By `futex(2)`, whose `FUTEX_WAKE_OP` adds zero to a word there, at once
    /// against all other threads, and then fails: the comparison that is to
    /// follow does not exist (`futex_atomic_op_inuser` in kernel/futex). No
    /// thread is woken.
    ///
    /// Where a sandbox does not let the call be made a page counts as writable.
    fn is_writable(&mut self, page: u64) -> bool {
        const WAKE_OP_PRIVATE: usize = 5 | 128;
        /// `FUTEX_OP_ADD`, comparison 15, both operands zero.
        const ADD_ZERO: usize = 1 << 28 | 15 << 24;
        if page < PAGE_SIZE {
            return false;
        }
        let nobody_waits_here = 0_u32;
        // SAFETY: whatever the address, the call adds zero to a word or fails.
        let result = unsafe {
            syscalls::syscall6(
                Sysno::futex,
                (&raw const nobody_waits_here).expose_provenance(),
                WAKE_OP_PRIVATE,
                0,
                0,
                page as usize,
                ADD_ZERO,
            )
        };
        result != Err(Errno::EFAULT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect, munmap};

    #[test]
    fn by_protection() {
        let len = PAGE_SIZE as usize;
        // Where the kernel puts nothing by itself: what is unmapped stays so.
        let place = core::ptr::with_exposed_provenance_mut(0x3456_7890_0000);
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        let flags = MapFlags::PRIVATE | MapFlags::FIXED_NOREPLACE;
        // SAFETY: nothing is replaced.
        let page = unsafe { mmap_anonymous(place, len, protection, flags) }.unwrap();
        let address = page.expose_provenance() as u64;
        let ask = || {
            (
                AskKernel.is_readable(address),
                AskKernel.is_writable(address),
            )
        };
        // SAFETY: the page is the test's own.
        unsafe { page.cast::<u64>().write(u64::MAX) };
        assert_eq!(ask(), (true, true));
        // SAFETY: as above.
        assert_eq!(unsafe { page.cast::<u64>().read() }, u64::MAX);
        // SAFETY: as above.
        unsafe { mprotect(page, len, MprotectFlags::READ) }.unwrap();
        assert_eq!(ask(), (true, false));
        // SAFETY: as above.
        unsafe { mprotect(page, len, MprotectFlags::empty()) }.unwrap();
        assert_eq!(ask(), (false, false));
        // SAFETY: as above.
        unsafe { munmap(page, len) }.unwrap();
        assert_eq!(ask(), (false, false));
    }

    #[test]
    fn where_no_memory_can_be() {
        for page in [0, 1 << 47, 1 << 57, 1 << 63, u64::MAX - (PAGE_SIZE - 1)] {
            assert!(!AskKernel.is_readable(page), "{page:#x}");
            assert!(!AskKernel.is_writable(page), "{page:#x}");
        }
    }
}
