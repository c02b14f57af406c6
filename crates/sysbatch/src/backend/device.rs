//! The kernel's device.
#![expect(unsafe_code, reason = "the ioctl that runs a batch")]

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;
use std::sync::OnceLock;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use sysbatch_abi::{ABI_VERSION, DEVICE_PATH, Format, Info, RUN_REQUEST, RUN_SIZE};
use syscalls::Sysno;

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
    fd: OwnedFd,
    info: Info,
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
        let fd = rustix::fs::open(DEVICE_PATH, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())
            .map_err(|errno| DeviceError::Open {
                path: DEVICE_PATH.into(),
                errno,
            })?;
        let opened = Opened::new(fd)?;
        Ok(Self::Shared(SHARED.get_or_init(|| opened)))
    }

    /// An open file of the device.
    pub(super) fn own(fd: OwnedFd) -> Result<Self, DeviceError> {
        Opened::new(fd).map(Self::Own)
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
        let fd = self.opened().fd.as_raw_fd();
        let args = [
            i64::from(fd).cast_unsigned(),
            RUN_REQUEST.into(),
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

impl AsFd for Device {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.opened().fd.as_fd()
    }
}

impl Opened {
    /// Checks that module and library understand each other.
    fn new(fd: OwnedFd) -> Result<Self, DeviceError> {
        let mut bytes = [0; size_of::<Info>()];
        let found =
            rustix::io::pread(&fd, &mut bytes, 0).map_err(|errno| DeviceError::Read { errno })?;
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
        Ok(Self { fd, info })
    }
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
