//! What calls return: types made of a result slot, or of memory that the kernel wrote.
#![expect(unsafe_code, reason = "memory that the kernel wrote")]

use core::ptr;
use std::os::fd::OwnedFd;

use rustix::event::epoll;
use rustix::fs::{OFlags, Statx};
use rustix::io::FdFlags;
use rustix::process::{Pid, Uid};
use rustix::time::{Itimerspec, Timespec};

use crate::calls::{SocketOption, SocketOptionRoom};

/// What a call can return.
pub trait Output: sealed::Output {}

/// What a call can return that is in its result slot.
pub trait InSlot: sealed::InSlot {}

pub(super) mod sealed {
    pub trait Output: Sized {
        /// # Safety
        /// A call with this output was made and returned `value`; what it has
        /// in memory, if anything, is at `address`.
        unsafe fn output(value: i64, address: u64) -> Self;
    }

    pub trait InSlot {
        /// Whether it is a descriptor.
        const OPENS: bool = false;
    }
}

macro_rules! in_slot {
    ($($of:ty => |$value:ident| $output:expr;)*) => {$(
        impl sealed::Output for $of {
            unsafe fn output($value: i64, _: u64) -> Self {
                $output
            }
        }
        impl Output for $of {}
        impl sealed::InSlot for $of {}
        impl InSlot for $of {}
    )*};
}

impl sealed::InSlot for OwnedFd {
    const OPENS: bool = true;
}
impl InSlot for OwnedFd {}

in_slot! {
    () => |_value| ();
    i64 => |value| value;
    u64 => |value| value.cast_unsigned();
    usize => |value| value as usize;
    Pid => |value| Pid::from_raw(value as i32).expect("the kernel has no process 0");
    Uid => |value| Uid::from_raw(value as u32);
    FdFlags => |value| FdFlags::from_bits_retain(value as u32);
    OFlags => |value| OFlags::from_bits_retain(value as u32);
}

macro_rules! in_memory {
    ($($of:ty),*) => {$(
        impl sealed::Output for $of {
            unsafe fn output(_: i64, address: u64) -> Self {
                let address = ptr::with_exposed_provenance::<Self>(address as usize);
                // SAFETY: the caller's; it is memory made for this structure,
                // which consists of integers.
                unsafe { address.read() }
            }
        }
        impl Output for $of {}
    )*};
}

in_memory! { Statx, Timespec }

/// `struct itimerspec`: [`Itimerspec`] promises no order of its fields.
#[repr(C)]
pub(crate) struct TimerValue {
    interval: Timespec,
    value: Timespec,
}

impl TimerValue {
    /// A setting of a timer as the kernel takes it.
    pub(crate) fn bytes(timer: &Itimerspec) -> [u8; size_of::<Self>()] {
        let mut bytes = [0; size_of::<Self>()];
        let times = [timer.it_interval, timer.it_value];
        let words = times
            .into_iter()
            .flat_map(|time| [time.tv_sec, time.tv_nsec]);
        for (to, word) in bytes.chunks_exact_mut(size_of::<i64>()).zip(words) {
            to.copy_from_slice(&word.to_ne_bytes());
        }
        bytes
    }
}

impl sealed::Output for Itimerspec {
    unsafe fn output(_: i64, address: u64) -> Self {
        let address = ptr::with_exposed_provenance::<TimerValue>(address as usize);
        // SAFETY: the caller's; it is memory made for this structure, which consists of
        // integers.
        let TimerValue { interval, value } = unsafe { address.read() };
        Self {
            it_interval: interval,
            it_value: value,
        }
    }
}
impl Output for Itimerspec {}

impl sealed::Output for Vec<epoll::Event> {
    unsafe fn output(value: i64, address: u64) -> Self {
        let events = ptr::with_exposed_provenance::<epoll::Event>(address as usize);
        // SAFETY: the caller's; it is memory made for as many events as the call was asked
        // for, of which it has written as many as it returned. They consist of integers.
        let event = |at| unsafe { events.wrapping_add(at).read_unaligned() };
        (0..value as usize).map(event).collect()
    }
}
impl Output for Vec<epoll::Event> {}

impl sealed::Output for SocketOption {
    unsafe fn output(_: i64, address: u64) -> Self {
        let room = ptr::with_exposed_provenance::<SocketOptionRoom>(address as usize);
        // SAFETY: the caller's; it is memory of the batch, made for this, which consists of
        // integers.
        unsafe { &*room }.option()
    }
}
impl Output for SocketOption {}
