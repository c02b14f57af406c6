//! The events that `poll` found.
#![expect(unsafe_code, reason = "memory that the kernel wrote")]

use core::mem::offset_of;
use core::{ptr, slice};

use rustix::event::PollFlags;

use super::output::{Output, sealed};

/// Memory for an array of `struct pollfd`, with its length before it.
#[derive(Debug)]
pub(crate) struct PollRoom;

/// `struct pollfd`
#[repr(C)]
#[derive(Clone, Copy)]
struct PollEntry {
    fd: i32,
    events: u16,
    revents: u16,
}

impl PollRoom {
    /// The size of an element of the array in bytes.
    pub(crate) const ENTRY_SIZE: usize = size_of::<PollEntry>();

    /// What is in it before the call: descriptors with the events to wait for.
    pub(crate) fn bytes(fds: impl Iterator<Item = (i32, PollFlags)>) -> Vec<u8> {
        let mut bytes = vec![0; size_of::<u64>()];
        let mut count = 0_u64;
        for (fd, events) in fds {
            let mut entry = [0; Self::ENTRY_SIZE];
            let [fd_at, events_at] = [offset_of!(PollEntry, fd), offset_of!(PollEntry, events)];
            entry[fd_at..fd_at + 4].copy_from_slice(&fd.to_ne_bytes());
            entry[events_at..events_at + 2].copy_from_slice(&events.bits().to_ne_bytes());
            bytes.extend_from_slice(&entry);
            count += 1;
        }
        bytes[..size_of::<u64>()].copy_from_slice(&count.to_ne_bytes());
        bytes
    }

    /// The address of the array in it.
    pub(crate) const fn array(room: u64) -> u64 {
        room + size_of::<u64>() as u64
    }
}

impl sealed::Output for Vec<PollFlags> {
    unsafe fn output(_: i64, address: u64) -> Self {
        let count = ptr::with_exposed_provenance::<u64>(address as usize);
        // SAFETY: the caller's; it is memory of the batch, made for this, and the call does
        // not write to the length.
        let count = unsafe { count.read() } as usize;
        let array = ptr::with_exposed_provenance(PollRoom::array(address) as usize);
        // SAFETY: as many elements follow, which consist of integers, at an address that is a
        // multiple of 8.
        let entries: &[PollEntry] = unsafe { slice::from_raw_parts(array, count) };
        let events = entries.iter().map(|entry| entry.revents);
        events.map(PollFlags::from_bits_retain).collect()
    }
}
impl Output for Vec<PollFlags> {}
