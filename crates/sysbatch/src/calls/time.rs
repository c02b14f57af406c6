//! Clocks.

use rustix::time::{ClockId, Timespec};
use syscalls::Sysno;

use crate::batch::{Batch, Handle};

/// # Time
impl Batch<'_> {
    /// Asks what time it is on a clock.
    ///
    /// See [`clock_gettime(2)`](https://man7.org/linux/man-pages/man2/clock_gettime.2.html).
    #[doc(alias = "gettimeofday")]
    pub fn clock_gettime(&mut self, clock: ClockId) -> Handle<Timespec> {
        let time = self.room::<Timespec>();
        let clock = clock as i32;
        self.call(Sysno::clock_gettime, &[clock.into(), time.into()])
            .at(time)
    }
}
