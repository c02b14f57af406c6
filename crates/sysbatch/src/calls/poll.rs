//! Waiting for any of several descriptors.

use core::marker::PhantomData;
use core::time::Duration;

use rustix::event::PollFlags;
use sysbatch_abi::Width;
use syscalls::Sysno;

use super::event::SIGNAL_SET_SIZE;
use crate::batch::{Batch, FdOperand, Handle, Operand, PollRoom};

/// A descriptor to wait for with [`Batch::poll`], and for which events.
#[derive(Clone, Copy, Debug)]
pub struct PollFd<'buf> {
    fd: Operand,
    events: PollFlags,
    of: PhantomData<&'buf ()>,
}

impl<'buf> PollFd<'buf> {
    /// Waits for these events of a descriptor. Errors and hang-ups are waited for as well.
    #[must_use]
    pub fn new(fd: impl FdOperand<'buf>, events: PollFlags) -> Self {
        Self {
            fd: fd.operand(),
            events,
            of: PhantomData,
        }
    }
}

/// # Polling
impl<'buf> Batch<'buf> {
    /// Waits until one of these descriptors has an event, or the time is up. Waits for ever
    /// without a `timeout`.
    ///
    /// Returns the events of each descriptor, in the order in which they were given, empty
    /// for those that have none. Its result, for branches such as
    /// [`on_zero`](Self::on_zero), is the number of descriptors that have events: 0 if the
    /// time is up.
    ///
    /// See [`ppoll(2)`](https://man7.org/linux/man-pages/man2/poll.2.html), which is the
    /// call that is made: not every architecture has `poll`.
    ///
    /// ```
    /// # use rustix::event::PollFlags;
    /// # use rustix::fs::{CWD, Mode, OFlags};
    /// # use sysbatch::{Backend, Batch, PollFd};
    /// # let (reader, writer) = rustix::pipe::pipe()?;
    /// let mut batch = Batch::new();
    /// let null = batch.openat(CWD, "/dev/null", OFlags::RDONLY, Mode::empty());
    /// let fds = [
    ///     PollFd::new(&reader, PollFlags::IN),
    ///     PollFd::new(&null, PollFlags::IN),
    /// ];
    /// let polled = batch.poll(fds, None);
    /// let results = batch.run(&Backend::select()?)?;
    /// let events = results.get(&polled)?;
    /// assert_eq!(events, [PollFlags::empty(), PollFlags::IN]);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[doc(alias = "ppoll")]
    #[doc(alias = "select")]
    #[track_caller]
    pub fn poll(
        &mut self,
        fds: impl IntoIterator<Item = PollFd<'buf>>,
        timeout: Option<Duration>,
    ) -> Handle<Vec<PollFlags>> {
        let fds: Vec<PollFd<'buf>> = fds.into_iter().collect();
        // The descriptors that are known in a run only are stored there.
        let known = |fd: &PollFd<'_>| self.constant(fd.fd).map(|fd| fd as i32);
        let initial = PollRoom::bytes(fds.iter().map(|fd| (known(fd).unwrap_or(-1), fd.events)));
        let room = self.copy(&initial);
        let array = PollRoom::array(room);
        let mut address = array.into();
        for (at, fd) in (array..).step_by(PollRoom::ENTRY_SIZE).zip(&fds) {
            if self.constant(fd.fd).is_none() {
                address = self.stored(address, at, fd.fd, Width::Four);
            }
        }
        let timeout = match timeout {
            None => Operand::ZERO,
            Some(timeout) => self.timespec(timeout),
        };
        let args = [
            address,
            fds.len().into(),
            timeout,
            Operand::ZERO,
            SIGNAL_SET_SIZE.into(),
        ];
        self.call(Sysno::ppoll, &args).at(room)
    }

    /// The address of a time, which the kernel overwrites with what is left of it.
    fn timespec(&mut self, time: Duration) -> Operand {
        let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        let words: [Operand; 2] = [seconds.into(), time.subsec_nanos().into()];
        let room = self.room::<[u64; 2]>();
        for (at, word) in (room..).step_by(size_of::<u64>()).zip(words) {
            self.store(at, word, Width::Eight);
        }
        room.into()
    }
}
