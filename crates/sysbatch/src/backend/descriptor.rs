//! The number of an open file that a program did not ask for, and may close or
//! replace without a thought.

use core::sync::atomic::{AtomicI32, Ordering};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

/// What [`Descriptor`] has when there is no file.
const NONE: RawFd = -1;

/// From which number on a descriptor is put, if there is room: out of the way of
/// the numbers that a program counts on, which are the lowest that are free. Bash
/// has its own at 255.
const HIGH: RawFd = 240;

/// The number of an open file.
///
/// The file is not closed when this is dropped if the number has become another's.
#[derive(Debug)]
pub(super) struct Descriptor(AtomicI32);

impl Descriptor {
    pub(super) fn new(file: OwnedFd) -> Self {
        Self(AtomicI32::new(file.into_raw_fd()))
    }

    /// The number; `None` if the file has gone.
    pub(super) fn number(&self) -> Option<RawFd> {
        let number = self.0.load(Ordering::Acquire);
        (number != NONE).then_some(number)
    }

    /// The file, which may be another one by now.
    #[expect(unsafe_code, reason = "the descriptor is told")]
    pub(super) fn borrow(&self) -> Option<BorrowedFd<'_>> {
        let number = self.number()?;
        // SAFETY: it is not -1, and nothing here closes it before `self` is dropped:
        // what goes is replaced by another file.
        Some(unsafe { BorrowedFd::borrow_raw(number) })
    }

    /// Has another file from now on, if it is `number` that has gone and nobody was
    /// here first.
    pub(super) fn replace(&self, number: RawFd, file: Option<OwnedFd>) {
        let new = file.as_ref().map_or(NONE, AsRawFd::as_raw_fd);
        let replaced = self
            .0
            .compare_exchange(number, new, Ordering::AcqRel, Ordering::Acquire);
        if replaced.is_ok() {
            // It lives on here.
            let _ = file.map(IntoRawFd::into_raw_fd);
        }
    }

    /// Closes the file and keeps its number, for another thread may be about to use
    /// it: what it then has is `/dev/null`.
    ///
    /// # Errors
    /// What `open(2)` or `dup3(2)` fail with; nothing has happened then.
    pub(super) fn release(&self) -> Result<(), Errno> {
        let Some(number) = self.number() else {
            return Ok(());
        };
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let null = rustix::fs::open("/dev/null", flags, Mode::empty())?;
        put_at(&null, number)?;
        self.replace(number, None);
        Ok(())
    }
}

impl Drop for Descriptor {
    #[expect(unsafe_code, reason = "the descriptor is owned")]
    fn drop(&mut self) {
        if let Some(number) = self.number() {
            // SAFETY: the file was handed over to `self` and nobody has said since
            // that it is gone.
            drop(unsafe { OwnedFd::from_raw_fd(number) });
        }
    }
}

/// `dup3(2)` over a number that stays open.
#[expect(unsafe_code, reason = "the number is not closed")]
fn put_at(file: &OwnedFd, number: RawFd) -> Result<(), Errno> {
    // SAFETY: the number is open, and is not to be closed by this value.
    let mut place = unsafe { core::mem::ManuallyDrop::new(OwnedFd::from_raw_fd(number)) };
    rustix::io::dup3(file, &mut place, rustix::io::DupFlags::CLOEXEC)
}

/// The same file with a high number, if there is room for one.
pub(crate) fn high(file: OwnedFd) -> OwnedFd {
    rustix::io::fcntl_dupfd_cloexec(file.as_fd(), HIGH).unwrap_or(file)
}
