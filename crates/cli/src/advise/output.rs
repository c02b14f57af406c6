//! Where what was found is printed.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::Context as _;
use rustix::termios::tcgetwinsize;

/// The width of lines where there is no terminal.
const WIDTH: usize = 100;

/// A file, or standard error: what the command prints to standard output has nothing of
/// it.
#[derive(Debug)]
pub(super) struct Output(Option<File>);

impl Output {
    /// With a path, to that file.
    ///
    /// # Errors
    /// If it can't be written: before the command has run in vain.
    pub(super) fn new(path: Option<&Path>) -> anyhow::Result<Self> {
        let create = |path: &Path| {
            File::create(path).with_context(|| format!("can't write {}", path.display()))
        };
        Ok(Self(path.map(create).transpose()?))
    }

    /// How many characters there are in a line.
    pub(super) fn width(&self) -> usize {
        let size = self.0.is_none().then(|| tcgetwinsize(io::stderr()).ok());
        let columns = size.flatten().map(|size| usize::from(size.ws_col));
        columns.filter(|&columns| columns > 0).unwrap_or(WIDTH)
    }

    /// Prints.
    ///
    /// # Errors
    /// If it can't be written.
    pub(super) fn write(self, text: &str) -> anyhow::Result<()> {
        let written = match self.0 {
            Some(mut file) => file.write_all(text.as_bytes()),
            None => io::stderr().write_all(text.as_bytes()),
        };
        written.context("can't write what was found")
    }
}
