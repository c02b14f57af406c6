//! Messages with descriptors: what the kernel is given for them, and gives back.
#![expect(
    unsafe_code,
    reason = "memory that the kernel wrote, descriptors it made"
)]

use core::mem::offset_of;
use core::{ptr, slice};
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

use linux_raw_sys::net::{SCM_RIGHTS, SOL_SOCKET};
use rustix::net::ReturnFlags;

use super::address::AddressRoom;
use super::output::{Output, sealed};
use super::{Batch, CallError, Handle, Results};

/// A descriptor of a process, which the kernel makes for a socket with `SO_PASSPIDFD`.
const SCM_PIDFD: u32 = 4;

/// `struct msghdr`
#[repr(C)]
pub(crate) struct MessageHeader {
    address: AddressRoom,
    iovecs: u64,
    iovecs_len: u64,
    control: u64,
    /// In: the size of the ancillary data. Out: how much of it was written.
    control_len: u64,
    flags: u32,
    padding: u32,
}

impl MessageHeader {
    /// Where in it the address and its length are, in bytes.
    pub(crate) const ADDRESS: u64 = offset_of!(Self, address) as u64;
    /// Where in it the length of the address is, in bytes.
    pub(crate) const NAME_LEN: u64 = Self::ADDRESS + AddressRoom::LEN;
    /// Where in it the size of the ancillary data is, in bytes.
    pub(crate) const CONTROL_LEN: u64 = offset_of!(Self, control_len) as u64;

    /// A header with the addresses and lengths of an address, of an array of `struct iovec`
    /// and of ancillary data.
    pub(crate) const fn new(
        (address, address_len): (u64, u32),
        (iovecs, iovecs_len): (u64, usize),
        (control, control_len): (u64, usize),
    ) -> Self {
        Self {
            address: AddressRoom::new(address, address_len),
            iovecs,
            iovecs_len: iovecs_len as u64,
            control,
            control_len: control_len as u64,
            flags: 0,
            padding: 0,
        }
    }

    /// It as the kernel takes it.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.address.bytes();
        let words = [self.iovecs, self.iovecs_len, self.control, self.control_len];
        bytes.extend(words.into_iter().flat_map(u64::to_ne_bytes));
        bytes.extend(
            [self.flags, self.padding]
                .into_iter()
                .flat_map(u32::to_ne_bytes),
        );
        bytes
    }
}

/// `struct cmsghdr`: what ancillary data begins with.
pub(crate) struct ControlHeader {
    /// With the header.
    len: usize,
    level: u32,
    kind: u32,
}

impl ControlHeader {
    /// Its size in bytes.
    pub(crate) const SIZE: usize = 16;

    /// A header for data that is this long, with the header.
    pub(crate) fn bytes(len: usize, level: u32, kind: u32) -> Vec<u8> {
        let numbers = [level, kind].map(u32::to_ne_bytes);
        [&len.to_ne_bytes(), numbers.as_flattened()].concat()
    }

    /// The next header and its data, which are taken off `control`; none where there is none.
    fn next<'a>(control: &mut &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (len, rest) = control.split_first_chunk()?;
        let (level, rest) = rest.split_first_chunk()?;
        let (kind, _) = rest.split_first_chunk()?;
        let header = Self {
            len: usize::from_ne_bytes(*len),
            level: u32::from_ne_bytes(*level),
            kind: u32::from_ne_bytes(*kind),
        };
        let data = control.get(Self::SIZE..header.len)?;
        let next = header.len.next_multiple_of(size_of::<usize>());
        *control = control.get(next..).unwrap_or(&[]);
        Some((header, data))
    }
}

/// The descriptors in ancillary data that a call received: those that were sent, and others
/// that the kernel made.
fn descriptors(mut control: &[u8]) -> (Vec<RawFd>, Vec<RawFd>) {
    let (mut sent, mut made) = (Vec::new(), Vec::new());
    while let Some((header, data)) = ControlHeader::next(&mut control) {
        let list = match (header.level, header.kind) {
            (SOL_SOCKET, SCM_RIGHTS) => &mut sent,
            (SOL_SOCKET, SCM_PIDFD) => &mut made,
            _ => continue,
        };
        let (numbers, _) = data.as_chunks();
        let numbers = numbers.iter().map(|&number| RawFd::from_ne_bytes(number));
        list.extend(numbers.filter(|&fd| fd >= 0));
    }
    (sent, made)
}

/// A call that receives descriptors.
#[derive(Debug)]
pub(super) struct Receiver {
    operation: usize,
    /// The address of its [`MessageHeader`].
    header: u64,
}

impl Results<'_, '_> {
    /// The descriptors that came with a message, in the order in which they were sent. They
    /// belong to the caller from now on, so a second time there are none.
    ///
    /// # Errors
    /// If the call failed, or was not made.
    ///
    /// # Panics
    /// If the handle belongs to another batch.
    #[track_caller]
    pub fn take_all(&mut self, call: &Handle<Vec<OwnedFd>>) -> Result<Vec<OwnedFd>, CallError> {
        self.in_slot(call)?;
        let receiver = |receiver: &&Receiver| receiver.operation == call.operation;
        let Some(receiver) = self.batch.receivers.iter().find(receiver) else {
            return Ok(Vec::new());
        };
        // SAFETY: the call was made and did not fail.
        Ok(unsafe { receiver.take() })
    }
}

impl Batch<'_> {
    /// Notes that a call receives descriptors, by the [`MessageHeader`] at this address.
    pub(crate) fn receives(&mut self, call: &Handle<usize>, header: u64) {
        let operation = call.operation;
        self.receivers.push(Receiver { operation, header });
    }

    /// Closes the descriptors that were received and not taken.
    pub(super) fn close_received(&mut self) {
        for receiver in &self.receivers {
            if self.slot(receiver.operation) >= 0 {
                // SAFETY: the call was made and did not fail.
                drop(unsafe { receiver.take() });
            }
        }
    }
}

impl Receiver {
    /// The descriptors that the call received, unless they were taken before.
    ///
    /// # Safety
    /// The call was made in this run and did not fail the last time.
    unsafe fn take(&self) -> Vec<OwnedFd> {
        let header = ptr::with_exposed_provenance_mut::<MessageHeader>(self.header as usize);
        // SAFETY: it is memory of the batch, made for this, and nothing refers to it now: runs
        // need `&mut` of the batch, which is borrowed.
        let header = unsafe { &mut *header };
        let control = ptr::with_exposed_provenance::<u8>(header.control as usize);
        // SAFETY: the length is at most the size of that memory of the batch, to which it is
        // set before the call: the kernel writes how much of it was used.
        let control = unsafe { slice::from_raw_parts(control, header.control_len as usize) };
        let (sent, made) = descriptors(control);
        header.control_len = 0;
        // SAFETY: the kernel made these for a call of this run, and nothing else knows them.
        // None is found twice: this clears the length, and before each call the header of
        // the data is cleared, so data of an earlier call is never read as that of a later.
        let owned = |fd| unsafe { OwnedFd::from_raw_fd(fd) };
        made.into_iter().map(owned).for_each(drop);
        sent.into_iter().map(owned).collect()
    }
}

impl sealed::Output for ReturnFlags {
    unsafe fn output(_: i64, address: u64) -> Self {
        let header = ptr::with_exposed_provenance::<MessageHeader>(address as usize);
        // SAFETY: the caller's; it is memory of the batch, made for this.
        Self::from_bits_retain(unsafe { (*header).flags })
    }
}
impl Output for ReturnFlags {}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ancillary data of these kinds with these numbers.
    fn control(parts: &[(u32, u32, &[i32])]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for &(level, kind, numbers) in parts {
            let len = ControlHeader::SIZE + size_of_val(numbers);
            bytes.extend(ControlHeader::bytes(len, level, kind));
            bytes.extend(numbers.iter().flat_map(|number| number.to_ne_bytes()));
            bytes.resize(bytes.len().next_multiple_of(8), 0xFF);
        }
        bytes
    }

    #[test]
    fn descriptors_of_all_kinds() {
        let credentials = (SOL_SOCKET, 2, &[1, 2, 3][..]);
        let rights = (SOL_SOCKET, SCM_RIGHTS, &[7, 8, 9][..]);
        let process = (SOL_SOCKET, SCM_PIDFD, &[10][..]);
        let no_process = (SOL_SOCKET, SCM_PIDFD, &[-3][..]);
        let other_level = (SOL_SOCKET + 1, SCM_RIGHTS, &[11][..]);
        let all = control(&[credentials, rights, other_level, process, no_process]);
        assert_eq!(descriptors(&all), (vec![7, 8, 9], vec![10]));
    }

    #[test]
    fn data_that_is_cut_off() {
        let all = control(&[
            (SOL_SOCKET, SCM_RIGHTS, &[7]),
            (SOL_SOCKET, SCM_RIGHTS, &[8]),
        ]);
        for len in 0..=all.len() {
            let sent = match len {
                0..20 => vec![],
                20..44 => vec![7],
                _ => vec![7, 8],
            };
            assert_eq!(descriptors(&all[..len]), (sent, vec![]), "{len} bytes");
        }
        // Lengths that are none.
        for len in [0, 15, 49, usize::MAX] {
            let mut bytes = ControlHeader::bytes(len, SOL_SOCKET, SCM_RIGHTS);
            bytes.resize(48, 1);
            assert_eq!(descriptors(&bytes), (vec![], vec![]));
        }
    }
}
