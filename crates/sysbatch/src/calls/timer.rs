//! Timers that are descriptors.

use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags};
use syscalls::Sysno;

use super::declare::system_calls;
use crate::batch::{Batch, FdOperand, Handle, TimerValue};

/// # Timers
impl<'buf> Batch<'buf> {
    system_calls! {
        /// Makes a timer that is a descriptor. Reading 8 bytes from it gives the number of
        /// times that it has expired since it was last read.
        timerfd_create(clock: one_of(TimerfdClockId), flags: flags(TimerfdFlags)) -> OwnedFd;
    }

    /// Starts a timer, or stops it if `it_value` is zero; returns what it was set to before.
    ///
    /// See [`timerfd_settime(2)`](https://man7.org/linux/man-pages/man2/timerfd_settime.2.html).
    #[track_caller]
    pub fn timerfd_settime(
        &mut self,
        fd: impl FdOperand<'buf>,
        flags: TimerfdTimerFlags,
        value: &Itimerspec,
    ) -> Handle<Itimerspec> {
        let value = self.copy(&TimerValue::bytes(value));
        let old = self.room::<TimerValue>();
        let args = [fd.operand(), flags.bits().into(), value.into(), old.into()];
        self.call(Sysno::timerfd_settime, &args).at(old)
    }

    /// Asks how long it is until a timer expires, and its interval.
    ///
    /// See [`timerfd_gettime(2)`](https://man7.org/linux/man-pages/man2/timerfd_gettime.2.html).
    #[track_caller]
    pub fn timerfd_gettime(&mut self, fd: impl FdOperand<'buf>) -> Handle<Itimerspec> {
        let value = self.room::<TimerValue>();
        self.call(Sysno::timerfd_gettime, &[fd.operand(), value.into()])
            .at(value)
    }
}
