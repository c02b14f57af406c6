//! Lists: many batches in one crossing.
#![expect(unsafe_code, reason = "the ioctl of a list")]

mod addresses;
mod interrupted;
mod members;

use std::os::fd::{AsRawFd as _, OwnedFd, RawFd};

use rustix::io::Errno;
use sysbatch::abi::{DEVICE_PATH, Entry, LIST_REQUEST, LIST_SIZE, List, Status};
use syscalls::Sysno;

use crate::harness::Case;
use crate::lab::{Batch, address_of_mut, to_u64};

pub(crate) fn cases() -> Vec<Case> {
    let cases = [members::cases(), addresses::cases(), interrupted::cases()];
    cases.concat()
}

/// Batches, the addresses of their headers, and the list.
struct Listed {
    batches: Vec<Batch>,
    headers: Vec<u64>,
    list: List,
    device: OwnedFd,
}

impl Listed {
    /// A list of batches with these programs.
    fn of(programs: impl IntoIterator<Item = Vec<Entry>>) -> Self {
        let batches: Vec<_> = programs.into_iter().map(Batch::new).collect();
        let mut listed = Self {
            headers: Vec::new(),
            list: List {
                size: u32::try_from(LIST_SIZE).expect("it is small"),
                len: to_u64(batches.len()),
                ..List::default()
            },
            batches,
            device: device(),
        };
        listed.prepare();
        listed
    }

    /// Puts the addresses where they belong.
    fn prepare(&mut self) {
        let header = |batch: &mut Batch| {
            batch.prepare();
            address_of_mut(std::slice::from_mut(&mut batch.run))
        };
        self.headers = self.batches.iter_mut().map(header).collect();
        self.list.headers = address_of_mut(&mut self.headers);
    }

    /// Where the list is.
    fn address(&mut self) -> u64 {
        address_of_mut(std::slice::from_mut(&mut self.list))
    }

    /// Enters the device once.
    fn enter(&mut self) -> Result<(), Errno> {
        let address = self.address();
        enter(self.device.as_raw_fd(), address)
    }

    fn statuses(&self) -> Vec<Status> {
        let status = |batch: &Batch| batch.status().expect("a status that there is");
        self.batches.iter().map(status).collect()
    }

    /// The results of all batches, which have one entry each.
    fn results(&self) -> Vec<i64> {
        self.batches.iter().map(|batch| batch.results[0]).collect()
    }
}

/// An open file of the device.
fn device() -> OwnedFd {
    let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::CLOEXEC;
    rustix::fs::open(DEVICE_PATH, flags, rustix::fs::Mode::empty()).expect("the device opens")
}

/// The ioctl.
fn enter(device: RawFd, list: u64) -> Result<(), Errno> {
    let [device, list] = [i64::from(device).cast_unsigned(), list]
        .map(|word| usize::try_from(word).expect("64-bit"));
    let request = usize::try_from(LIST_REQUEST).expect("64-bit");
    // SAFETY: the batches work on memory of the case, or on none.
    let result = unsafe { syscalls::syscall!(Sysno::ioctl, device, request, list) };
    let result = result.map_err(|errno| Errno::from_raw_os_error(errno.into_raw()))?;
    assert_eq!(result, 0, "a list gives zero or an error");
    Ok(())
}
