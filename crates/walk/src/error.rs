//! What can go wrong with an entry.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;

use rustix::io::Errno;
use sysbatch::SelectError;

use crate::directory::Directory;
use crate::listing::BatchError;
use crate::scan::ListError;

/// What went wrong with an entry of a walk, or with the walk.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    /// The directory that it was found in; `None` for a root.
    parent: Option<Directory>,
    name: Box<[u8]>,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Metadata(Errno),
    List(ListError),
    Loop(Directory),
    Batch(BatchError),
    Backend(SelectError),
}

impl Error {
    fn new(parent: Option<&Directory>, name: &[u8], kind: Kind) -> Self {
        Self(Box::new(Inner {
            parent: parent.cloned(),
            name: name.into(),
            kind,
        }))
    }

    pub(crate) fn metadata(parent: Option<&Directory>, name: &[u8], errno: Errno) -> Self {
        Self::new(parent, name, Kind::Metadata(errno))
    }

    pub(crate) fn list(directory: &Directory, error: ListError) -> Self {
        let name = directory.name().as_bytes();
        Self::new(directory.parent(), name, Kind::List(error))
    }

    pub(crate) fn cycle(parent: Option<&Directory>, name: &[u8], ancestor: &Directory) -> Self {
        Self::new(parent, name, Kind::Loop(ancestor.clone()))
    }

    pub(crate) fn batch(error: BatchError) -> Self {
        Self::new(None, b"", Kind::Batch(error))
    }

    pub(crate) fn backend(error: SelectError) -> Self {
        Self::new(None, b"", Kind::Backend(error))
    }

    /// The name of the entry in its directory.
    pub(crate) fn name(&self) -> &[u8] {
        &self.0.name
    }

    /// The path that it is about; `None` if it is about the whole walk, which
    /// then ends.
    #[must_use]
    pub fn path(&self) -> Option<PathBuf> {
        match (&self.0.parent, &self.0.kind) {
            (_, Kind::Batch(_) | Kind::Backend(_)) => None,
            (Some(parent), _) => Some(parent.join(&self.0.name)),
            (None, _) => Some(OsString::from_vec(self.0.name.to_vec()).into()),
        }
    }

    /// How far below a root it is.
    #[must_use]
    pub fn depth(&self) -> u32 {
        let parent = self.0.parent.as_ref();
        parent.map_or(0, |parent| parent.depth().saturating_add(1))
    }

    /// What the system said, if it is an error of the system.
    #[must_use]
    pub fn errno(&self) -> Option<Errno> {
        match self.0.kind {
            Kind::Metadata(errno) | Kind::Batch(BatchError::Refused { errno, .. }) => Some(errno),
            Kind::List(error) => Some(error.errno()),
            Kind::Loop(_) | Kind::Batch(_) | Kind::Backend(_) => None,
        }
    }

    /// Whether the entry is a directory that was there, but could not be opened
    /// or read to its end. Such a directory has been an entry before, and some
    /// of what is in it may have been.
    #[must_use]
    pub fn is_about_listing(&self) -> bool {
        matches!(self.0.kind, Kind::List(_))
    }

    /// The directory that contains itself, if the entry is a symbolic link that
    /// leads back to it.
    #[must_use]
    pub fn loop_ancestor(&self) -> Option<PathBuf> {
        match &self.0.kind {
            Kind::Loop(ancestor) => Some(ancestor.path()),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path().unwrap_or_default();
        match &self.0.kind {
            Kind::Metadata(errno) => {
                write!(f, "cannot access {path:?}: {}", io::Error::from(*errno))
            }
            Kind::List(ListError::NotOpened(errno)) => {
                write!(
                    f,
                    "cannot open directory {path:?}: {}",
                    io::Error::from(*errno)
                )
            }
            Kind::List(ListError::NotRead(errno)) => {
                write!(
                    f,
                    "cannot read directory {path:?}: {}",
                    io::Error::from(*errno)
                )
            }
            Kind::Loop(ancestor) => write!(
                f,
                "not following the symbolic link {path:?}, which leads back to {:?}, a directory that it is in",
                ancestor.path()
            ),
            Kind::Batch(error) => error.fmt(f),
            Kind::Backend(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.kind {
            Kind::Backend(error) => error.source(),
            _ => None,
        }
    }
}

/// With the kind of what the system said, if it is an error of the system;
/// [`Error::errno`] has the number.
impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match (&error.0.kind, error.errno()) {
            (_, Some(errno)) => Self::from(errno).kind(),
            (Kind::Backend(error), _) => Self::from(error.clone()).kind(),
            (Kind::Loop(_), _) => Self::from(Errno::LOOP).kind(),
            _ => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}

impl From<ListError> for io::Error {
    fn from(error: ListError) -> Self {
        Self::new(Self::from(error.errno()).kind(), error)
    }
}

impl From<BatchError> for io::Error {
    fn from(error: BatchError) -> Self {
        let kind = match error {
            BatchError::Refused { errno, .. } => Self::from(errno).kind(),
            _ => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an error has to be for `?` in functions of `io::Result` and
    /// `anyhow::Result`.
    const fn goes_through<E: std::error::Error + Into<io::Error> + Send + Sync + 'static>() {}

    const _: () = {
        goes_through::<Error>();
        goes_through::<ListError>();
        goes_through::<BatchError>();
    };

    #[test]
    fn kinds() {
        let kind = |error: Error| io::Error::from(error).kind();
        let metadata = Error::metadata(None, b"name", Errno::NOENT);
        assert_eq!(kind(metadata), io::ErrorKind::NotFound);
        let backend = Error::backend(SelectError::Contradiction);
        assert_eq!(kind(backend), io::ErrorKind::InvalidInput);
        let list = io::Error::from(ListError::NotOpened(Errno::ACCESS));
        assert_eq!(list.kind(), io::ErrorKind::PermissionDenied);
        let (entry, errno) = (0, Errno::PERM);
        let batch = io::Error::from(BatchError::Refused { entry, errno });
        assert_eq!(batch.kind(), io::ErrorKind::PermissionDenied);
    }
}
