//! Which file a command's name means.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

/// Where programs are if the environment does not say.
const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// A file to execute.
#[derive(Debug)]
pub(super) struct Found {
    /// The path that the program is told.
    pub(super) path: PathBuf,
    /// The file, open for reading.
    pub(super) file: File,
}

/// Why there is none.
#[derive(Debug)]
pub(super) struct NotFound {
    name: OsString,
    error: io::Error,
}

impl NotFound {
    /// The exit status that shells and env(1) have for it.
    pub(super) fn status(&self) -> u8 {
        if self.error.kind() == io::ErrorKind::NotFound {
            127
        } else {
            126
        }
    }
}

impl std::fmt::Display for NotFound {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "can't execute {}: {}",
            self.name.display(),
            self.error
        )
    }
}

/// Looks for a command as `execvp(3)` does.
///
/// # Errors
/// When there is none, or it can't be executed.
pub(super) fn find(name: &OsStr) -> Result<Found, NotFound> {
    let not_found = |error| NotFound {
        name: name.to_owned(),
        error,
    };
    if name.as_bytes().contains(&b'/') {
        return open(Path::new(name)).map_err(not_found);
    }
    let path = env::var_os("PATH").unwrap_or_else(|| DEFAULT_PATH.into());
    let mut error = io::Error::from(io::ErrorKind::NotFound);
    for folder in env::split_paths(&path) {
        match open(&folder.join(name)) {
            Ok(found) => return Ok(found),
            Err(other) if other.kind() == io::ErrorKind::PermissionDenied => error = other,
            Err(_) => {}
        }
    }
    Err(not_found(error))
}

fn open(path: &Path) -> io::Result<Found> {
    let file = File::open(path)?;
    access(path, Access::EXEC_OK)?;
    if !file.metadata()?.is_file() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    Ok(Found {
        path: path.to_owned(),
        file,
    })
}

#[cfg(test)]
mod tests {
    use super::find;
    use std::ffi::OsStr;

    #[test]
    fn commands_are_looked_for() {
        let found = find(OsStr::new("sh")).expect("there is a shell");
        assert!(found.path.is_absolute() && found.path.ends_with("sh"));
        assert_eq!(
            find(OsStr::new("/bin/sh")).map(|found| found.path).ok(),
            Some("/bin/sh".into())
        );
    }

    #[test]
    fn what_is_no_command_has_the_status_of_shells() {
        let status = |name: &str| find(OsStr::new(name)).expect_err(name).status();
        assert_eq!(status("there-is-no-such-command"), 127);
        assert_eq!(status("/no/such/command"), 127);
        assert_eq!(status("/etc/passwd"), 126);
        assert_eq!(status("/"), 126);
    }
}
