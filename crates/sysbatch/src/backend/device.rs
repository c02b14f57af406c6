//! The kernel's device.
#![expect(unsafe_code, reason = "the ioctl that runs a batch")]

use std::os::fd::{BorrowedFd, OwnedFd, RawFd};
use std::path::PathBuf;
use std::sync::OnceLock;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use sysbatch_abi::{ABI_VERSION, DEVICE_PATH, Format, Info, LIST_REQUEST, RUN_REQUEST, RUN_SIZE};
use syscalls::Sysno;

use super::descriptor::{Descriptor, high};
use crate::arch;

/// Why the device cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// It cannot be opened.
    #[error("cannot open {}: {errno}; {}", path.display(), open_advice(*errno))]
    Open {
        /// Where it was looked for.
        path: PathBuf,
        /// What `open` failed with.
        errno: Errno,
    },
    /// It cannot be asked for its version.
    #[error(
        "cannot read the version of the batch device: {errno}; is this the device of sysbatch?"
    )]
    Read {
        /// What `pread` failed with.
        errno: Errno,
    },
    /// It answers with less than a version.
    #[error("the batch device gives {found} bytes of version instead of {}; is this the device of sysbatch?", size_of::<Info>())]
    Short {
        /// How many bytes came.
        found: usize,
    },
    /// Module and library do not understand each other.
    #[error(
        "the module has ABI version {}, formats {:#x} and a run header of {} bytes, this library \
         needs version {ABI_VERSION}, formats {NEEDED:#x} at least and {RUN_SIZE} bytes; \
         load the module that comes with this library",
        found.abi_version, found.formats, found.run_size
    )]
    Version {
        /// What the module says of itself.
        found: Info,
    },
}

/// What to do about a device that does not open.
fn open_advice(errno: Errno) -> &'static str {
    match errno {
        Errno::NOENT | Errno::NODEV | Errno::NXIO => "is the module loaded? Try: modprobe sysbatch",
        Errno::ACCESS | Errno::PERM => {
            "this user, or the sandbox it runs in, may not use the device; see its mode and owner"
        }
        _ => "see open(2)",
    }
}

/// The device, open.
#[derive(Debug)]
pub(super) enum Device {
    /// The one that all of the process shares.
    Shared(&'static Opened),
    /// One that was handed in.
    Own(Opened),
    /// A test double.
    #[cfg(test)]
    Double(super::double::Double),
}

/// An open file of the device, with what was read from it.
#[derive(Debug)]
pub(super) struct Opened {
    descriptor: Descriptor,
    info: Info,
    /// Which device it is (`st_rdev`).
    device: u64,
}

/// The formats without which a module is of no use.
const NEEDED: u64 = 1 << Format::Native.raw();

static SHARED: OnceLock<Opened> = OnceLock::new();

impl Device {
    /// The device of this process, opened when first needed.
    pub(super) fn shared() -> Result<Self, DeviceError> {
        if let Some(opened) = SHARED.get() {
            return Ok(Self::Shared(opened));
        }
        let (file, info) = open()?;
        let opened = Opened::new(file, info);
        Ok(Self::Shared(SHARED.get_or_init(|| opened)))
    }

    /// An open file of the device.
    pub(super) fn own(fd: OwnedFd) -> Result<Self, DeviceError> {
        let info = ask(&fd)?;
        Ok(Self::Own(Opened::new(fd, info)))
    }

    fn opened(&self) -> &Opened {
        match self {
            Self::Shared(opened) => opened,
            Self::Own(opened) => opened,
            #[cfg(test)]
            Self::Double(_) => unreachable!("a test double is no file"),
        }
    }

    /// What the module says of itself.
    pub(super) fn info(&self) -> Info {
        #[cfg(test)]
        if let Self::Double(double) = self {
            return double.info;
        }
        self.opened().info
    }

    /// Whether the module runs programs of this format.
    pub(super) fn runs(&self, format: u32) -> bool {
        1_u64
            .checked_shl(format)
            .is_some_and(|bit| self.info().formats & bit != 0)
    }

    /// The open file; `None` if it has gone.
    pub(super) fn file(&self) -> Option<BorrowedFd<'_>> {
        #[cfg(test)]
        if let Self::Double(_) = self {
            return None;
        }
        self.opened().descriptor.borrow()
    }

    /// Whether batches cannot be entered any more.
    pub(super) fn has_gone(&self) -> bool {
        #[cfg(test)]
        if let Self::Double(_) = self {
            return false;
        }
        self.opened().descriptor.number().is_none()
    }

    /// Sees to it that `number`, which was that of the device before `enter`, is no
    /// file or not the device, as `enter` says; whether to enter again. The device is
    /// opened again if it was opened here.
    pub(super) fn recover(&self, number: Option<RawFd>) -> bool {
        let (opened, is_shared) = match self {
            Self::Shared(opened) => (*opened, true),
            Self::Own(opened) => (opened, false),
            #[cfg(test)]
            Self::Double(_) => return false,
        };
        let Some(number) = number else {
            return false;
        };
        if opened.is_at(number) {
            // A filter says so.
            return false;
        }
        // A module that was loaded since may be another one.
        let again = || open().ok().filter(|(_, info)| *info == opened.info);
        let file = if is_shared { again() } else { None };
        opened
            .descriptor
            .replace(number, file.map(|(file, _)| file));
        !self.has_gone()
    }

    /// Closes the device, so that the module can be unloaded.
    pub(super) fn release(&self) {
        #[cfg(test)]
        if let Self::Double(_) = self {
            return;
        }
        // What could fail is want of room for `/dev/null`, and then batches go on to
        // be handed back.
        let _ = self.opened().descriptor.release();
    }

    /// The number of the open file.
    pub(super) fn number(&self) -> Option<RawFd> {
        #[cfg(test)]
        if let Self::Double(_) = self {
            return None;
        }
        self.opened().descriptor.number()
    }

    /// Enters the device with the header at `address`; what the ioctl returns,
    /// which after a call that was trapped may be anything.
    ///
    /// # Safety
    /// The batch must be sound to run.
    pub(super) unsafe fn enter(&self, address: u64) -> i64 {
        #[cfg(test)]
        if let Self::Double(double) = self {
            return double.enter(address);
        }
        // SAFETY: the caller's promise.
        unsafe { self.request(RUN_REQUEST, address) }
    }

    /// Enters the device with the list at `address`; what the ioctl returns.
    ///
    /// # Safety
    /// The batches must be sound to run.
    pub(super) unsafe fn enter_list(&self, address: u64) -> i64 {
        #[cfg(test)]
        if let Self::Double(_) = self {
            return -i64::from(Errno::NOTTY.raw_os_error());
        }
        // SAFETY: the caller's promise.
        unsafe { self.request(LIST_REQUEST, address) }
    }

    /// # Safety
    /// What is at the address must be sound to run.
    unsafe fn request(&self, request: u32, address: u64) -> i64 {
        // Without a file it fails as it does where a program has closed the number.
        let number = self.opened().descriptor.number().unwrap_or(-1);
        let args = [
            i64::from(number).cast_unsigned(),
            request.into(),
            address,
            0,
            0,
            0,
        ];
        // SAFETY: the request does what the batch says, which the caller
        // vouches for; calls that would not come back here are handed back.
        unsafe { arch::syscall(Sysno::ioctl as u32, args) }
    }
}

impl Opened {
    fn new(file: OwnedFd, info: Info) -> Self {
        Self {
            device: rustix::fs::fstat(&file).map_or(0, |status| status.st_rdev),
            descriptor: Descriptor::new(file),
            info,
        }
    }

    /// Whether `number` is that of the device.
    fn is_at(&self, number: RawFd) -> bool {
        // SAFETY: it is not -1, and only asked what it is.
        let file = unsafe { BorrowedFd::borrow_raw(number) };
        rustix::fs::fstat(file).is_ok_and(|status| status.st_rdev == self.device)
    }
}

/// Opens the device, out of the way.
fn open() -> Result<(OwnedFd, Info), DeviceError> {
    let file = rustix::fs::open(DEVICE_PATH, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())
        .map_err(|errno| DeviceError::Open {
            path: DEVICE_PATH.into(),
            errno,
        })?;
    let info = ask(&file)?;
    Ok((high(file), info))
}

/// Checks that module and library understand each other.
fn ask(file: &OwnedFd) -> Result<Info, DeviceError> {
    let mut bytes = [0; size_of::<Info>()];
    let found =
        rustix::io::pread(file, &mut bytes, 0).map_err(|errno| DeviceError::Read { errno })?;
    if found < bytes.len() {
        return Err(DeviceError::Short { found });
    }
    let info = parse(bytes);
    let fits = info.abi_version == ABI_VERSION
        && info.formats & NEEDED == NEEDED
        && info.run_size as usize >= RUN_SIZE;
    if !fits {
        return Err(DeviceError::Version { found: info });
    }
    Ok(info)
}

/// Takes [`Info`] apart.
fn parse(bytes: [u8; 24]) -> Info {
    let [low, middle, formats] = [0, 8, 16].map(|at| {
        let mut word = [0; 8];
        word.copy_from_slice(&bytes[at..at + 8]);
        u64::from_le_bytes(word)
    });
    Info {
        size: low as u32,
        abi_version: (low >> 32) as u32,
        run_size: middle as u32,
        reserved: (middle >> 32) as u32,
        formats,
    }
}
