//! What lies in the caller's memory: atoms, the head, the completion ring.
#![expect(unsafe_code, reason = "the caller's memory is read and written")]

use core::ffi::{c_long, c_ulong, c_void};
use core::mem::offset_of;

use rustix::io::Errno;
use sysbatch::abi::{Run, SYSLET_SYNC, Status, Width};
use sysbatch::{Backend, Memory as _};

use crate::history::changing::changes_its_thread;
use crate::memory::{Probed, Window};

/// `struct syslet_uatom`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Atom {
    /// `SYSLET_…`.
    pub flags: c_ulong,
    /// The number of a call, or `__NR_umem_add`.
    pub nr: c_ulong,
    /// Where the result goes, if anywhere.
    pub ret_ptr: *mut c_long,
    /// The atom that follows.
    pub next: *mut Atom,
    /// Where the arguments are, up to a null one.
    pub arg_ptr: [*mut c_ulong; 6],
    /// The caller's own.
    pub private: *mut c_void,
}

/// `struct async_head_user`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct AsyncHeadUser {
    /// Where the next completion goes: an index in the ring. Ours.
    pub kernel_ring_idx: c_ulong,
    /// The caller's own.
    pub user_ring_idx: c_ulong,
    /// The ring: pointers to the last atoms of syslets, null where it is free.
    pub completion_ring: *mut *mut Atom,
    /// Its size in bytes.
    pub ring_size_bytes: c_ulong,
    /// Not looked at: threads are made here.
    pub head_stack: c_ulong,
    /// Not looked at.
    pub head_eip: c_ulong,
    /// Not looked at.
    pub new_thread_stack: c_ulong,
    /// Not looked at.
    pub new_thread_eip: c_ulong,
}

const _: () = {
    assert!(size_of::<Atom>() == 88);
    assert!(size_of::<AsyncHeadUser>() == 64);
};

/// Access to the caller's memory; what cannot be reached is `EFAULT`.
pub(super) struct User {
    memory: Probed,
    /// What is at hand in it until something runs.
    window: Window,
}

/// A completion ring as its head describes it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ring {
    address: u64,
    /// How many places it has.
    pub(super) slots: u64,
    index: u64,
}

impl User {
    pub(super) fn new() -> Self {
        Self {
            // SAFETY: what it writes to are the places that the interface says.
            memory: unsafe { Probed::new(0..0) },
            window: Window::new(),
        }
    }

    /// Runs a syslet to its end, see [`Backend::run`].
    ///
    /// # Safety
    /// As for [`Backend::run`]; addresses may be bad.
    pub(super) unsafe fn run(&mut self, backend: &Backend, run: &mut Run) -> Result<Status, Errno> {
        self.window = Window::new();
        // SAFETY: the caller's promise.
        unsafe { self.memory.run(backend, run) }
    }

    /// Runs a syslet until it would wait, see [`Backend::first_try`].
    ///
    /// # Safety
    /// As for [`User::run`].
    pub(super) unsafe fn first_try(
        &mut self,
        backend: &Backend,
        run: &mut Run,
    ) -> Option<Result<Status, Errno>> {
        self.window = Window::new();
        // SAFETY: the caller's promise.
        unsafe { self.memory.first_try(backend, run) }
    }

    pub(super) fn load(&mut self, address: u64) -> Result<u64, Errno> {
        self.words(address).map(|[word]| word)
    }

    fn words<const N: usize>(&mut self, address: u64) -> Result<[u64; N], Errno> {
        match self.window.words(address) {
            Some(words) => {
                self.memory.learn(&self.window);
                Ok(words)
            }
            None => self.memory.load_words(address).map_err(|_| Errno::FAULT),
        }
    }

    pub(super) fn store(&mut self, address: u64, value: u64) -> Result<(), Errno> {
        self.memory
            .store(address, Width::Eight, value)
            .map_err(|_| Errno::FAULT)
    }

    /// The flags of an atom.
    pub(super) fn flags(&mut self, atom: u64) -> Result<u64, Errno> {
        self.load(atom)
    }

    /// Whether an atom can be read, and that is known without a system call.
    pub(super) fn is_at_hand(&mut self, atom: u64) -> bool {
        self.window.is_at_hand(atom, 8)
    }

    /// Whether an atom runs on the thread that runs its syslet, although it may wait:
    /// because it says so, or because it changes that thread.
    pub(super) fn stays_here(&mut self, atom: u64) -> Result<bool, Errno> {
        let [flags, number]: [u64; 2] = self.words(atom)?;
        Ok(flags & SYSLET_SYNC != 0 || changes_its_thread(number))
    }

    /// Gives an atom a result that is none of a call.
    pub(super) fn set_result(&mut self, atom: u64, result: i64) -> Result<(), Errno> {
        let field = atom
            .checked_add(offset_of!(Atom, ret_ptr) as u64)
            .ok_or(Errno::FAULT)?;
        match self.load(field)? {
            0 => Ok(()),
            place => self.store(place, result.cast_unsigned()),
        }
    }

    /// The ring of a head.
    ///
    /// # Errors
    /// `EFAULT` if the head cannot be read; `EINVAL` if the ring is misaligned
    /// or has no place, or its index lies outside.
    pub(super) fn ring(&mut self, head: u64) -> Result<Ring, Errno> {
        let [index, _, address, size]: [u64; 4] = self.words(head)?;
        let slots = size / 8;
        if slots == 0 || !size.is_multiple_of(8) || !address.is_multiple_of(8) || index >= slots {
            return Err(Errno::INVAL);
        }
        Ok(Ring {
            address,
            slots,
            index,
        })
    }

    fn slot(ring: Ring, index: u64) -> Result<u64, Errno> {
        ring.address.checked_add(8 * index).ok_or(Errno::FAULT)
    }

    /// Puts an atom into the ring, unless the place is taken: false.
    pub(super) fn post(&mut self, head: u64, atom: u64) -> Result<bool, Errno> {
        let ring = self.ring(head)?;
        let slot = Self::slot(ring, ring.index)?;
        if self.load(slot)? != 0 {
            return Ok(false);
        }
        self.store(slot, atom)?;
        self.store(head, (ring.index + 1) % ring.slots)?;
        Ok(true)
    }

    /// How many completions there are from an index on, up to `enough`.
    pub(super) fn completions(
        &mut self,
        ring: Ring,
        index: u64,
        enough: u64,
    ) -> Result<u64, Errno> {
        let mut count = 0;
        while count < enough.min(ring.slots) {
            let slot = Self::slot(ring, (index + count) % ring.slots)?;
            if self.load(slot)? == 0 {
                break;
            }
            count += 1;
        }
        Ok(count)
    }
}
