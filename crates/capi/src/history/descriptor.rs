//! An event descriptor that the library writes to, in a process whose owner may
//! close or replace any descriptor.
#![expect(unsafe_code, reason = "a descriptor that may have become another's")]

use core::ffi::CStr;
use core::mem::ManuallyDrop;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd, RawFd};

use rustix::event::{EventfdFlags, eventfd};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

/// From which number on a descriptor is put that the caller does not get: out of
/// the way of the numbers that programs count on.
const HIGH: RawFd = 240;

/// An `eventfd(2)`, for as long as its number is that.
#[derive(Debug)]
pub(super) struct Event {
    descriptor: ManuallyDrop<OwnedFd>,
    identity: Option<u64>,
}

impl Event {
    /// One that the caller is to get, with a count to begin with.
    ///
    /// # Errors
    /// What `eventfd(2)` fails with.
    pub(super) fn new(count: u32, flags: EventfdFlags) -> Result<Self, Errno> {
        let descriptor = eventfd(count, flags | EventfdFlags::CLOEXEC)?;
        Ok(Self::of(descriptor))
    }

    /// The same event by a number of the library's own.
    ///
    /// # Errors
    /// What `fcntl(2)` fails with.
    pub(super) fn apart(descriptor: &OwnedFd) -> Result<Self, Errno> {
        let again = rustix::io::fcntl_dupfd_cloexec(descriptor, HIGH);
        let again = again.or_else(|_| rustix::io::fcntl_dupfd_cloexec(descriptor, 3))?;
        Ok(Self::of(again))
    }

    fn of(descriptor: OwnedFd) -> Self {
        Self {
            identity: identity(descriptor.as_fd()),
            descriptor: ManuallyDrop::new(descriptor),
        }
    }

    /// Its number.
    pub(super) fn number(&self) -> RawFd {
        self.descriptor.as_raw_fd()
    }

    /// Adds to the count, if it is still there.
    pub(super) fn add(&self, count: u64) {
        if self.is_there() {
            // It cannot fail but where it is readable already.
            let _: Result<usize, Errno> =
                rustix::io::write(&*self.descriptor, &count.to_ne_bytes());
        }
    }

    /// Whether the number is still that of this event. A program may have closed
    /// it, and have a file of its own there.
    fn is_there(&self) -> bool {
        identity(self.descriptor.as_fd()) == self.identity
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        if self.is_there() {
            // SAFETY: it is not used again.
            unsafe { ManuallyDrop::drop(&mut self.descriptor) };
        }
    }
}

/// What tells this event from all others and from any other file: `eventfd-id` of
/// `/proc/self/fdinfo`, see `proc_pid_fdinfo(5)`. Without procfs nothing does.
///
/// Nothing is allocated: it is asked for while a lock is held that handlers wait for.
fn identity(descriptor: BorrowedFd<'_>) -> Option<u64> {
    const KEY: &[u8] = b"eventfd-id:";
    let mut path = *b"/proc/self/fdinfo/0000000000\0";
    let mut number = descriptor.as_raw_fd().unsigned_abs();
    for digit in path[18..28].iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
    // The kernel takes no numbers with zeroes before them.
    let digits = path[18..28].iter().position(|&digit| digit != b'0');
    let skipped = digits.unwrap_or(9);
    path.copy_within(18 + skipped.., 18);
    let name = CStr::from_bytes_until_nul(&path).ok()?;
    let file = rustix::fs::open(name, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).ok()?;
    // It is the fifth line of a few short ones.
    let mut text = [0; 1024];
    let length = rustix::io::read(&file, &mut text).ok()?;
    let value = text[..length]
        .split(|&byte| byte == b'\n')
        .find_map(|line| line.strip_prefix(KEY))?;
    core::str::from_utf8(value).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use rustix::io::DupFlags;

    use super::*;

    #[test]
    fn a_file_that_took_the_number_is_left_alone() {
        let event = Event::new(0, EventfdFlags::NONBLOCK).unwrap();
        event.add(2);
        let mut bytes = [0; 8];
        assert_eq!(rustix::io::read(&*event.descriptor, &mut bytes), Ok(8));
        assert_eq!(u64::from_ne_bytes(bytes), 2);

        let (mut reader, writer) = std::io::pipe().unwrap();
        // SAFETY: the number is not closed by this value.
        let mut place = unsafe {
            use std::os::fd::FromRawFd as _;
            ManuallyDrop::new(OwnedFd::from_raw_fd(event.number()))
        };
        rustix::io::dup3(&writer, &mut place, DupFlags::CLOEXEC).unwrap();
        drop(writer);
        event.add(3);
        drop(event);
        // It is open, and nothing has been written.
        assert_eq!(rustix::io::write(&*place, b"x"), Ok(1));
        drop(ManuallyDrop::into_inner(place));
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "x");
    }

    #[test]
    fn the_same_event_has_a_number_apart() {
        let first = eventfd(0, EventfdFlags::NONBLOCK).unwrap();
        let apart = Event::apart(&first).unwrap();
        assert!(apart.number() >= HIGH);
        apart.add(5);
        let mut bytes = [0; 8];
        assert_eq!(rustix::io::read(&first, &mut bytes), Ok(8));
        assert_eq!(u64::from_ne_bytes(bytes), 5);
    }
}
