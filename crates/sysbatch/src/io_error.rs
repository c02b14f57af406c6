//! Errors as [`std::io::Error`], so that `?` takes them where that is returned.

use std::io::{self, ErrorKind};

use rustix::io::Errno;

use crate::combined::CombinedError;
use crate::{
    BatchError, BuildError, CallError, CallErrorKind, CompletionError, DeviceError, EventError,
    RawSubmitError, RefusedReason, RingError, SelectError, SubmitError, WaitError,
};

/// What an error is as an `io::Error`.
enum Class {
    /// What the system said.
    Errno(Errno),
    /// Something else, which is most like this.
    Kind(ErrorKind),
}

use Class::{Errno as System, Kind};

macro_rules! io_errors {
    ($($error:ident: |$this:ident| $class:expr;)*) => {
        $(
            impl $error {
                fn class(&self) -> Class {
                    let $this = self;
                    $class
                }
            }

            /// With the kind of what the system said, if it is an error of the system;
            /// [`errno`](crate::errno) gives the number.
            impl From<$error> for io::Error {
                fn from(error: $error) -> Self {
                    let kind = match error.class() {
                        System(errno) => Self::from(errno).kind(),
                        Kind(kind) => kind,
                    };
                    Self::new(kind, error)
                }
            }
        )*

        /// What the system said, if an error is one of the system, made by this library or
        /// not.
        ///
        /// [`io::Error::raw_os_error`] has no answer for an error with a text of its own,
        /// as those of this library are.
        #[must_use]
        pub fn errno(error: &io::Error) -> Option<Errno> {
            if let Some(number) = error.raw_os_error() {
                return Some(Errno::from_raw_os_error(number));
            }
            let inner = error.get_ref()?;
            let classes = [$(inner.downcast_ref::<$error>().map($error::class)),*];
            classes.into_iter().flatten().find_map(|class| match class {
                System(errno) => Some(errno),
                Kind(_) => None,
            })
        }
    };
}

io_errors! {
    CallError: |this| match this.kind() {
        CallErrorKind::Errno(errno) | CallErrorKind::Skipped { errno, .. } => System(errno),
        CallErrorKind::NotExecuted | CallErrorKind::Taken | CallErrorKind::OutOfFuel => {
            Kind(ErrorKind::Other)
        }
    };
    BuildError: |this| match this {
        Self::Path { errno, .. } => System(*errno),
        Self::EmptyVector { .. }
        | Self::UnplacedLabel { .. }
        | Self::LabelPlacedTwice { .. }
        | Self::JumpTooFar { .. }
        | Self::FuelNeeded { .. } => Kind(ErrorKind::InvalidInput),
    };
    BatchError: |this| match this {
        Self::Build(error) => error.class(),
        Self::NotEntered { errno } | Self::Stopped { errno, .. } => System(*errno),
    };
    CombinedError: |this| match this {
        Self::Batch(error) => error.class(),
        Self::Call(error) => error.class(),
    };
    DeviceError: |this| match this {
        Self::Open { errno, .. } | Self::Read { errno } => System(*errno),
        Self::Short { .. } => Kind(ErrorKind::InvalidData),
        Self::Version { .. } => Kind(ErrorKind::Unsupported),
    };
    SelectError: |this| match this {
        Self::Forced(error) => error.class(),
        Self::Unknown(_) | Self::Contradiction => Kind(ErrorKind::InvalidInput),
    };
    RingError: |this| match this {
        Self::NoCapacity | Self::NoWorkers => Kind(ErrorKind::InvalidInput),
        Self::Memory { .. } => Kind(ErrorKind::OutOfMemory),
        Self::ForkPage { errno } => System(*errno),
    };
    EventError: |this| match this {
        Self::Event { errno } => System(*errno),
        Self::Forked => Kind(ErrorKind::Unsupported),
    };
    RefusedReason: |this| match this {
        Self::Full { .. } => Kind(ErrorKind::WouldBlock),
        Self::TimedOut => Kind(ErrorKind::TimedOut),
        Self::ShutDown => Kind(ErrorKind::BrokenPipe),
        Self::Forked => Kind(ErrorKind::Unsupported),
        Self::Worker { errno } => System(*errno),
        Self::Build(error) => error.class(),
    };
    SubmitError: |this| this.reason().class();
    RawSubmitError: |this| this.reason.class();
    WaitError: |this| match this {
        Self::TimedOut => Kind(ErrorKind::TimedOut),
        Self::NothingOut => Kind(ErrorKind::InvalidInput),
        Self::Forked => Kind(ErrorKind::Unsupported),
    };
    CompletionError: |this| match this {
        Self::Cancelled => Kind(ErrorKind::Other),
        Self::Batch(error) => error.class(),
    };
}
