//! Descriptors to wait with: epoll and eventfd.

use core::mem::offset_of;
use core::time::Duration;

use linux_raw_sys::general::{EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD};
use rustix::event::{EventfdFlags, epoll};
use syscalls::Sysno;

use super::declare::system_calls;
use crate::batch::{Batch, FdOperand, Handle, Operand};

/// The size of the kernel's set of signals, in bytes.
pub(super) const SIGNAL_SET_SIZE: u32 = 8;

/// # Events
impl<'buf> Batch<'buf> {
    system_calls! {
        /// Makes a descriptor to wait for many others with.
        #[doc(alias = "epoll_create")]
        epoll_create1(flags: flags(epoll::CreateFlags)) -> OwnedFd;
    }

    /// Makes a counter that can be waited for.
    ///
    /// See [`eventfd2(2)`](https://man7.org/linux/man-pages/man2/eventfd2.2.html).
    #[doc(alias = "eventfd")]
    pub fn eventfd2(&mut self, initial: u32, flags: EventfdFlags) -> Handle<std::os::fd::OwnedFd> {
        self.open(Sysno::eventfd2, &[initial.into(), flags.bits().into()])
    }

    /// Has an epoll descriptor wait for events of another, and report them with `data`.
    ///
    /// See [`epoll_ctl(2)`](https://man7.org/linux/man-pages/man2/epoll_ctl.2.html).
    #[doc(alias = "epoll_ctl")]
    #[track_caller]
    pub fn epoll_add(
        &mut self,
        epoll: impl FdOperand<'buf>,
        source: impl FdOperand<'buf>,
        data: u64,
        events: epoll::EventFlags,
    ) -> Handle<()> {
        let (epoll, source) = (epoll.operand(), source.operand());
        self.epoll_watch(epoll, EPOLL_CTL_ADD, source, data, events)
    }

    /// Changes which events of a descriptor an epoll descriptor waits for, and the `data`
    /// that it reports them with.
    ///
    /// See [`epoll_ctl(2)`](https://man7.org/linux/man-pages/man2/epoll_ctl.2.html).
    #[doc(alias = "epoll_ctl")]
    #[track_caller]
    pub fn epoll_modify(
        &mut self,
        epoll: impl FdOperand<'buf>,
        source: impl FdOperand<'buf>,
        data: u64,
        events: epoll::EventFlags,
    ) -> Handle<()> {
        let (epoll, source) = (epoll.operand(), source.operand());
        self.epoll_watch(epoll, EPOLL_CTL_MOD, source, data, events)
    }

    /// Has an epoll descriptor no longer wait for events of another.
    ///
    /// See [`epoll_ctl(2)`](https://man7.org/linux/man-pages/man2/epoll_ctl.2.html).
    #[doc(alias = "epoll_ctl")]
    #[track_caller]
    pub fn epoll_delete(
        &mut self,
        epoll: impl FdOperand<'buf>,
        source: impl FdOperand<'buf>,
    ) -> Handle<()> {
        let (epoll, source) = (epoll.operand(), source.operand());
        self.epoll_ctl(epoll, EPOLL_CTL_DEL, source, Operand::ZERO)
    }

    /// Waits for events; returns at most `count` of them, none if the time is up. Waits for
    /// ever without a `timeout`, which is rounded up to milliseconds.
    ///
    /// See [`epoll_wait(2)`](https://man7.org/linux/man-pages/man2/epoll_wait.2.html).
    #[doc(alias = "epoll_pwait")]
    #[track_caller]
    pub fn epoll_wait(
        &mut self,
        epoll: impl FdOperand<'buf>,
        count: u16,
        timeout: Option<Duration>,
    ) -> Handle<Vec<epoll::Event>> {
        let events = self.copy(&vec![0; usize::from(count) * size_of::<epoll::Event>()]);
        let timeout = timeout.map_or(-1, |timeout| {
            i32::try_from(timeout.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX)
        });
        let args = [
            epoll.operand(),
            events.into(),
            u32::from(count).into(),
            timeout.into(),
            Operand::ZERO,
            SIGNAL_SET_SIZE.into(),
        ];
        // Not every architecture has `epoll_wait`.
        self.call(Sysno::epoll_pwait, &args).at(events)
    }

    /// Adds the call that says which events of a descriptor to wait for.
    #[track_caller]
    fn epoll_watch(
        &mut self,
        epoll: Operand,
        operation: u32,
        source: Operand,
        data: u64,
        events: epoll::EventFlags,
    ) -> Handle<()> {
        let mut event = [0; size_of::<epoll::Event>()];
        event[..4].copy_from_slice(&events.bits().to_ne_bytes());
        let place = offset_of!(epoll::Event, data);
        event[place..place + 8].copy_from_slice(&data.to_ne_bytes());
        let event = self.copy(&event).into();
        self.epoll_ctl(epoll, operation, source, event)
    }

    #[track_caller]
    fn epoll_ctl(
        &mut self,
        epoll: Operand,
        operation: u32,
        source: Operand,
        event: Operand,
    ) -> Handle<()> {
        let args = [epoll, operation.into(), source, event];
        self.call(Sysno::epoll_ctl, &args)
    }
}
