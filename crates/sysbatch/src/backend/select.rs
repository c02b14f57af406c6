//! Which backend it is to be.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::os::fd::{BorrowedFd, OwnedFd};

use super::device::{Device, DeviceError};
use super::{Backend, Kind};

/// Environment variable that forces a backend: `kernel` or `user`.
const BACKEND: &str = "SYSBATCH_BACKEND";
/// Environment variable that forces user space, when it is `1`.
const EMULATE: &str = "BATCH_EMUL";
/// Environment variable that asks for a word on standard error, when it is `1`.
const VERBOSE: &str = "BATCH_VERBOSE";

/// Why a backend is the one it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Choice {
    /// The program asked for this one.
    Program,
    /// This environment variable asks for it.
    Variable(&'static str),
    /// The device is there and fits.
    Device,
    /// The device cannot be used, for this reason.
    NoDevice(DeviceError),
}

impl core::fmt::Display for Choice {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Program => f.write_str("the program asked for it"),
            Self::Variable(name) => write!(f, "the environment variable {name} asks for it"),
            Self::Device => f.write_str("the batch device is there and fits"),
            Self::NoDevice(error) => error.fmt(f),
        }
    }
}

/// Why no backend can be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SelectError {
    /// `SYSBATCH_BACKEND=kernel`, and the device cannot be used.
    #[error("{BACKEND}=kernel asks for the kernel backend, but: {0}")]
    Forced(DeviceError),
    /// `SYSBATCH_BACKEND` is neither of the words it can be.
    #[error("{BACKEND} is {0:?}; it can be \"kernel\" or \"user\", or not be set")]
    Unknown(OsString),
    /// `BATCH_EMUL=1` and `SYSBATCH_BACKEND=kernel` contradict each other.
    #[error("{EMULATE}=1 and {BACKEND}=kernel contradict each other; unset one of them")]
    Contradiction,
}

/// What the environment asks for.
fn forced(
    backend: Option<OsString>,
    emulate: bool,
) -> Result<Option<(Kind, &'static str)>, SelectError> {
    let backend = backend.filter(|word| !word.is_empty());
    match (backend, emulate) {
        (None, false) => Ok(None),
        (None, true) => Ok(Some((Kind::User, EMULATE))),
        (Some(word), _) if word == Kind::User.name() => Ok(Some((Kind::User, BACKEND))),
        (Some(word), false) if word == Kind::Kernel.name() => Ok(Some((Kind::Kernel, BACKEND))),
        (Some(word), true) if word == Kind::Kernel.name() => Err(SelectError::Contradiction),
        (Some(word), _) => Err(SelectError::Unknown(word)),
    }
}

/// Whether a variable says yes.
fn says_yes(name: &str) -> bool {
    env::var_os(name).is_some_and(|value| !value.is_empty() && value != OsStr::new("0"))
}

impl Backend {
    /// The backend that fits where the program runs: the kernel's device if it
    /// opens and understands this library, else user space.
    ///
    /// `SYSBATCH_BACKEND=kernel` or `=user` and `BATCH_EMUL=1` (user space)
    /// force one; `BATCH_VERBOSE=1` has the choice and its reason written to
    /// standard error.
    ///
    /// # Errors
    /// When the environment asks for what cannot be had.
    pub fn select() -> Result<Self, SelectError> {
        let backend = match forced(env::var_os(BACKEND), says_yes(EMULATE))? {
            Some((Kind::User, variable)) => Self::new(None, Choice::Variable(variable)),
            Some((Kind::Kernel, variable)) => {
                let device = Device::shared().map_err(SelectError::Forced)?;
                Self::new(Some(device), Choice::Variable(variable))
            }
            None => match Device::shared() {
                Ok(device) => Self::new(Some(device), Choice::Device),
                Err(error) => Self::new(None, Choice::NoDevice(error)),
            },
        };
        if says_yes(VERBOSE) {
            let (kind, choice) = (backend.kind().name(), backend.choice());
            // A program is not to fail for want of a standard error.
            drop(writeln!(
                std::io::stderr(),
                "sysbatch: backend {kind}: {choice}"
            ));
        }
        Ok(backend)
    }

    /// The kernel backend, whatever the environment asks for.
    ///
    /// # Errors
    /// When the device cannot be used.
    pub fn kernel() -> Result<Self, DeviceError> {
        Ok(Self::new(Some(Device::shared()?), Choice::Program))
    }

    /// The kernel backend with an open file of its own.
    ///
    /// The descriptor must stay open as long as the backend lives, like any
    /// that is owned (see [`std::os::fd`]).
    ///
    /// # Errors
    /// When it is not a device that can be used.
    pub fn from_device(fd: OwnedFd) -> Result<Self, DeviceError> {
        Ok(Self::new(Some(Device::own(fd)?), Choice::Program))
    }

    /// The user-space backend, whatever the environment asks for.
    #[must_use]
    pub fn user() -> Self {
        Self::new(None, Choice::Program)
    }

    /// The open device; `None` in user space.
    ///
    /// It stays the backend's, and is another one after the program has closed it.
    #[must_use]
    pub fn device(&self) -> Option<BorrowedFd<'_>> {
        self.device.as_ref().and_then(Device::file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environment() {
        let forced = |word: Option<&str>, emulate| forced(word.map(OsString::from), emulate);
        assert_eq!(forced(None, false), Ok(None));
        assert_eq!(forced(Some(""), false), Ok(None));
        assert_eq!(forced(None, true), Ok(Some((Kind::User, EMULATE))));
        assert_eq!(forced(Some(""), true), Ok(Some((Kind::User, EMULATE))));
        for emulate in [false, true] {
            assert_eq!(
                forced(Some("user"), emulate),
                Ok(Some((Kind::User, BACKEND)))
            );
            assert_eq!(
                forced(Some("fast"), emulate),
                Err(SelectError::Unknown("fast".into()))
            );
        }
        assert_eq!(
            forced(Some("kernel"), false),
            Ok(Some((Kind::Kernel, BACKEND)))
        );
        assert_eq!(
            forced(Some("kernel"), true),
            Err(SelectError::Contradiction)
        );
    }

    #[test]
    fn what_is_not_the_device_is_refused() {
        let null = std::fs::File::open("/dev/null").unwrap();
        let error = Backend::from_device(null.into()).unwrap_err();
        assert_eq!(error, DeviceError::Short { found: 0 });
        let zero = std::fs::File::open("/dev/zero").unwrap();
        let error = Backend::from_device(zero.into()).unwrap_err();
        assert_eq!(
            error,
            DeviceError::Version {
                found: sysbatch_abi::Info::default()
            }
        );
        let directory = std::fs::File::open("/").unwrap();
        let error = Backend::from_device(directory.into()).unwrap_err();
        assert_eq!(
            error,
            DeviceError::Read {
                errno: rustix::io::Errno::ISDIR
            }
        );
    }
}
