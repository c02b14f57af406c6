//! Memory that may be bad, at a price that can be paid for every batch.
//!
//! In user space a load from a bad address is a signal, and only the kernel can
//! tell beforehand. Asking it costs a system call, which is as much as the call
//! that an entry makes. So what it says is kept, as long as it is certain to be
//! true:
//!
//! - for as long as the batch runs, page by page as they are reached, until a
//!   call of the batch may have taken memory away ([`effect`]): one that unmaps
//!   or protects some, one that a handler or another thread may have used for
//!   it, or one that is not known;
//! - for as long as the process runs, of the memory that a program always has
//!   ([`lasting`]).
//!
//! Entries and operands are still read from where they are when they are
//! reached, so a batch can change itself.
#![expect(
    unsafe_code,
    reason = "addresses that were probed are read and written"
)]

mod calls;
#[cfg(test)]
mod compared;
mod effect;
mod lasting;
mod pages;
mod probe;
#[cfg(test)]
mod tests;
mod window;

use core::ptr;

use rustix::io::Errno;
use sysbatch::abi::{RUN_SIZE, Run, Status, Width};
use sysbatch::{Backend, Direct, Memory};
use sysbatch_engine::Fault;

use effect::Effect;
use pages::{PAGE_SIZE, Pages, Span};
use probe::{AskKernel, Probe};

pub(crate) use window::Window;

/// Memory of a program that was handed in by C: a bad address is a [`Fault`]
/// here as it is in the kernel.
#[derive(Debug)]
pub(crate) struct Probed<P = AskKernel> {
    direct: Direct,
    probe: P,
    /// Addresses that are written without a check.
    straight: Span,
    /// The run header, which is the library's or vouched for.
    header: Span,
    /// What has been found out in this batch.
    readable: Pages,
    writable: Pages,
    /// Whether nothing that the batch has done is unknown: else nothing is
    /// taken to last.
    knows_all: bool,
}

/// What is to be done with memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

impl Probed {
    /// Access to the memory of this process.
    ///
    /// # Safety
    /// As for [`Direct::new`], but that addresses may be bad; `straight` may be
    /// written, or is meant to fault; and neither another thread nor a signal's
    /// handler takes the memory away that the batch is using, but while the
    /// batch waits for it.
    pub(crate) unsafe fn new(straight: core::ops::Range<u64>) -> Self {
        // SAFETY: the caller's promise.
        unsafe { Self::with_probe(straight, AskKernel) }
    }
}

impl<P: Probe> Probed<P> {
    /// Access that asks `probe` about addresses.
    ///
    /// # Safety
    /// As for [`Probed::new`], and `probe` answers as the kernel would.
    unsafe fn with_probe(straight: core::ops::Range<u64>, probe: P) -> Self {
        Self {
            // SAFETY: it reads and writes what was found good, or is vouched
            // for.
            direct: unsafe { Direct::new() },
            probe,
            straight: Span {
                start: straight.start,
                end: straight.end,
            },
            header: Span::EMPTY,
            readable: Pages::new(),
            writable: Pages::new(),
            knows_all: true,
        }
    }

    /// Takes over what the kernel has said of a page.
    #[inline]
    pub(crate) fn learn(&mut self, window: &Window) {
        if let Some(page) = window.asked() {
            self.readable.add(page);
        }
    }

    /// Runs a batch to its end, see [`Backend::run`].
    ///
    /// # Safety
    /// As for [`Backend::run`]; addresses may be bad.
    pub(crate) unsafe fn run(&mut self, backend: &Backend, run: &mut Run) -> Result<Status, Errno> {
        self.admit(run);
        // SAFETY: the caller's promise.
        let ended = unsafe { backend.run(run, self) };
        self.header = Span::EMPTY;
        ended
    }

    /// Runs a batch until it would wait, see [`Backend::first_try`].
    ///
    /// # Safety
    /// As for [`Probed::run`].
    pub(crate) unsafe fn first_try(
        &mut self,
        backend: &Backend,
        run: &mut Run,
    ) -> Option<Result<Status, Errno>> {
        self.admit(run);
        // SAFETY: the caller's promise.
        let ended = unsafe { backend.first_try(run, self) };
        self.header = Span::EMPTY;
        ended
    }

    /// Lets the run header be reached straight, which is borrowed for as long
    /// as that is so.
    fn admit(&mut self, run: &Run) {
        let start = ptr::from_ref(run).expose_provenance() as u64;
        self.header = Span {
            start,
            end: start + RUN_SIZE as u64,
        };
    }

    /// Sees that `size` bytes from `address` on can be read.
    #[inline(always)]
    fn see_readable(&mut self, address: u64, size: u64) -> Result<(), Fault> {
        let last = address.checked_add(size - 1).ok_or(Fault)?;
        if self.header.covers(address, last) || self.readable.covers(address, last) {
            return Ok(());
        }
        self.find_out(address, last, Access::Read)
    }

    /// Sees that `size` bytes from `address` on can be written.
    #[inline(always)]
    fn see_writable(&mut self, address: u64, size: u64) -> Result<(), Fault> {
        let last = address.checked_add(size - 1).ok_or(Fault)?;
        if self.header.covers(address, last)
            || self.straight.covers(address, address)
            || self.writable.covers(address, last)
        {
            return Ok(());
        }
        self.find_out(address, last, Access::Write)
    }

    /// Finds out whether the bytes from `first` to `last` can be reached, and
    /// keeps that they can.
    #[cold]
    fn find_out(&mut self, first: u64, last: u64, access: Access) -> Result<(), Fault> {
        if self.knows_all
            && let Some((span, writable)) = lasting::around(first, last)
            && (writable || access == Access::Read)
        {
            let access = if writable { Access::Write } else { access };
            self.keep(span, access);
            return Ok(());
        }
        let mut page = Span::page(first);
        loop {
            let found = match access {
                Access::Read => &mut self.readable,
                Access::Write => &mut self.writable,
            };
            if !found.has(page.start) {
                let is_good = match access {
                    Access::Read => self.probe.is_readable(page.start),
                    Access::Write => self.probe.is_writable(page.start),
                };
                if !is_good {
                    return Err(Fault);
                }
                self.keep(page, access);
            }
            if last - page.start < PAGE_SIZE {
                return Ok(());
            }
            page = Span::page(page.end);
        }
    }

    fn keep(&mut self, pages: Span, access: Access) {
        self.readable.add(pages);
        if access == Access::Write {
            self.writable.add(pages);
        }
    }

    /// Nothing is known of any page any more.
    fn forget_pages(&mut self) {
        self.readable.clear();
        self.writable.clear();
    }

    /// Does what a call makes necessary.
    #[cold]
    fn apply(&mut self, effect: Effect) {
        match effect {
            Effect::Nothing => return,
            Effect::Transfers if is_alone() => return,
            Effect::Transfers | Effect::Forget => {}
            Effect::Takes(spans) => spans.into_iter().for_each(lasting::lose),
            Effect::TakesAny => lasting::lose_all(),
        }
        self.forget_pages();
    }
}

/// Whether this thread is the only one of its process.
fn is_alone() -> bool {
    #[cfg(target_env = "gnu")]
    {
        unsafe extern "C" {
            /// `sys/single_threaded.h`: false is always right.
            static __libc_single_threaded: core::ffi::c_char;
        }
        // SAFETY: a variable of the C library, which it changes only in this
        // thread as long as that is the only one.
        unsafe { (&raw const __libc_single_threaded).read_volatile() != 0 }
    }
    #[cfg(not(target_env = "gnu"))]
    {
        false
    }
}

// SAFETY: a value has a `Direct` in it, which only `unsafe` code makes.
unsafe impl<P: Probe> Memory for Probed<P> {
    #[inline(always)]
    fn load(&mut self, address: u64, width: Width) -> Result<u64, Fault> {
        self.see_readable(address, width.bytes())?;
        self.direct.load(address, width)
    }

    #[inline(always)]
    fn store(&mut self, address: u64, width: Width, value: u64) -> Result<(), Fault> {
        self.see_writable(address, width.bytes())?;
        self.direct.store(address, width, value)
    }

    #[inline(always)]
    fn load_words<const N: usize>(&mut self, address: u64) -> Result<[u64; N], Fault> {
        self.see_readable(address, 8 * N as u64)?;
        self.direct.load_words(address)
    }

    #[inline]
    fn called(&mut self, number: u32, args: &[u64; 6], result: i64) {
        let effect = effect::effect(number, args, result);
        if effect != Effect::Nothing {
            self.apply(effect);
        }
    }

    #[inline]
    fn called_at_once(&mut self, number: u32, args: &[u64; 6], result: i64) {
        let effect = effect::effect(number, args, result);
        // The batch has waited for nobody who could have taken memory away.
        if !matches!(effect, Effect::Nothing | Effect::Transfers) {
            self.apply(effect);
        }
    }

    fn forget(&mut self) {
        self.forget_pages();
        self.knows_all = false;
    }
}
